/** Owns the form in which the URL of another client's request is shown: without user, password and query values, and shortened if it is very long. */

/** The longest URL that a report shows, in characters. */
const MAX_SHOWN = 2000;

/** The origin of `base`, such as `http://host:port`, without user, password and path. */
export function shownOrigin(base: string): string {
  const plain = base.replace(/^([\w+.-]+:\/\/)[^/?#]*@/, '$1').slice(0, MAX_SHOWN);
  try {
    const { origin } = new URL(plain);
    // The URL standard has no origin for schemes it does not know.
    return origin === 'null' ? plain : origin;
  } catch {
    return plain;
  }
}

/** The URL of a request for `path` at `origin`. The path may be an absolute URL, as in a request to a proxy. */
export function shownUrl(origin: string, path: string): string {
  const absolute = /^[a-z][\w+.-]*:\/\//i.test(path);
  const target = absolute ? path.replace(/^([^/]*\/\/)[^/?#]*@/, '$1') : path;
  const start = target.slice(0, MAX_SHOWN);
  const query = start.indexOf('?');
  const redacted = query === -1 ? start : `${start.slice(0, query)}?${start.slice(query + 1).replace(/=[^&]*/g, '=*')}`;
  return (absolute ? '' : origin) + redacted + (target.length > MAX_SHOWN ? '…' : '');
}
