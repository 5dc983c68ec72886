/** Owns the paths at which profiles are served. */

export type Route =
  /** `facts` is the link to the facts, relative to the index page. */
  | { readonly to: 'index'; readonly facts: string }
  /** The index page without its last slash, with which its relative links would be wrong. */
  | { readonly to: 'redirect'; readonly location: string }
  | { readonly to: 'profile'; readonly name: string }
  | { readonly to: 'facts' };

/**
 * The route of a path; null if it is not one of ours. `prefix` is the path before `/debug/pprof`; `mount` is
 * the beginning of the path that a framework matched before it called the handler (`app.use('/internal',
 * handler)`). Under a mount without `/debug/pprof`, the rest of the path is the profile's name.
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

/** The beginning of the path that a framework has removed. */
export function mountOf(full: string, rest: string): string {
  if (full === rest) return '';
  if (full.endsWith(rest)) return full.slice(0, full.length - rest.length);
  // For a request for exactly the mount point, `app.use('/debug/pprof', …)`, the rest is `/`, which the full path
  // does not have.
  return rest === '/' ? full : '';
}
