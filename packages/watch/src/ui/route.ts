/** Owns which page the address names: `#/`, or `#/target?url=…`. */
import { signal } from '@preact/signals';

export type Route = { readonly name: 'overview' } | { readonly name: 'target'; readonly url: string };

function readRoute(): Route {
  const [path, query = ''] = location.hash.replace(/^#/, '').split('?', 2);
  const url = new URLSearchParams(query).get('url');
  return path === '/target' && url !== null ? { name: 'target', url } : { name: 'overview' };
}

export const route = signal<Route>(readRoute());
addEventListener('hashchange', () => (route.value = readRoute()));

export function targetAddress(url: string): string {
  return `#/target?url=${encodeURIComponent(url)}`;
}
