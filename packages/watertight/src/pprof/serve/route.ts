/** Owns the paths below which profiles are served. */

export type Route =
  /** `facts`: where the facts are, seen from the index page. */
  | { readonly to: 'index'; readonly facts: string }
  /** The index page without its last slash, where its links would lead astray. */
  | { readonly to: 'redirect'; readonly location: string }
  | { readonly to: 'profile'; readonly name: string }
  | { readonly to: 'facts' };

/**
 * Where a path leads; null if it is not ours. `prefix` stands before
 * `/debug/pprof`; `mount` is the beginning of the path that a framework has
 * matched before it called us (`app.use('/internal', handler)`). Under a mount
 * without `/debug/pprof`, what follows it is the profile's name.
 */
export function routeOf(path: string, prefix: string, mount: string): Route | null {
  const found = /^(.*?)\/debug\/(pprof|watertight)(?:\/(.*))?$/s.exec(path);
  if (found !== null && (found[1] === prefix || (mount !== '' && found[1].length <= mount.length))) {
    const [, , room, rest] = found as unknown as [string, string, string, string | undefined];
    if (room === 'watertight') return rest === undefined || rest === '' ? { to: 'facts' } : null;
    if (rest === undefined) return { to: 'redirect', location: 'pprof/' };
    return rest === '' ? { to: 'index', facts: '../watertight' } : { to: 'profile', name: rest };
  }
  if (mount === '' || !path.startsWith(mount)) return null;
  const rest = path.slice(mount.length);
  if (rest === '') return { to: 'redirect', location: `${mount.slice(mount.lastIndexOf('/') + 1)}/` };
  const name = rest.replace(/^\//, '');
  if (name === '') return { to: 'index', facts: 'watertight' };
  return name === 'watertight' ? { to: 'facts' } : { to: 'profile', name };
}

/** What a framework has taken off the front of a path. */
export function mountOf(full: string, rest: string): string {
  if (full === rest) return '';
  if (full.endsWith(rest)) return full.slice(0, full.length - rest.length);
  // `app.use('/debug/pprof', …)` and a request for just that: the rest is `/`, though the path has none.
  return rest === '/' ? full : '';
}
