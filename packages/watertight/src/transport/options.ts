/** Owns the options of a transport: their meaning, their defaults, and the check of what a program passes. */
import type { LookupFunction, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { DEFAULT_LIMITS, show } from '../wire/index.js';
import type { TrackMode } from '../tasks/index.js';
import { TransportError } from './error.js';

/** Where a custom dial is to connect to. */
export interface DialTarget {
  /** The host's name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Aborts when nobody wants the connection any more, or the dial took too long. */
  readonly signal: AbortSignal;
}

/** Milliseconds and bytes; 0 means no limit where nothing else is said. Only own properties count. */
export interface TransportOptions {
  /** Idle connections kept, over all hosts; the least recently used goes first. Default 100. */
  readonly maxIdleConns?: number;
  /** Idle connections kept for each host; negative keeps none. 0 is Go's default, 2. Left out: `maxIdleConns`. */
  readonly maxIdleConnsPerHost?: number;
  /** Connections for each host, dials included; requests beyond wait in order. Default 0. */
  readonly maxConnsPerHost?: number;
  /** Requests that may wait for a connection to one host; more are refused. Default 100,000. */
  readonly maxWaitersPerHost?: number;
  /** How long a connection may be idle. Default 90,000. */
  readonly idleConnTimeout?: number;
  /** Name resolution and TCP connect. Default 30,000. */
  readonly dialTimeout?: number;
  /** Default 10,000. */
  readonly tlsHandshakeTimeout?: number;
  /** From the request's last byte to the response's whole head. Default 0. */
  readonly responseHeaderTimeout?: number;
  /** How long a body waits for `100 Continue` where the request has `Expect: 100-continue`; 0 sends it at once. Default 1,000. */
  readonly expectContinueTimeout?: number;
  /** The longest pause between bytes while a body is being read. Default 0. */
  readonly bodyIdleTimeout?: number;
  /** One request a connection. Default false. */
  readonly disableKeepAlives?: boolean;
  /** Don't offer and undo gzip. Default false. */
  readonly disableCompression?: boolean;
  /** Status line and fields, those of 1xx responses included. Default 10 MiB, Go's. */
  readonly maxResponseHeaderBytes?: number;
  /** Fields in a response's head. Default 10,000. */
  readonly maxResponseHeaderFields?: number;
  /** 1xx responses before the final one. Default 50. */
  readonly max1xxResponses?: number;
  /** Bytes that a gzip body may decode to. Default 1 GiB. */
  readonly maxDecompressedBytes?: number;
  /** Bytes of a body that `close()` may read to save the connection, within half a second. Default 0: it is closed, as in Go. */
  readonly drainOnClose?: number;
  /** Not supported yet: anything but undefined or null is refused, so that no request goes past a proxy unnoticed. */
  readonly proxy?: unknown;
  readonly proxyConnectHeaders?: unknown;
  /** Not supported yet: true is refused. */
  readonly forceAttemptHttp2?: boolean;
  /** Passed to `tls.connect`: ca, cert, key, checkServerIdentity and so on. Certificates are checked unless `rejectUnauthorized` is false. */
  readonly tls?: ConnectionOptions;
  /** Instead of `dns.lookup`. */
  readonly lookup?: LookupFunction;
  /** Instead of `net.connect`, below TLS too; a socket that is connecting or connected. */
  readonly dial?: (target: DialTarget) => Duplex | Socket | PromiseLike<Duplex | Socket>;
  /** Instead of TCP and TLS for https; a socket whose handshake is done. */
  readonly dialTls?: (target: DialTarget) => Duplex | Socket | PromiseLike<Duplex | Socket>;
  /** How closely responses are watched. Default `adaptive`. */
  readonly track?: TrackMode;
}

type Numbers = {
  [K in keyof TransportOptions]-?: NonNullable<TransportOptions[K]> extends number ? K : never;
}[keyof TransportOptions];

/** Options with all defaults filled in. */
export interface ResolvedOptions extends Readonly<Record<Numbers, number>> {
  readonly disableKeepAlives: boolean;
  readonly disableCompression: boolean;
  readonly tls: ConnectionOptions;
  readonly lookup: LookupFunction | undefined;
  readonly dial: TransportOptions['dial'];
  readonly dialTls: TransportOptions['dialTls'];
  readonly track: TrackMode;
}

/** Go's `DefaultMaxIdleConnsPerHost`. */
const GO_IDLE_PER_HOST = 2;

/**
 * The options of Go's `http.DefaultTransport`, where we differ from it: two
 * idle connections a host, which throws connections away under concurrency.
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
  maxResponseHeaderBytes: DEFAULT_LIMITS.maxHeadBytes,
});

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
  maxResponseHeaderBytes: DEFAULT_LIMITS.maxHeadBytes,
  maxResponseHeaderFields: DEFAULT_LIMITS.maxFields,
  max1xxResponses: DEFAULT_LIMITS.maxInterim,
  maxDecompressedBytes: 2 ** 30,
  drainOnClose: 0,
};

/** `setTimeout` can't wait longer. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/**
 * Fills in the defaults.
 *
 * @throws TransportError (`ERR_INVALID_OPTION`) for a value that is none.
 */
export function resolveOptions(options: TransportOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) throw invalid(`the options of a transport are an object, not ${show(options)}`);
  const own = { __proto__: null, ...options } as TransportOptions & Record<string, unknown>;
  const numbers: Record<string, number> = {};
  for (const [name, fallback] of Object.entries(DEFAULT_NUMBERS)) numbers[name] = checkNumber(name, own[name], fallback);
  // 0 is no limit where it comes from maxIdleConns, and Go's DefaultMaxIdleConnsPerHost where the program says it.
  if (own.maxIdleConnsPerHost === undefined || own.maxIdleConnsPerHost === null) numbers.maxIdleConnsPerHost = numbers.maxIdleConns;
  else if (numbers.maxIdleConnsPerHost === 0) numbers.maxIdleConnsPerHost = GO_IDLE_PER_HOST;
  if (own.proxy !== undefined && own.proxy !== null) throw invalid('proxies are not supported yet; the request would go past the proxy');
  if (own.proxyConnectHeaders !== undefined && own.proxyConnectHeaders !== null) throw invalid('proxies are not supported yet; leave proxyConnectHeaders out');
  if (own.forceAttemptHttp2 === true) throw invalid('HTTP/2 is not supported yet; leave forceAttemptHttp2 out');
  const track = own.track ?? 'adaptive';
  if (track !== 'off' && track !== 'adaptive' && track !== 'all') throw invalid(`track is 'off', 'adaptive' or 'all', not ${show(track)}`);
  for (const name of ['lookup', 'dial', 'dialTls'] as const) {
    if (own[name] !== undefined && typeof own[name] !== 'function') throw invalid(`${name} is a function, not ${show(own[name])}`);
  }
  if (own.tls !== undefined && (typeof own.tls !== 'object' || own.tls === null)) throw invalid(`tls is an object of options for tls.connect, not ${show(own.tls)}`);
  return Object.freeze({
    ...(numbers as Record<Numbers, number>),
    disableKeepAlives: own.disableKeepAlives === true,
    disableCompression: own.disableCompression === true,
    // A copy: what decides who is trusted can't be changed behind pooled connections.
    tls: Object.freeze({ __proto__: null, ...own.tls }),
    lookup: own.lookup,
    dial: own.dial,
    dialTls: own.dialTls,
    track,
  });
}

function checkNumber(name: string, value: unknown, fallback: number): number {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'number' || Number.isNaN(value)) throw invalid(`${name} is a number, not ${show(value)}`);
  if (value < 0 && name !== 'maxIdleConnsPerHost') throw invalid(`${name} is not negative, as ${value} is; 0 ${name === 'drainOnClose' ? 'drains nothing' : 'means no limit'}`);
  if (name.endsWith('Timeout')) return value === Infinity ? 0 : Math.min(value, MAX_TIMEOUT);
  if (name === 'maxResponseHeaderBytes' || name === 'maxResponseHeaderFields' || name === 'maxDecompressedBytes') return value === 0 ? DEFAULT_NUMBERS[name] : value;
  return value;
}

function invalid(message: string): TransportError {
  return new TransportError('ERR_INVALID_OPTION', message);
}
