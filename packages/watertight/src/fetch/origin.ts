/** Owns the origin that a program gives to its requests by undici's `setGlobalOrigin`: Node's own fetch reads it at the same place. */

const KEY = Symbol.for('undici.globalOrigin.1');

/** The URL that relative ones are resolved against; null if the program has set none. */
export function globalOrigin(): URL | null {
  return (globalThis as { [KEY]?: URL })[KEY] ?? null;
}

/** What the Origin field of a request to `to` says; null if it has none (Fetch standard, "append a request `Origin` header"). */
export function originField(from: URL, to: URL, { method, policy, tainted }: { readonly method: string; readonly policy: string; readonly tainted: boolean }): string | null {
  if (tainted) return from.origin;
  if (method === 'GET' || method === 'HEAD') return null;
  switch (policy) {
    case 'no-referrer':
      return 'null';
    case 'same-origin':
      return from.origin === to.origin ? from.origin : 'null';
    case 'origin':
    case 'origin-when-cross-origin':
    case 'unsafe-url':
      return from.origin;
    default:
      return from.protocol === 'https:' && to.protocol !== 'https:' ? 'null' : from.origin;
  }
}
