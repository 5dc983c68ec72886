/** Owns one request on its way through the transport: it waits for a connection, runs the exchange, tries again where that is allowed, and can be cancelled. */
import { activity, messageOf, type ActiveRequest, type Holder, type Trace } from '../tasks/index.js';
import { callHook, callQuietly, ConnectionError, Deadline, onAbort, TimeoutError, type Exchange, type ExchangeCourse, type ExchangeOwner, type FailedExchange, type PersistConn, type Request, type RequestBody, type Response, type TimeoutPhase } from '../conn/index.js';
import { requestFields, type Http2Conn, type StreamExchange } from '../h2/index.js';
import { encodeRequestHead, RequestError, type RequestFraming } from '../wire/index.js';
import type { Dial } from './dial.js';
import type { Host } from './host.js';
import type { PooledConn } from './pooled-conn.js';
import { isIdempotent, MAX_REFUSALS, refusalPause, shouldRetry } from './retry.js';
import type { Waiter } from './wait-queue.js';

/** A host as a round trip sees it. */
export type TripHost = Host<TripConn, RoundTrip>;

/** A pooled connection that may serve a round trip. */
export type TripConn = PooledConn<RoundTrip>;

/** What a round trip asks of its transport; `Connector` implements it. */
export interface TripPort {
  /** Finds a connection, now or later: `useConn` or `fail` follows. */
  connect(trip: RoundTrip): void;
  /** It waits no more: it has a connection, or gave up. */
  leave(trip: RoundTrip): void;
  /** It waits for something else than a connection, and may be ended as long as it does. */
  pauseBegins(trip: RoundTrip): void;
  pauseEnds(trip: RoundTrip): void;
  /** It never began to wait: its host need not be remembered for it. */
  forget(host: TripHost): void;
  exchangeFor(trip: RoundTrip): Exchange;
  streamExchangeFor(trip: RoundTrip): StreamExchange;
  /** The host whose connections to the same server speak HTTP/1.1. */
  http1Host(host: TripHost): TripHost;
  /** Who holds the host's connections, for an error's text. */
  describeHolders(host: TripHost): string;
  /** Each request says `Connection: close`. */
  readonly closeAlways: boolean;
}

/** What a proxy is sent of ours where the program speaks to it: nothing, its own Proxy-Authorization goes. */
const NO_CREDENTIALS = { authorization: null };

/** One request, from `dispatch` to the end of its response. */
export class RoundTrip implements ExchangeOwner, Waiter, ActiveRequest {
  /** It is in the pool's queues. */
  waiting = false;
  /** The dial that was started for it, as long as it runs. */
  dial: Dial<RoundTrip> | null = null;
  private exchange: ExchangeCourse | null = null;
  private conn: PersistConn | Http2Conn | null = null;
  private unsubscribe: (() => void) | null = null;
  private deadline: Deadline | null = null;
  private settled = false;
  /** Whatever it fails with, it is not tried again. */
  private cancelled = false;
  private measuring = false;
  /** Until the next attempt, after the server has refused this one. */
  private backoff: Deadline | null = null;
  private refusals = 0;

  constructor(
    readonly request: Request,
    public host: TripHost,
    readonly trace: Trace | null,
    private readonly transport: TripPort,
    private resolve: (response: Response) => void,
    private reject: (error: unknown) => void,
  ) {}

  get method(): string {
    return this.request.method;
  }

  get origin(): string {
    return this.request.target.origin.href;
  }

  get holder(): Holder | null {
    return this.exchange;
  }

  /** It has its outcome: a response, or an error. */
  get over(): boolean {
    return this.settled;
  }

  /** It can't be sent a second time, so it must not meet a connection of which it can be known that the server has closed it. */
  get sentOnce(): boolean {
    const { method, body, terms } = this.request;
    if (method === 'GET' && body === null && terms === null) return false;
    return !this.repeatable || (body !== null && !body.replayable);
  }

  private get repeatable(): boolean {
    const { method, ownHeaders, terms } = this.request;
    return terms?.idempotent ?? isIdempotent(method, ownHeaders);
  }

  start(): void {
    if (activity.listener !== null) activity.listener.requestStarted(this);
    const { signal, timeout, body } = this.request;
    try {
      if (signal !== null) this.unsubscribe = onAbort(signal, (reason) => this.cancel(reason));
    } catch (error) {
      // An object of the program that only looks like a signal.
      this.fail(new RequestError('ERR_INVALID_OPTION', `addEventListener() of the signal threw: ${messageOf(error)}`, { cause: error }));
    }
    if (body !== null && body.bytes === null) body.watch((error) => this.cancel(error));
    if (this.settled) {
      this.transport.forget(this.host);
      return;
    }
    if (timeout > 0 && timeout < 2 ** 31) {
      this.deadline = new Deadline(timeout, () => this.cancel(this.timedOut(this.request.callTimeout || timeout, null)));
      this.deadline.ref();
    }
    if (body !== null && body.measure !== undefined && (this.request.declaredLength === null || this.request.terms !== null)) this.measure(body);
    else this.transport.connect(this);
  }

  /** Waits for the length of the body first. Time limit and signal run already. */
  private measure(body: RequestBody): void {
    this.measuring = true;
    this.transport.pauseBegins(this);
    body.measure!().then(
      () => {
        this.endMeasure();
        if (!this.settled) this.transport.connect(this);
      },
      (error: unknown) => this.cancel(error),
    );
  }

  private endMeasure(): void {
    this.measuring = false;
    this.transport.pauseEnds(this);
  }

  /** The connection is this request's. */
  useConn(conn: PersistConn, wasIdle: boolean, idleTime: number): void {
    this.conn = conn;
    if (this.request.trace !== null && !this.gotConn(conn, wasIdle, idleTime)) {
      if (this.settled) conn.close('cancelled');
      return;
    }
    const exchange = this.transport.exchangeFor(this);
    this.exchange = exchange;
    conn.start(exchange, this.head(exchange.offered));
  }

  /** The request gets a stream of the connection. */
  useStream(conn: Http2Conn, wasIdle: boolean, idleTime: number): void {
    this.conn = conn;
    if (this.request.trace !== null && !this.gotConn(conn, wasIdle, idleTime)) return;
    const exchange = this.transport.streamExchangeFor(this);
    this.exchange = exchange;
    const { method, target, ownHeaders } = this.request;
    const { scheme, host } = target.origin;
    conn.start(exchange, requestFields({ method, scheme, target: target.path, host, headers: ownHeaders, framing: this.framing(), acceptEncoding: exchange.offered ? this.host.acceptEncoding : '', trailers: this.request.trailers?.names ?? null }));
  }

  /** Tells the hook. False if the request does not use the connection after that. */
  private gotConn(conn: PersistConn | Http2Conn, wasIdle: boolean, idleTime: number): boolean {
    const { localPort, remoteAddress } = conn;
    callHook(this, 'gotConn', { socket: conn.socket!, reused: conn.uses > 0, wasIdle, idleTime, localPort, remoteAddress });
    if (this.settled) return false;
    // The hook closed the transport, which says so.
    if (!conn.closed) return true;
    this.conn = null;
    this.transport.connect(this);
    return false;
  }

  /** Rejects the request, which holds nothing any more. */
  fail(error: unknown): void {
    if (this.settled) return;
    const { reject } = this;
    if (activity.listener !== null) activity.listener.requestEnded(this, 0, error);
    this.settle();
    this.release();
    this.request.body?.release(error);
    reject(error);
  }

  /** Gives up, whatever it is doing. */
  cancel(reason: unknown): void {
    if (this.waiting) {
      const why = isTimeout(reason) ? this.timedOut(null, reason) : reason;
      this.transport.leave(this);
      this.fail(why);
    } else if (this.exchange !== null) {
      this.cancelled = true;
      this.exchange.cancel(reason);
    } else {
      this.fail(reason);
      if (this.backoff !== null) this.endBackoff();
      if (!this.measuring) return;
      this.endMeasure();
      // Nothing else would: it has not asked for a connection yet.
      this.transport.forget(this.host);
    }
  }

  // ---- from the exchange

  onResponse(response: Response): void {
    // From here on only a read keeps the process alive, not the limit on its time.
    this.deadline?.unref();
    const { resolve } = this;
    this.settle();
    // The connection is the program's: no signal and no time limit of the request ends it any more.
    if (this.exchange?.handedOver === true) this.release();
    resolve(response);
  }

  onFinished(): void {
    if (activity.listener !== null && this.exchange !== null) activity.listener.requestEnded(this, this.exchange.status, this.exchange.error);
    const { observer } = this.request;
    if (observer !== null) observer.ended(this.exchange?.error ?? null);
    this.release();
    this.exchange = this.conn = null;
    // One that can be sent again is made anew where it is. What is in memory holds nothing, and an error has a stack to be taken.
    const { body } = this.request;
    if (body !== null && body.bytes === null) body.release(new Error('the server answered before the body was sent'));
  }

  onFailure(exchange: FailedExchange, error: Error): void {
    const { request, conn } = this;
    const again = !this.cancelled && shouldRetry({
      reused: exchange.reused ?? conn!.uses > 1,
      connectionEnded: error instanceof ConnectionError,
      answered: exchange.answered,
      nothingWritten: exchange.nothingWritten,
      refused: exchange.refused === true || exchange.wantsHttp1 === true,
      idempotent: this.repeatable,
      replayable: request.body === null || request.body.replayable,
    });
    this.exchange = this.conn = null;
    if (!again) this.fail(error);
    else if (exchange.wantsHttp1 === true) this.changeToHttp1();
    else if (exchange.refused === true) this.refused(error);
    else this.transport.connect(this);
  }

  private changeToHttp1(): void {
    const { host } = this;
    this.host = this.transport.http1Host(host);
    this.transport.forget(host);
    this.transport.connect(this);
  }

  /** The server has not processed the request: it is sent again, later and later. */
  private refused(error: Error): void {
    if (++this.refusals > MAX_REFUSALS) {
      this.fail(error);
      return;
    }
    const pause = refusalPause(this.refusals, Math.random());
    if (pause === 0) {
      this.transport.connect(this);
      return;
    }
    this.transport.pauseBegins(this);
    this.backoff = new Deadline(pause, () => {
      this.endBackoff();
      this.transport.connect(this);
    });
    this.backoff.ref();
  }

  private endBackoff(): void {
    this.backoff?.clear();
    this.backoff = null;
    this.transport.pauseEnds(this);
  }

  // ---- inside

  private head(offered: boolean): string {
    const { request, host } = this;
    const { body, ownHeaders, terms } = request;
    // Go: who wants to keep the connection for another protocol does not ask for its end.
    const close = request.close || (this.transport.closeAlways && request.upgrade === null);
    if (!host.forward && body === null && request.method === 'GET' && close === this.transport.closeAlways && terms === null) {
      if (ownHeaders === null) return `GET ${request.target.path}${host.plainTail}`;
      if (ownHeaders.shared) return `GET ${request.target.path}${host.tailWith(ownHeaders)}`;
    }
    const framing = this.framing();
    const { origin } = request.target;
    // RFC 9112 section 3.2.2: a proxy gets the whole URL. It is the one that the program asked for, whatever its Host says; Go puts the Host there.
    const target = host.forward && request.method !== 'CONNECT' ? origin.href + request.target.path : request.requestTarget;
    // The program's own CONNECT is for a proxy.
    const toProxy = host.forward ? host.via : request.method === 'CONNECT' ? NO_CREDENTIALS : null;
    return encodeRequestHead({ method: request.method, target, host: origin.host, headers: ownHeaders, framing, close, acceptEncoding: offered ? host.acceptEncoding : '', upgrade: request.upgrade, toProxy, trailers: request.trailers?.names ?? null, likeUndici: terms !== null });
  }

  private framing(): RequestFraming {
    const { body, declaredLength, terms } = this.request;
    if (body === null) return 'none';
    const length = body.length ?? declaredLength;
    // Of undici's, a stream that turns out to be empty is no body: a GET says nothing of it.
    return terms !== null && length === 0 ? 'none' : (length ?? 'chunked');
  }

  private timedOut(timeout: number | null, cause: unknown): TimeoutError {
    const { request } = this;
    const limit = timeout === null ? 'the time its signal gave it' : `${timeout} ms (timeout)`;
    const phase = this.phase();
    const what = `${request.method} ${request.shownUrl} took longer than ${limit}, ${phase}`;
    const holders = phase === 'waiting for a connection' ? this.transport.describeHolders(this.host) : '';
    return new TimeoutError(holders === '' ? what : `${what}; ${holders}`, phase, cause === null ? undefined : { cause });
  }

  private phase(): TimeoutPhase {
    if (this.measuring) return 'waiting for the length of the body';
    if (this.waiting) return this.dial === null ? 'waiting for a connection' : 'dialling';
    if (this.exchange === null) return 'waiting for a connection';
    if (this.exchange.status !== 0) return 'reading the body';
    return this.exchange.bodyWritten && !this.conn!.sending ? 'waiting for headers' : 'sending';
  }

  /** Lets go of the promise: it has the response, which the watch must see when nobody else has. */
  private settle(): void {
    this.settled = true;
    this.resolve = this.reject = nothing;
  }

  private release(): void {
    const { unsubscribe } = this;
    if (unsubscribe !== null) callQuietly(unsubscribe);
    this.deadline?.clear();
    const { body } = this.request;
    if (body !== null && body.bytes === null) body.watch(null);
    this.unsubscribe = this.deadline = null;
  }
}

function nothing(): void {}

/** The reason of a signal made by `AbortSignal.timeout`. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}
