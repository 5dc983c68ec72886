/** Owns one request as the program makes it: checked once, and immutable, so that it can be sent more than once. */
import type { Trace } from '../tasks/index.js';
import { checkMethod, checkReserved, Headers, INSPECT, inspectAs, RequestError, show, type HeadersInit, type Inspect, type ReservedFields } from '../wire/index.js';
import type { RequestBody } from './chunk-source.js';
import { checkTrace, type ClientTrace } from './client-trace.js';
import { checkOnProgress, type OnProgress } from './progress.js';
import { toRequestTrailers, type RequestTrailers, type TrailersInit } from './request-trailers.js';
import { toRequestBody, type BodyInit } from './request-body.js';
import type { RequestTerms } from './request-terms.js';
import { authorityOf, ExactTarget, parseTarget, redact, type Target } from './target.js';
import { callQuietly } from './user-call.js';

/**
 * What to do with a redirect: follow it, hand it out as the response, or fail with
 * a RedirectError. Only a Client follows; a Transport hands every response out.
 */
export type RedirectMode = 'follow' | 'manual' | 'error';

/**
 * Which content codings of a response are decoded: those that the transport
 * offers itself, as Go does with gzip; every one, and the fields stay, as in the Fetch
 * standard; or none, and none is offered, as in undici.
 */
export type Decoding = 'offered' | 'all' | 'none';

/** Options of one request. Only own properties count. */
export interface RequestInit {
  /**
   * A token (RFC 9110 section 9.1). Default: GET. `get`, `head` and `post` set it themselves.
   * A CONNECT goes to the host of the URL, which has no path; where the tunnel leads to is the
   * header Host, as host:port, by default the URL's own, as in Go. Of a 2xx answer, `socket` is the tunnel.
   */
  readonly method?: string;
  /**
   * Header fields, in the order and spelling in which they are sent. `Connection: Upgrade` and
   * `Upgrade: protocol` together ask the server to switch protocols; if it does (101), the
   * response's `socket` is the connection. Default: none.
   */
  readonly headers?: HeadersInit | null;
  /** Default: none. A GET or HEAD can't have a body of unknown length, unless the headers declare it. */
  readonly body?: BodyInit | null;
  /**
   * Fields that follow the body: their names are announced in the field Trailer, and a value may
   * be a function, which is called when the body has ended, once for each time that it is sent. As
   * in Go, they are sent only behind a body of unknown length, which is chunked: a stream or an
   * iterable, also `[text]`. Fields that must be known before the body are refused (RFC 9110
   * section 6.5.1). A function that throws, or a value that can't be sent, fails the request with
   * a RequestBodyError. They go where the body goes after a redirect. Default: none.
   */
  readonly trailers?: TrailersInit | null;
  /** Cancels the request in any phase, also while the response's body is read; every promise of it rejects with the signal's reason. Default: none. */
  readonly signal?: AbortSignal | null;
  /** Milliseconds for the whole request, from its start to the end of the response's body, with its redirects, `checkRedirect` and the cookie jar; then it fails with a TimeoutError. Default: 0, no limit. Go's `Client.Timeout`. */
  readonly timeout?: number;
  /** Default: `follow`. */
  readonly redirect?: RedirectMode;
  /** Sends `Connection: close` and closes the connection after the response, as Go's `Request.Close` does. Default: false. */
  readonly close?: boolean;
  /** Functions that are called while the request is made. Default: none. */
  readonly trace?: ClientTrace | null;
  /**
   * Called as bytes of the request's body have left for the kernel. It begins anew
   * where the body is sent again. If it throws, or returns a promise that is
   * rejected while the request is under way, the request fails with a
   * RequestBodyError (`cause` has what it threw). Default: none.
   */
  readonly onUploadProgress?: OnProgress | null;
  /**
   * Called as the program reads the response's body; it counts bytes as they came,
   * before decoding, and those of the last response after redirects. If it throws,
   * or returns a promise that is rejected before the body has ended, the body is
   * closed and the read rejects with a BodyError (`cause` has what it threw).
   * Default: none.
   */
  readonly onDownloadProgress?: OnProgress | null;
}

/** The options of a request for which the program gave none. */
const NO_INIT: RequestInit = Object.freeze({ __proto__: null }) as RequestInit;

const NO_HEADERS: ReservedFields = Object.freeze({ close: false, declaredLength: null, upgrade: null });

/** What a request that is published reports to. */
export interface RequestObserver {
  /** The request as the program made it. */
  readonly given: Request;
  /** The exchange is over, after a response: its body was read to the end or closed (null), or failed. Must not call the program at once: the connection is at work. */
  ended(error: unknown): void;
}

/** A request. Its constructor checks everything that can be checked without a connection. */
export class Request {
  readonly method: string;
  /** @internal */
  readonly target: Target;
  /** The body, made ready to be sent; null if there is none. */
  readonly body: RequestBody | null;
  /** @internal */
  readonly trailers: RequestTrailers | null;
  readonly signal: AbortSignal | null;
  /** Milliseconds; 0 is no limit. After a redirect: what was left. */
  readonly timeout: number;
  readonly redirect: RedirectMode;
  readonly close: boolean;
  readonly trace: ClientTrace | null;
  readonly onUploadProgress: OnProgress | null;
  readonly onDownloadProgress: OnProgress | null;
  /** @internal The Content-Length the caller declared for a body of unknown length. */
  readonly declaredLength: number | null;
  /** @internal The protocols that the server may switch to: the Upgrade field that the caller has set. */
  readonly upgrade: string | null;
  /** @internal What stands in the request line: path and query, or host and port of a CONNECT. */
  readonly requestTarget: string;
  /** @internal Null where there are none, as for most GETs. */
  readonly ownHeaders: Headers | null;
  /** @internal The entry function the program called: the stack above it is the program's. */
  entry: ((...args: never[]) => unknown) | null = null;
  /** @internal The stack above it, if it has been captured. */
  callSite: Trace | null = null;
  /** @internal The limit of the whole call, where `timeout` is only what was left of it for this request; otherwise 0. */
  callTimeout = 0;
  /** @internal Which content codings are decoded. */
  decoding: Decoding = 'offered';
  /** @internal It goes on a connection that has served no other: idle ones to its origin are closed. */
  fresh = false;
  /** @internal What the interface that it came through asks of it; null for a request of ours. */
  terms: RequestTerms | null = null;
  /** @internal Who follows it to its end; null for almost all. */
  observer: RequestObserver | null = null;

  /**
   * @param input an absolute URL, or a request to start from; an ExactTarget comes from another interface, which sets its own rules for a body
   * @param init options, which go before those of `input`
   * @throws RequestError for a URL, method, header, body or option that can't be sent.
   */
  constructor(input: string | URL | Request | ExactTarget, init?: RequestInit | null) {
    const base = input instanceof Request ? input : null;
    // Own properties only: a polluted Object.prototype sets no method, body or header.
    checkInit(init);
    const own = init === undefined || init === null ? NO_INIT : ({ __proto__: null, ...init } as RequestInit);
    // First, so that it is let go of, whatever is wrong with the rest.
    const body = own.body === undefined ? (base?.body ?? null) : own.body === null ? null : toRequestBody(own.body);
    this.body = body;
    let headers: Headers | null;
    let reserved: ReservedFields;
    try {
      this.target = base !== null ? base.target : input instanceof ExactTarget ? input : parseTarget(input as string | URL);
      const exact = this.target instanceof ExactTarget;
      const method = own.method ?? base?.method ?? 'GET';
      if (method !== 'GET') checkMethod(method);
      this.method = method;
      this.signal = own.signal ?? base?.signal ?? null;
      this.timeout = own.timeout ?? base?.timeout ?? 0;
      this.redirect = own.redirect ?? base?.redirect ?? 'follow';
      this.trace = own.trace ?? base?.trace ?? null;
      this.onUploadProgress = own.onUploadProgress ?? base?.onUploadProgress ?? null;
      this.onDownloadProgress = own.onDownloadProgress ?? base?.onDownloadProgress ?? null;
      if (own !== NO_INIT) checkOptions(this, own.close);
      this.trailers = own.trailers === undefined ? (base?.trailers ?? null) : toRequestTrailers(own.trailers);
      headers = makeHeaders(own.headers, base, body, this.target.authorization);
      reserved = headers === null || headers.shared ? NO_HEADERS : checkReserved(headers, body === null ? null : body.length);
      if (body !== null && (method === 'GET' || method === 'HEAD') && own.body !== undefined && base === null && !exact && body.length === null && reserved.declaredLength === null) {
        throw new RequestError('ERR_INVALID_BODY', `a ${method} can't carry a body of unknown length (RFC 9110 section 9.3.1); use POST, or declare its Content-Length`);
      }
      if (body === null && reserved.declaredLength !== null && reserved.declaredLength > 0) throw new RequestError('ERR_INVALID_HEADER', `Content-Length says ${reserved.declaredLength}, but the request has no body`);
      this.requestTarget = method === 'CONNECT' && !exact ? authorityOf(this.target, headers === null ? null : headers.get('host')) : this.target.path;
      if (method === 'CONNECT' && body !== null) throw new RequestError('ERR_INVALID_BODY', 'a CONNECT has no body (RFC 9110 section 9.3.6); write to the socket of its response');
      if (method === 'CONNECT' && reserved.upgrade !== null) throw new RequestError('ERR_INVALID_HEADER', `a CONNECT leaves HTTP by itself, so it has no header Upgrade, as ${show(reserved.upgrade)} is`);
    } catch (error) {
      // A stream that was given to a request that can't be made is nobody's any more.
      if (body !== null && body !== base?.body) body.release(error);
      throw error;
    }
    this.ownHeaders = headers;
    this.declaredLength = reserved.declaredLength;
    this.upgrade = reserved.upgrade;
    this.close = reserved.close || (own.close ?? base?.close ?? false);
  }

  /** @internal It leaves HTTP on its connection, or comes from an interface that is HTTP/1.1's: no stream of HTTP/2 can carry it. */
  get http1Only(): boolean {
    return this.upgrade !== null || this.terms !== null || this.method === 'CONNECT';
  }

  /** @internal It is made on behalf of the same call of the program as `other`. */
  sameCall(other: Request): void {
    this.entry = other.entry;
    this.callSite = other.callSite;
    this.decoding = other.decoding;
    this.fresh = other.fresh;
    this.callTimeout = other.callTimeout === 0 ? other.timeout : other.callTimeout;
  }

  /** @internal The same request, with other hooks, and other headers where they are given. */
  observed(observer: RequestObserver | null, trace: ClientTrace, headers: Headers | undefined): Request {
    const copy = new Request(this, headers === undefined ? { trace } : { headers, trace });
    copy.sameCall(this);
    copy.callTimeout = this.callTimeout;
    copy.terms = this.terms;
    copy.observer = observer ?? this.observer;
    return copy;
  }

  /** @internal So much is left of the call's time by now. Only for a request that no program has made. */
  leaveTime(timeout: number): void {
    (this as { timeout: number }).timeout = timeout;
  }

  /** @internal The request that a redirect asks for; `timeout` is what is left of the time. `close` is not carried along, as in Go. */
  redirected(to: { url: URL; method: string; headers: Headers; keepBody: boolean }, timeout: number): Request {
    const { signal, redirect, trace, onUploadProgress, onDownloadProgress } = this;
    // The body says how long it is; a length that only the caller knew is sent in chunks.
    to.headers.delete('content-length');
    // The server of a Unix socket knows itself by the name that it was called by; no other redirect leads to one.
    const { origin } = this.target;
    const url = origin.socketPath !== null && to.url.origin === `${origin.scheme}://${origin.host}` ? origin.href + to.url.pathname + to.url.search : to.url;
    const next = new Request(url, { method: to.method, headers: to.headers, signal, redirect, trace, timeout, onUploadProgress, onDownloadProgress });
    if (to.keepBody) Object.assign(next, { body: this.body, trailers: this.trailers });
    return next;
  }

  /** A copy of the headers that the program set. */
  get headers(): Headers {
    return new Headers(this.ownHeaders);
  }

  /** The URL, without user, password and fragment. */
  get url(): string {
    return this.target.origin.href + this.target.path;
  }

  /** @internal The URL as the server knows it, which has no Unix socket in it. */
  get urlThere(): string {
    const { origin, path } = this.target;
    return origin.socketPath === null ? this.url : `${origin.scheme}://${origin.host}${path}`;
  }

  /** What `console.log` and `util.inspect` show. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { method, shownUrl: url, headers } = this;
    return inspectAs('Request', { method, url, headers }, options, inspect);
  }

  /** @internal The URL as reports may show it. */
  get shownUrl(): string {
    return redact(this.target);
  }
}

/**
 * Checks that the options are an object: a text or a function has properties too, and would say nothing.
 * `body` was given beside them; if they are refused, it is let go of.
 *
 * @throws RequestError (`ERR_INVALID_OPTION`)
 */
export function checkInit(init: unknown, body: BodyInit | null = null): void {
  if (typeof init === 'object' || init === undefined) return;
  const error = new RequestError('ERR_INVALID_OPTION', `the options of a request are an object, not ${show(init)}`);
  if (body !== null) callQuietly(() => toRequestBody(body).release(error));
  throw error;
}

function checkOptions({ signal, timeout, redirect, trace, onUploadProgress, onDownloadProgress }: Request, close: unknown): void {
  checkOnProgress('onUploadProgress', onUploadProgress);
  checkOnProgress('onDownloadProgress', onDownloadProgress);
  if (signal !== null && (typeof signal !== 'object' || typeof signal.addEventListener !== 'function')) throw new RequestError('ERR_INVALID_OPTION', `signal is an AbortSignal, not ${show(signal)}`);
  if (typeof timeout !== 'number' || !(timeout >= 0)) throw new RequestError('ERR_INVALID_OPTION', `timeout is a number of milliseconds, 0 for none, not ${show(timeout)}`);
  if (redirect !== 'follow' && redirect !== 'manual' && redirect !== 'error') throw new RequestError('ERR_INVALID_OPTION', `redirect is 'follow', 'manual' or 'error', not ${show(redirect)}`);
  if (close !== undefined && close !== null && typeof close !== 'boolean') throw new RequestError('ERR_INVALID_OPTION', `close is true or false, not ${show(close)}`);
  if (trace !== null) checkTrace(trace);
}

function makeHeaders(init: HeadersInit | null | undefined, base: Request | null, body: RequestBody | null, authorization: string | null): Headers | null {
  const from = init ?? base?.ownHeaders ?? null;
  const type = body === null ? null : body.contentType;
  if (from === null && type === null && authorization === null) return null;
  if (type === null && authorization === null && from instanceof Headers && from.shared) return from;
  const headers = new Headers(from);
  if (type !== null && !headers.has('content-type')) headers.set('Content-Type', type);
  if (authorization !== null && !headers.has('authorization')) headers.set('Authorization', authorization);
  return headers;
}
