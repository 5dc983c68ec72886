/** Owns the pages' addresses: `#/`, `#/target?url=…`, `#/lab`, and `#/lab/<experiment>` with perhaps another one beside it. */
import { signal } from '@preact/signals';

export type Route =
  | { readonly name: 'overview' }
  | { readonly name: 'target'; readonly url: string }
  /** No experiment: the list of them. Two: side by side. */
  | { readonly name: 'lab'; readonly experiments: readonly string[] };

function readRoute(): Route {
  const [path, query = ''] = location.hash.replace(/^#/, '').split('?', 2);
  const [, room, ...rest] = path.split('/');
  if (room === 'lab') return { name: 'lab', experiments: rest.map(decoded).filter((id) => id !== '') };
  const url = new URLSearchParams(query).get('url');
  return path === '/target' && url !== null ? { name: 'target', url } : { name: 'overview' };
}

export const route = signal<Route>(readRoute());
addEventListener('hashchange', () => (route.value = readRoute()));

export function targetAddress(url: string): string {
  return `#/target?url=${encodeURIComponent(url)}`;
}

export function labAddress(...experiments: readonly string[]): string {
  return ['#/lab', ...experiments.map(encodeURIComponent)].join('/');
}

/** Decodes a part of the address; what a person typed may not be a valid encoding, and is then taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
