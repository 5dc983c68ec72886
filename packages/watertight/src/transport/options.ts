/** Owns the options of a transport: their meanings, their defaults, and the check of what a program passes. */
import type { LookupFunction, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { CODING_NAMES, type CodingName } from '../conn/index.js';
import { DEFAULT_LIMITS, LENIENT_NAMES, leniencyOf, show, type Leniency, type LenientName } from '../wire/index.js';
import { messageOf, type TrackMode } from '../tasks/index.js';
import { connectHeaders, proxyChoice, proxyFromEnvironment, type ConnectHeaders, type ProxyChoice, type ProxyConnectHeaders, type ProxyOption } from '../proxy/index.js';
import { checkReach, type Reach, type ReachOptions } from './reach.js';
import { invalidOption as invalid } from './error.js';

/** What the program's own `dial` or `dialTls` is to connect to. */
export interface DialTarget {
  /** The host's name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** The Unix socket that the URL of the request names; null: it names none. */
  readonly socketPath: string | null;
  /** Aborts when no request wants the connection any more, or when the dial took too long. */
  readonly signal: AbortSignal;
}

/**
 * Options of a transport. Times are in milliseconds, sizes in bytes; 0 means no
 * limit, unless an option says otherwise. Only own properties are read. Most names
 * are those of Go's `http.Transport`, most defaults those of its `http.DefaultTransport`.
 */
export interface TransportOptions extends ReachOptions {
  /** How many idle connections are kept, over all hosts; the least recently used one is closed first. Those of HTTP/2 do not count, as in Go. Default: 100. */
  readonly maxIdleConns?: number;
  /** How many idle connections are kept for each host. A negative number keeps none; 0 means 2, as in Go. Default: `maxIdleConns`, unlike Go. */
  readonly maxIdleConnsPerHost?: number;
  /** How many connections a host may have, dials included; further requests wait in order. Default: 0. */
  readonly maxConnsPerHost?: number;
  /** How many requests may wait for a connection to one host; further ones fail with a TransportError (`ERR_TOO_MANY_WAITERS`). Default: 100,000. */
  readonly maxWaitersPerHost?: number;
  /** How long a connection may be idle before it is closed. Default: 90,000. */
  readonly idleConnTimeout?: number;
  /** The limit on name resolution and TCP connect together. Default: 30,000. */
  readonly dialTimeout?: number;
  /** The limit on a TLS handshake. Default: 10,000. */
  readonly tlsHandshakeTimeout?: number;
  /** The limit from the moment when the request's last byte has left for the kernel to the end of the response's head: Go's `ResponseHeaderTimeout`. Default: 0. */
  readonly responseHeaderTimeout?: number;
  /** How long a body waits for `100 Continue` if the request has `Expect: 100-continue`; 0 sends it at once. Default: 1,000. */
  readonly expectContinueTimeout?: number;
  /**
   * The longest time in which the server sends no byte of a body that is not complete, whether the
   * program reads or not: then the body fails with a TimeoutError, and its connection is closed. What
   * came before can still be read. A slow reader does not exceed it: while so much waits to be read
   * that the connection is paused, no time passes. Default: 0. Go has no such option.
   */
  readonly bodyIdleTimeout?: number;
  /** Uses each connection for one request only. Default: false. */
  readonly disableKeepAlives?: boolean;
  /** Offers no content coding, and undoes none, whatever `acceptEncodings` says. Default: false. */
  readonly disableCompression?: boolean;
  /**
   * Content codings that are offered in Accept-Encoding, in this order, and undone while the body is
   * read; up to five in a row. A response that came so has `uncompressed`, and neither Content-Encoding
   * nor Content-Length. A request with an Accept-Encoding or a Range of its own, or by HEAD, offers
   * nothing, and its body is given out as it came; so is a body in another coding. Default: all that
   * Node has, `['gzip', 'deflate', 'br', 'zstd']` (zstd since 22.15); Go, and `goDefaults`, offer gzip alone.
   */
  readonly acceptEncodings?: Iterable<CodingName>;
  /** The most bytes of a response's head, 1xx responses before it included. 0 means the default: what Node's option `--max-http-header-size` says, otherwise 10 MiB, as in Go. */
  readonly maxResponseHeaderBytes?: number;
  /** The most fields in a response's head. 0 means the default: 10,000. */
  readonly maxResponseHeaderFields?: number;
  /** The most 1xx responses before the final one; 0 accepts none. Default: 50. */
  readonly max1xxResponses?: number;
  /** The most bytes that a body may decode to, whatever its content codings; a larger one is closed with a BodyError (`ERR_BODY_TOO_LARGE`). 0 means the default: 1 GiB. */
  readonly maxDecompressedBytes?: number;
  /** How many bytes of a body `close()` may read and drop to save the connection, within half a second. Over HTTP/2, nothing is drained: closing a body costs no connection there. Default: 0, the connection is closed, as in Go. */
  readonly drainOnClose?: number;
  /**
   * The proxy: a URL of the scheme `http`, `https` (TLS with the proxy), `socks5` or `socks5h` (both send the name to
   * the proxy), its user and password in it; a function that says it for each request, null for none, at once; or
   * null: none. Requests to http origins are sent to an HTTP proxy, and share its connections; to https origins it
   * opens a tunnel (CONNECT). `tls` is for the proxy as well as for the origin, as in Go. A request fails with a
   * ProxyError, or with a HookError if the function throws. Default: `proxyFromEnvironment`. docs/proxies.md.
   */
  readonly proxy?: ProxyOption;
  /**
   * Fields of each CONNECT to an HTTP proxy, or a function `(proxy, target)` that gives them, or a promise of them;
   * it gets the proxy's URL and `host:port`. Go's `ProxyConnectHeader` and `GetProxyConnectHeader`. A function that
   * throws fails the request with a HookError. Default: none but `Host`, `User-Agent` and `Proxy-Authorization`.
   */
  readonly proxyConnectHeaders?: ProxyConnectHeaders | null;
  /**
   * Offers HTTP/2 to https servers (ALPN, RFC 9113 section 3.2), through a tunnel too, and speaks it with those that
   * choose it; false: HTTP/1.1 only. Default: true, as in Go's `DefaultTransport`, also with `tls`; but false where
   * `dial` makes the connections to https servers, as in Go, and where `tls.ALPNProtocols` does not name `h2`. A socket of `dialTls` is spoken to in the protocol that
   * its handshake chose, and false refuses one that chose HTTP/2. docs/http2.md.
   */
  readonly forceAttemptHttp2?: boolean;
  /**
   * Deviations from HTTP/1.1 that are accepted of servers which can't be mended: any of `bare-lf`
   * (lines of a head end in LF), `field-names` (names that are no tokens), `http-2.0` (in a status
   * line) and `http-1.0-chunked`. An error that one of them would avoid names it. What decides where
   * a message ends stays strict. Default: none. docs/strictness.md has the reasons; Go has no such option.
   */
  readonly lenient?: Iterable<LenientName>;
  /** Options for `tls.connect`: `ca`, `cert`, `key`, `checkServerIdentity` and so on. Certificates are checked unless `rejectUnauthorized` is false. A `checkServerIdentity` that throws fails the request with a DialError (`ERR_TLS`). */
  readonly tls?: ConnectionOptions;
  /** Resolves names instead of `dns.lookup`. It may answer with one address or with an array, whatever `options.all` asks for, or return a promise as `dns.promises.lookup` does. One that throws fails the request with a DialError (`ERR_DNS`). */
  readonly lookup?: LookupFunction;
  /** Connects instead of `net.connect`, also below TLS; returns a socket that is connecting or connected, or any other `Duplex` of bytes that is connected. One that throws fails the request with a DialError (`ERR_DIAL`), whose `cause` is what it threw. */
  readonly dial?: (target: DialTarget) => Duplex | Socket | PromiseLike<Duplex | Socket>;
  /** Connects instead of TCP and TLS for https; returns a socket whose handshake is done. */
  readonly dialTls?: (target: DialTarget) => Duplex | Socket | PromiseLike<Duplex | Socket>;
  /** How closely unfinished responses are watched. Default: `adaptive`. */
  readonly track?: TrackMode;
}

type Numbers = Exclude<
  {
    [K in keyof TransportOptions]-?: NonNullable<TransportOptions[K]> extends number ? K : never;
  }[keyof TransportOptions],
  keyof Reach
>;

/** The options with all defaults filled in. */
export interface ResolvedOptions extends Readonly<Record<Numbers, number>>, Reach {
  readonly disableKeepAlives: boolean;
  /** Empty: nothing is offered. */
  readonly acceptEncodings: readonly CodingName[];
  readonly forceAttemptHttp2: boolean;
  readonly lenient: Leniency;
  readonly tls: ConnectionOptions;
  readonly lookup: LookupFunction | undefined;
  readonly dial: TransportOptions['dial'];
  readonly dialTls: TransportOptions['dialTls'];
  /** Null: never through a proxy. */
  readonly proxy: ProxyChoice | null;
  readonly proxyConnectHeaders: ConnectHeaders;
  readonly track: TrackMode;
}

/** Go's `DefaultMaxIdleConnsPerHost`. */
const GO_IDLE_PER_HOST = 2;

/**
 * The options of Go's `http.DefaultTransport`, for `new Transport(goDefaults)`.
 * Unlike our defaults, it keeps only two idle connections for each host, and so
 * closes connections that concurrent requests would use again.
 */
export const goDefaults: TransportOptions = Object.freeze({
  maxIdleConns: 100,
  maxIdleConnsPerHost: GO_IDLE_PER_HOST,
  maxConnsPerHost: 0,
  idleConnTimeout: 90_000,
  dialTimeout: 30_000,
  tlsHandshakeTimeout: 10_000,
  responseHeaderTimeout: 0,
  expectContinueTimeout: 1000,
  disableKeepAlives: false,
  disableCompression: false,
  acceptEncodings: Object.freeze(['gzip'] as const),
  maxResponseHeaderBytes: DEFAULT_LIMITS.maxHeadBytes,
  proxy: proxyFromEnvironment,
  forceAttemptHttp2: true,
});

/** What Node says where nobody has set `--max-http-header-size`, bytes: its own clients' default, not ours. */
const UNSET_HEADER_SIZE = 16 << 10;

/** `--max-http-header-size`, or Node's default. Only its HTTP module tells, which is loaded only where the option may have been given. */
function headerSizeOfNode(): number {
  const mayBeGiven = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) => /max[-_]http[-_]header[-_]size|config[-_]file/.test(text));
  return mayBeGiven ? process.getBuiltinModule('node:http').maxHeaderSize : UNSET_HEADER_SIZE;
}

const maxHeaderSize = headerSizeOfNode();

const DEFAULT_NUMBERS: Readonly<Record<Numbers, number>> = {
  maxIdleConns: 100,
  maxIdleConnsPerHost: -1,
  maxConnsPerHost: 0,
  maxWaitersPerHost: 100_000,
  idleConnTimeout: 90_000,
  dialTimeout: 30_000,
  tlsHandshakeTimeout: 10_000,
  responseHeaderTimeout: 0,
  expectContinueTimeout: 1000,
  bodyIdleTimeout: 0,
  maxResponseHeaderBytes: maxHeaderSize === 0 || maxHeaderSize === UNSET_HEADER_SIZE ? DEFAULT_LIMITS.maxHeadBytes : maxHeaderSize,
  maxResponseHeaderFields: DEFAULT_LIMITS.maxFields,
  max1xxResponses: DEFAULT_LIMITS.maxInterim,
  maxDecompressedBytes: 2 ** 30,
  drainOnClose: 0,
};

/** What 0 means for an option where it is not the absence of a limit. */
const ZERO: Readonly<Partial<Record<string, string>>> = {
  drainOnClose: 'drains nothing',
  max1xxResponses: 'accepts none',
  expectContinueTimeout: 'sends the body at once',
  maxResponseHeaderBytes: 'means the default',
  maxResponseHeaderFields: 'means the default',
  maxDecompressedBytes: 'means the default',
};

/** The longest time that `setTimeout` takes, ms. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/**
 * Checks the options and fills in the defaults.
 *
 * @throws TransportError (`ERR_INVALID_OPTION`) for a wrong value.
 */
export function resolveOptions(options: TransportOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) throw invalid(`the options of a transport are an object, not ${show(options)}`);
  const own = { __proto__: null, ...options } as TransportOptions & Record<string, unknown>;
  const numbers: Record<string, number> = {};
  for (const [name, fallback] of Object.entries(DEFAULT_NUMBERS)) numbers[name] = checkNumber(name, own[name], fallback);
  // 0 is no limit where it comes from maxIdleConns, and Go's DefaultMaxIdleConnsPerHost where the program says it.
  if (own.maxIdleConnsPerHost === undefined || own.maxIdleConnsPerHost === null) numbers.maxIdleConnsPerHost = numbers.maxIdleConns;
  else if (numbers.maxIdleConnsPerHost === 0) numbers.maxIdleConnsPerHost = GO_IDLE_PER_HOST;
  const track = own.track ?? 'adaptive';
  if (track !== 'off' && track !== 'adaptive' && track !== 'all') throw invalid(`track is 'off', 'adaptive' or 'all', not ${show(track)}`);
  for (const name of ['disableKeepAlives', 'disableCompression', 'forceAttemptHttp2'] as const) {
    const value: unknown = own[name];
    if (value !== undefined && value !== null && typeof value !== 'boolean') throw invalid(`${name} is true or false, not ${show(value)}`);
  }
  for (const name of ['lookup', 'dial', 'dialTls'] as const) {
    if (own[name] !== undefined && typeof own[name] !== 'function') throw invalid(`${name} is a function, not ${show(own[name])}`);
  }
  if (own.tls !== undefined && (typeof own.tls !== 'object' || own.tls === null)) throw invalid(`tls is an object of options for tls.connect, not ${typeof own.tls === 'string' ? 'a string' : show(own.tls)}`);
  return Object.freeze({
    ...(numbers as Record<Numbers, number>),
    disableKeepAlives: own.disableKeepAlives === true,
    acceptEncodings: own.disableCompression === true ? [] : checkCodings(own.acceptEncodings),
    forceAttemptHttp2: attemptsHttp2(own),
    lenient: leniencyOf(checkLenient(own.lenient)),
    // A copy: what decides who is trusted can't be changed behind pooled connections.
    tls: Object.freeze({ __proto__: null, ...own.tls }),
    lookup: own.lookup,
    dial: own.dial,
    dialTls: own.dialTls,
    ...checkReach(own),
    proxy: checked('proxy', () => proxyChoice(own.proxy)),
    proxyConnectHeaders: checked('proxyConnectHeaders', () => connectHeaders(own.proxyConnectHeaders)),
    track,
  });
}

/** Go: a dial of the program's leaves HTTP/2 out unless the option says true. What `dialTls` has agreed on by itself is another matter. */
function attemptsHttp2({ forceAttemptHttp2, dial, dialTls, tls }: TransportOptions): boolean {
  if (forceAttemptHttp2 === undefined || forceAttemptHttp2 === null) {
    const offered: unknown = tls?.ALPNProtocols;
    if (Array.isArray(offered) && !offered.includes('h2')) return false;
    return dial === undefined || dialTls !== undefined;
  }
  return forceAttemptHttp2;
}

function checkLenient(value: unknown): ReadonlySet<LenientName> {
  if (value === undefined || value === null) return new Set();
  if (typeof value !== 'object' || !(Symbol.iterator in value)) throw invalid(`lenient is a list of names, such as ['bare-lf'], not ${show(value)}`);
  const names = new Set(value as Iterable<LenientName>);
  for (const name of names) {
    if (!LENIENT_NAMES.includes(name)) throw invalid(`lenient holds ${show(name)}; the names are ${LENIENT_NAMES.map((each) => `'${each}'`).join(', ')}`);
  }
  return names;
}

function checkCodings(value: unknown): readonly CodingName[] {
  if (value === undefined || value === null) return CODING_NAMES;
  if (typeof value !== 'object' || !(Symbol.iterator in value)) throw invalid(`acceptEncodings is a list of content codings, such as ['gzip', 'br'], not ${show(value)}`);
  const names = [...new Set(value as Iterable<CodingName>)];
  for (const name of names) {
    if (CODING_NAMES.includes(name)) continue;
    const why = name === 'zstd' ? ': this Node has no zstd (22.15 and later have)' : '';
    throw invalid(`acceptEncodings holds ${show(name)}${why}; the names are ${CODING_NAMES.map((each) => `'${each}'`).join(', ')}`);
  }
  return names;
}

function checkNumber(name: string, value: unknown, fallback: number): number {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'number' || Number.isNaN(value)) throw invalid(`${name} is a number, not ${show(value)}`);
  if (value < 0 && name !== 'maxIdleConnsPerHost') throw invalid(`${name} is not negative, as ${value} is; 0 ${ZERO[name] ?? 'means no limit'}`);
  if (name.endsWith('Timeout')) return value === Infinity ? 0 : Math.min(value, MAX_TIMEOUT);
  if (name === 'maxResponseHeaderBytes' || name === 'maxResponseHeaderFields' || name === 'maxDecompressedBytes') return value === 0 ? DEFAULT_NUMBERS[name] : value;
  return value;
}

/** What an option is made into; a fault in it is one of the options. */
function checked<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw invalid(`${name} can't be used: ${messageOf(error)}`);
  }
}
