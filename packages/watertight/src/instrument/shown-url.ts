/** Owns how the URL of another client's request is shown: without user, password and query values, and cut where it is very long. */

/** What a report shows at most. */
const MAX_SHOWN = 2000;

/** `http://host:port`, whatever was written around it. */
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

/** The URL of a request for `path` at `origin`. A path may be an absolute URL, as to a proxy. */
export function shownUrl(origin: string, path: string): string {
  const absolute = /^[a-z][\w+.-]*:\/\//i.test(path);
  const target = absolute ? path.replace(/^([^/]*\/\/)[^/?#]*@/, '$1') : path;
  const start = target.slice(0, MAX_SHOWN);
  const query = start.indexOf('?');
  const redacted = query === -1 ? start : `${start.slice(0, query)}?${start.slice(query + 1).replace(/=[^&]*/g, '=*')}`;
  return (absolute ? '' : origin) + redacted + (target.length > MAX_SHOWN ? '…' : '');
}
