/** Owns what the program calls of a transport: Go's `http.Transport`. */
/* eslint-disable @typescript-eslint/unbound-method -- methods only mark where a stack begins here; nobody calls them unbound */
import { captureTrace } from '../tasks/index.js';
import { Request, type RequestInit, type Response } from '../conn/index.js';
import { INSPECT, inspectAs, type Inspect } from '../wire/index.js';
import { Connector } from './connector.js';
import { resolveOptions, type TransportOptions } from './options.js';
import { RoundTrip } from './round-trip.js';
import type { TransportStats } from './stats.js';

/** What a client needs of a transport; tests and middleware implement it. */
export interface RoundTripper {
  /** One request, one response: no redirects, no cookies. Rejects if there is no response. */
  roundTrip(request: Request): Promise<Response>;
}

/** A plain object works where a `Request` does. */
export type RequestLike = Request | (RequestInit & { readonly url: string | URL });

/** Keeps connections, and makes requests on them. Meant to be made once and shared. */
export class Transport implements RoundTripper {
  private readonly options: TransportOptions;
  private readonly connector: Connector;

  /** @throws TransportError (`ERR_INVALID_OPTION`) */
  constructor(options: TransportOptions = {}) {
    this.options = { ...options };
    this.connector = new Connector(resolveOptions(options));
  }

  /**
   * Sends one request and gives its response out as soon as its head is here;
   * a status of 400 or 500 is a response. The body must be read to EOF or closed.
   *
   * Rejects with the signal's reason, a RequestError, DialError,
   * ConnectionError, ProtocolError, TimeoutError or TransportError.
   */
  roundTrip(request: RequestLike): Promise<Response> {
    return new Promise((resolve, reject) => {
      const checked = request instanceof Request ? request : new Request(request.url, request);
      checked.entry ??= Transport.prototype.roundTrip;
      this.dispatch(checked, resolve, reject);
    });
  }

  /** @internal Every request's call site is recorded. */
  get tracksAll(): boolean {
    return this.connector.trackLevel === 2;
  }

  /** @internal `roundTrip` with callbacks: a promise less for the client's every request. */
  dispatch(request: Request, resolve: (response: Response) => void, reject: (error: unknown) => void): void {
    const { connector } = this;
    const { signal, body } = request;
    if (signal !== null && signal.aborted) {
      body?.release(signal.reason);
      reject(signal.reason);
      return;
    }
    const host = connector.hostFor(request.target.origin);
    const level = connector.trackLevel;
    let trace = request.callSite;
    if (trace === null && (level === 2 || (level === 1 && host.sampling.next()))) trace = request.callSite = captureTrace(request.entry ?? (this.dispatch));
    new RoundTrip(request, host, trace, connector, resolve, reject).start();
  }

  /** Closes the idle connections, and lets busy ones end when they would become idle, until the next request. */
  closeIdleConnections(): void {
    this.connector.closeIdle();
  }

  /**
   * Ends everything: idle connections, dials, and requests, which reject with a
   * TransportError (`ERR_TRANSPORT_CLOSED`), as later ones do. Resolves when the
   * sockets are closed.
   */
  close(): Promise<void> {
    this.connector.close();
    // Sockets report their end in the next turn.
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** A snapshot of the connections and of the requests that wait for one. */
  stats(): TransportStats {
    return this.connector.stats();
  }

  /** A transport with the same options and no connections. */
  clone(): Transport {
    return new Transport(this.options);
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return inspectAs('Transport', this.stats(), options, inspect);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The transport of `get`, `post` and `fetch`. */
export const defaultTransport = new Transport();
