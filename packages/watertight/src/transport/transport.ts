/** Owns the transport as the program sees it: Go's `http.Transport`. */
/* eslint-disable @typescript-eslint/unbound-method -- methods only mark where a stack begins here; nobody calls them unbound */
import { captureDeepTrace, captureTrace, turn } from '../tasks/index.js';
import type { Origin, Request, Response } from '../conn/index.js';
import { INSPECT, inspectAs, type Inspect } from '../wire/index.js';
import { isPublished } from './channels.js';
import type { ConnectionObserver } from './connection-observer.js';
import { Connector } from './connector.js';
import { resolveOptions, type TransportOptions } from './options.js';
import { toRequest, type RequestLike } from './request-like.js';
import { RequestPublication } from './request-channels.js';
import { RoundTrip, type TripHost } from './round-trip.js';
import type { TransportStats } from './stats.js';

/** What a client needs of a transport. A program can implement it for tests or middleware. */
export interface RoundTripper {
  /** Makes one request and resolves with its response; follows no redirects and keeps no cookies. Rejects if there is no response. */
  roundTrip(request: Request): Promise<Response>;
}

/** Keeps connections, and makes requests on them. Make one and share it: each transport has its own connections. */
export class Transport implements RoundTripper {
  private readonly options: TransportOptions;
  private readonly connector: Connector;

  /** @throws TransportError (`ERR_INVALID_OPTION`) */
  constructor(options: TransportOptions = {}) {
    this.options = { ...options };
    this.connector = new Connector(resolveOptions(options));
  }

  /**
   * Sends one request and resolves with its response as soon as the head has
   * come. A status such as 400 or 500 is a response, not an error. The body must
   * be read to EOF or closed.
   *
   * @returns rejects with the signal's reason, or with a RequestError, DialError,
   * ProxyError, ConnectionError, ProtocolError, TimeoutError, RequestBodyError, HookError or TransportError.
   */
  roundTrip(request: RequestLike): Promise<Response> {
    return new Promise((resolve, reject) => {
      const checked = toRequest(request);
      checked.entry ??= Transport.prototype.roundTrip;
      this.dispatch(checked, resolve, reject);
    });
  }

  /** @internal Every request's call site is recorded. */
  get tracksAll(): boolean {
    return this.connector.trackLevel === 2;
  }

  /** @internal Another request to the host would have to wait: `maxConnsPerHost`. */
  isFull(origin: Origin): boolean {
    return this.connector.isFull(origin);
  }

  /** @internal Tells `observer` of its connections; returns a function that ends it. */
  observe(observer: ConnectionObserver): () => void {
    const { observers } = this.connector;
    observers.add(observer);
    return () => void observers.delete(observer);
  }

  /** @internal `roundTrip` with callbacks: it saves the client a promise for each request. */
  dispatch(request: Request, resolve: (response: Response) => void, reject: (error: unknown) => void): void {
    if (isPublished() && request.observer === null) {
      this.publish(request, resolve, reject);
      return;
    }
    const { connector } = this;
    const { signal, body } = request;
    if (signal !== null && signal.aborted) {
      body?.release(signal.reason);
      reject(signal.reason);
      return;
    }
    const host = connector.hosts.mayProxy ? this.askForHost(request, reject) : connector.hosts.direct(request);
    if (host === null) return;
    const level = connector.trackLevel;
    let trace = request.callSite;
    if (trace === null && (level === 2 || (level === 1 && host.sampling.next()))) trace = request.callSite = (request.terms === null ? captureTrace : captureDeepTrace)(request.entry ?? (this.dispatch));
    new RoundTrip(request, host, trace, connector, resolve, reject).start();
  }

  /** `dispatch` for a request that somebody wants to hear of. */
  private publish(given: Request, resolve: (response: Response) => void, reject: (error: unknown) => void): void {
    let publication: RequestPublication;
    try {
      publication = new RequestPublication(given);
    } catch (error) {
      given.body?.release(error);
      reject(error);
      return;
    }
    this.dispatch(
      publication.request,
      (response) => {
        resolve(response);
        publication.answered(response);
      },
      (error) => {
        reject(error);
        publication.failed(error);
      },
    );
  }

  /** The host of the proxy that the program chooses for the request. Null: the request has failed. */
  private askForHost(request: Request, reject: (error: unknown) => void): TripHost | null {
    const { body, signal } = request;
    try {
      const { hosts } = this.connector;
      // There is no proxy for a Unix socket.
      if (request.target.origin.socketPath !== null) return hosts.direct(request);
      const proxy = hosts.proxyFor(request);
      // The program's function may have cancelled the request.
      if (signal?.aborted === true) throw signal.reason;
      return proxy === null ? hosts.direct(request) : hosts.through(request, proxy);
    } catch (error) {
      body?.release(error);
      reject(error);
      return null;
    }
  }

  /** Closes the idle connections. Until the next request, a busy connection is closed too when it becomes idle, as in Go. */
  closeIdleConnections(): void {
    this.connector.closeIdle();
  }

  /**
   * Closes all connections and ends all dials. Requests under way, and later
   * ones, reject with a TransportError (`ERR_TRANSPORT_CLOSED`). Resolves when
   * the sockets are closed.
   */
  close(): Promise<void> {
    this.connector.close();
    // Sockets report their end in the next turn.
    return turn();
  }

  /** How many connections there are at this moment, and how many requests wait for one. */
  stats(): TransportStats {
    return this.connector.stats();
  }

  /** A transport with the same options and no connections. */
  clone(): Transport {
    return new Transport(this.options);
  }

  /** What `console.log` and `util.inspect` show. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return inspectAs('Transport', this.stats(), options, inspect);
  }

  /** `await using transport = …` calls `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The transport of `get`, `post` and `fetch`. */
export const defaultTransport = new Transport();
