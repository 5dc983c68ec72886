/**
 * Owns the pages' addresses: `#/`, `#/target?url=…`, `#/lab`, and `#/lab/<experiment>` with perhaps another one beside it.
 *
 * What a page shows of itself (its range, its filter, the moments that are compared) are parameters behind the page, so
 * that a link shows another person the same, and a reload shows it again.
 */
import { signal } from '@preact/signals';

export type Route =
  | { readonly name: 'overview' }
  | { readonly name: 'target'; readonly url: string }
  /** No experiment: the list of them. Two: side by side. */
  | { readonly name: 'lab'; readonly experiments: readonly string[] };

function readRoute(): Route {
  const { path, query } = addressParts();
  const [, room, ...rest] = path.split('/');
  if (room === 'lab') return { name: 'lab', experiments: rest.map(decoded).filter((id) => id !== '') };
  const url = query.get('url');
  return path === '/target' && url !== null ? { name: 'target', url } : { name: 'overview' };
}

function addressParts(): { readonly path: string; readonly query: URLSearchParams } {
  const [path, query] = location.hash.replace(/^#/, '').split('?', 2);
  return { path, query: new URLSearchParams(query) };
}

export const route = signal<Route>(readRoute());

/** The parameters of the page in the address, without what names the page. */
export const parameters = signal<ReadonlyMap<string, string>>(readParameters());

addEventListener('hashchange', () => {
  const next = readRoute();
  // A page whose parameters alone are others stays as it is.
  if (JSON.stringify(next) !== JSON.stringify(route.value)) route.value = next;
  parameters.value = readParameters();
});

function readParameters(): ReadonlyMap<string, string> {
  const { query } = addressParts();
  query.delete('url');
  return new Map(query);
}

/** Changes parameters of the page in the address; null takes one out. No entry of the browser's history is made. */
export function setParameters(changes: Readonly<Record<string, string | null>>): void {
  const { path, query } = addressParts();
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(null, '', `#${path === '' ? '/' : path}${text === '' ? '' : `?${text}`}`);
  parameters.value = readParameters();
}

/** A list in the address; its parts may be anything. */
export function listIn(name: string): readonly string[] {
  return (parameters.value.get(name) ?? '').split(',').filter((part) => part !== '').map(decoded);
}

/** Takes a part into a list in the address, or out of it. */
export function toggleIn(name: string, part: string): void {
  const before = listIn(name);
  const after = before.includes(part) ? before.filter((other) => other !== part) : [...before, part];
  setParameters({ [name]: after.length === 0 ? null : after.map(encodeURIComponent).join(',') });
}

/** A moment in the address, as people read it: `2026-03-01T09:00:00Z`; null where there is none, or something else. */
export function momentIn(name: string): number | null {
  const time = Date.parse(parameters.value.get(name) ?? '');
  return Number.isFinite(time) ? time : null;
}

/** To whole seconds. */
export function momentText(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}

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
