/** Owns the target of a request: a URL, parsed into its origin and its path. */
import { RequestError, show, withoutUser } from '../wire/index.js';
import { parseSocketUrl, type SocketUrl } from './socket-url.js';

/** Scheme, host and port. Equal origins are one object, as long as it is remembered. */
export interface Origin {
  /** What distinguishes it from others: `href`, and the server name if it has one of its own. */
  readonly key: string;
  readonly scheme: 'http' | 'https';
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
  /** The value of the Host field: with the port only if it is not the scheme's default. */
  readonly host: string;
  /** `http://host[:port]`; `http://unix:/path/to.sock:` for a Unix socket, so that with the path behind it this is a URL, too. */
  readonly href: string;
  /** The name that TLS asks for, and that the server's certificate must have, instead of the host's; null: the host's. */
  readonly serverName: string | null;
  /** The Unix socket that the URL names, at which the server is called `localhost`; null: the host is reached as the transport says. */
  readonly socketPath: string | null;
}

/** A parsed URL. */
export interface Target {
  readonly origin: Origin;
  /** Path and query, visible ASCII, starting with `/`; of an `ExactTarget`, what the program gave. */
  readonly path: string;
  /** `Basic …`, made of the URL's user and password, as in Go; null if it has none. */
  readonly authorization: string | null;
}

/** A target whose path is sent exactly as it is, dots and all, and may be an absolute URL, for a proxy (RFC 9112 section 3.2). Whoever makes it has checked that no control character or space is in it. */
export class ExactTarget implements Target {
  readonly authorization = null;

  constructor(
    readonly origin: Origin,
    readonly path: string,
  ) {}
}

/** The same host, asked for by another name in TLS: its connections are others. */
export function withServerName(origin: Origin, serverName: string): Origin {
  return Object.freeze({ ...origin, serverName, key: `${origin.href} as ${serverName}` });
}

/** Origins by the text that a URL of theirs starts with. Only texts that the parser gave back unchanged. */
const origins = new Map<string, Origin>();
const MAX_ORIGINS = 1000;

/** What the URL standard leaves as it is in path and query, dots and `%` aside (they may mean `..`). */
const PLAIN_PATH = /^\/[\w\-~!$&()*+,;=:@/?.]*$/;

/** The query is empty, but there is one: `search` does not say so. */
const EMPTY_QUERY = /^[^?#]*\?(?:#|$)/;

/**
 * Parses an absolute http or https URL. There is no second parser, only a way
 * around this one for origins that it has parsed before: two parsers could disagree.
 *
 * @throws RequestError (`ERR_INVALID_URL`); the message never has user or password.
 */
export function parseTarget(url: string | URL): Target {
  if (typeof url === 'string') {
    // Most requests go where others went before: then only the path needs a look.
    const slash = url.indexOf('/', 8);
    if (slash !== -1) {
      const origin = origins.get(url.slice(0, slash));
      if (origin !== undefined) {
        const path = url.slice(slash);
        if (PLAIN_PATH.test(path) && !path.includes('/.')) return { origin, path, authorization: null };
      }
    }
  }
  return parseSlowly(url);
}

function parseSlowly(input: string | URL): Target {
  const socket = parseSocketUrl(input);
  if (socket !== null) return socketTarget(socket);
  let url: URL;
  try {
    url = new URL(input);
  } catch {
    // A URL that can't be parsed may still hold a password, so it is not shown; neither is the cause, which has it.
    const reason = typeof input === 'string' ? `${show(unparsed(input))} is not an absolute URL` : `the URL is ${show(input)}, not a string or URL`;
    throw new RequestError('ERR_INVALID_URL', `${reason}; it looks like http://host[:port]/path`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new RequestError('ERR_INVALID_URL', `the scheme ${show(url.protocol.slice(0, -1))} is not supported; it must be http or https`);
  }
  const authorization = url.username === '' && url.password === '' ? null : basicAuthorization(url);
  return { origin: internOrigin(url), path: pathOf(url), authorization };
}

function pathOf(url: URL): string {
  return url.pathname + (url.search === '' && EMPTY_QUERY.test(url.href) ? '?' : url.search);
}

function socketTarget({ scheme, socketPath, request, prefix }: SocketUrl): Target {
  const path = pathOf(new URL(`http://localhost${request}`));
  const known = origins.get(prefix);
  if (known !== undefined) return { origin: known, path, authorization: null };
  const port = scheme === 'https' ? 443 : 80;
  return { origin: remember({ key: prefix, scheme, hostname: 'localhost', port, host: 'localhost', href: prefix, serverName: null, socketPath }), path, authorization: null };
}

function remember(origin: Origin): Origin {
  if (origins.size >= MAX_ORIGINS) origins.clear();
  origins.set(origin.href, Object.freeze(origin));
  return origin;
}

function internOrigin(url: URL): Origin {
  const href = url.origin;
  const known = origins.get(href);
  if (known !== undefined) return known;
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const { hostname } = url;
  return remember({
    key: href,
    scheme,
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port),
    host: url.host,
    href,
    serverName: null,
    socketPath: null,
  });
}

function basicAuthorization(url: URL): string {
  const plain = `${decode(url.username)}:${decode(url.password)}`;
  return `Basic ${Buffer.from(plain, 'utf8').toString('base64')}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `host:port`, the port always (RFC 9110 section 9.3.6). */
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|[\w\-.~%!$&'()*+,;=]+):(\d{1,5})$/;

/**
 * Where a CONNECT leads to: the Host field that the program has set, or the URL's
 * own host and port.
 *
 * @throws RequestError
 */
export function authorityOf({ origin, path }: Target, host: string | null): string {
  if (path !== '/') throw new RequestError('ERR_INVALID_URL', 'the URL of a CONNECT is that of the proxy, without a path or a query; the header Host says where the tunnel leads to');
  if (host === null) return `${origin.hostname.includes(':') ? `[${origin.hostname}]` : origin.hostname}:${origin.port}`;
  const port = Number(AUTHORITY.exec(host)?.[1] ?? 0);
  if (port < 1 || port > 65_535) throw new RequestError('ERR_INVALID_HEADER', `the Host header of a CONNECT says where the tunnel leads to, as host:port with a port from 1 to 65535, not ${show(withoutUser(host))} (RFC 9110 section 9.3.6)`);
  return host;
}

/** A URL that can't be parsed, as an error may show it. */
function unparsed(url: string): string {
  return withoutUser(url).replace(/\?.*/s, withoutValues);
}

/** A query without the values of its fields, which may be secrets. */
function withoutValues(query: string): string {
  return query.replace(/=[^&]*/g, '=*');
}

/** What a report shows of a path: a server's Location can make it a megabyte. */
const MAX_SHOWN = 2000;

/** A target as reports may show it: query values replaced by `*`, no user, no password, cut where it is very long. */
export function redact({ origin, path }: Target): string {
  const query = path.indexOf('?');
  const shown = query === -1 ? path : `${path.slice(0, query)}?${withoutValues(path.slice(query + 1, MAX_SHOWN))}`;
  return origin.href + (shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown);
}
