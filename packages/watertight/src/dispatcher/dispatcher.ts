/** Owns the dispatcher: a class that extends undici's `Dispatcher` and makes its requests over a transport. */
import { captureDeepTrace, turn } from '../tasks/index.js';
import { Transport, TransportError, type HostStats, type TransportOptions } from '../transport/index.js';
import { show } from '../wire/index.js';
import { ConnectionEvents, type Emitter } from './connection-events.js';
import { Dispatch, type DispatchLimits } from './dispatch.js';
import { dispatchError, type DispatchErrors } from './dispatch-error.js';
import { requestOf, type DispatchOptions } from './dispatch-options.js';
import { faultOf, handlerOf, type Handler, type LegacyHandler } from './handler.js';
import { MockClients, tableSymbol } from './mock-clients.js';

/** Undici's limits, ms. */
const DEFAULT_TIMEOUT = 300_000;

/** Options of a dispatcher. */
export interface DispatcherOptions extends TransportOptions {
  /** The connections to use. `close()` and `destroy()` leave them open. Default: a transport of its own, made with the other options. */
  readonly transport?: Transport;
  /** Milliseconds from the last byte of the request's head to the head of the response; 0 is no limit. A request's own goes before it. Default: 300,000, as in undici. */
  readonly headersTimeout?: number;
  /** Milliseconds between two pieces of a body; 0 is no limit. A request's own goes before it. Default: 300,000, as in undici. */
  readonly bodyTimeout?: number;
  /** The most bytes of a response's body, before decoding; more fail the request with undici's ResponseExceededMaxSizeError. -1 is no limit, and the default, as in undici. */
  readonly maxResponseSize?: number;
}

/** The connections and requests of one origin, in undici's words. */
export interface OriginStats {
  /** Open connections. */
  readonly connected: number;
  /** Those of them that serve no request. */
  readonly free: number;
  /** Requests that wait for a connection. */
  readonly pending: number;
  /** Those of them for which none is being made. */
  readonly queued: number;
  /** Requests under way. */
  readonly running: number;
  /** All requests. */
  readonly size: number;
}

type Callback = (error: Error | null) => void;

/** A dispatcher of undici's, as far as it is needed to extend it. */
export interface DispatcherBase extends Emitter {
  dispatch(options: object, handler: object): boolean;
  close(): Promise<void>;
  destroy(error?: Error | null): Promise<void>;
}

/** What the package undici gives, as far as it is needed here. */
export interface Undici<Base extends DispatcherBase> {
  readonly Dispatcher: new () => Base;
  readonly Agent: new (options?: object) => DispatcherBase;
  readonly errors: DispatchErrors;
}

/** What a dispatcher does, and undici's `Dispatcher` besides. */
export interface WatertightDispatch {
  /** False: the next request to this origin has to wait for a connection (`maxConnsPerHost`), until the event `drain`. */
  dispatch(options: DispatchOptions, handler: Handler | LegacyHandler): boolean;
  /** Waits for the requests under way, and closes the connections if they are its own. Later requests are refused. After `destroy()` it rejects with undici's ClientDestroyedError. */
  close(): Promise<void>;
  close(callback: Callback): void;
  /** Ends all requests under way with the error, and closes the connections if they are its own. */
  destroy(error?: Error | null): Promise<void>;
  destroy(error: Error | null, callback: Callback): void;
  destroy(callback: Callback): void;
  readonly closed: boolean;
  readonly destroyed: boolean;
  /** By origin. */
  readonly stats: Readonly<Record<string, OriginStats>>;
}

/** Makes the class for one copy of undici. */
export function dispatcherClass<Base extends DispatcherBase>(undici: Undici<Base>): new (options?: DispatcherOptions) => Base & WatertightDispatch {
  const { errors } = undici;
  const mocks = tableSymbol(new undici.Agent());

  class WatertightDispatcher extends (undici.Dispatcher as new () => DispatcherBase) implements WatertightDispatch {
    private readonly transport: Transport;
    private readonly limits: DispatchLimits;
    private readonly owned: boolean;
    private readonly live = new Set<Dispatch>();
    private readonly events: ConnectionEvents;
    private readonly mocked = new MockClients((options, handler) => this.send(options, handlerOf(handler, errors)));
    private idle: (() => void) | null = null;
    private closing: Promise<void> | null = null;
    private destroying: Promise<void> | null = null;
    /** As undici has it: a dispatcher that was closed is destroyed in the end. */
    private isClosed = false;

    constructor(options: DispatcherOptions = {}) {
      super();
      const { transport, headersTimeout = DEFAULT_TIMEOUT, bodyTimeout = DEFAULT_TIMEOUT, maxResponseSize = -1, ...rest } = options;
      if (transport !== undefined && !(transport instanceof Transport)) throw new TransportError('ERR_INVALID_OPTION', `transport is a Transport, not ${show(transport)}`);
      if (!Number.isInteger(maxResponseSize) || maxResponseSize < -1) throw new TransportError('ERR_INVALID_OPTION', `maxResponseSize is a number of bytes, -1 for no limit, not ${show(maxResponseSize)}`);
      this.limits = {
        headersTimeout: checkedLimit('headersTimeout', headersTimeout),
        bodyTimeout: checkedLimit('bodyTimeout', bodyTimeout),
        maxResponseSize: maxResponseSize === -1 ? Infinity : maxResponseSize,
        typeOfService: null,
      };
      this.owned = transport === undefined;
      this.transport = transport ?? new Transport(rest);
      this.events = new ConnectionEvents(this, this.transport, errors);
      if (mocks !== undefined) Object.defineProperty(this, mocks, { value: this.mocked });
    }

    get closed(): boolean {
      return this.isClosed;
    }

    get destroyed(): boolean {
      return this.destroying !== null;
    }

    get stats(): Record<string, OriginStats> {
      return Object.fromEntries(this.transport.stats().hosts.map((host) => [host.key, originStats(host)]));
    }

    override dispatch(options: DispatchOptions, handler: Handler | LegacyHandler): boolean {
      const told = handlerOf(handler, errors);
      try {
        if (typeof options !== 'object' || (options as unknown) === null) throw new errors.InvalidArgumentError('opts must be an object.');
        if (this.destroying !== null) throw new errors.ClientDestroyedError();
        if (this.closing !== null) throw new errors.ClientClosedError();
        const mock = this.mocked.answering(options);
        if (mock !== undefined) return mock.dispatch(options, handler);
        const fault = faultOf(handler, options.method === 'CONNECT' || Boolean(options.upgrade));
        if (fault !== null) throw new errors.InvalidArgumentError(`invalid ${fault} method`);
        return this.send(options, told);
      } catch (error) {
        told.onResponseError!(null, dispatchError(error, errors));
        return false;
      }
    }

    private send(options: DispatchOptions, handler: Handler): boolean {
      const { headersTimeout, bodyTimeout, idempotent } = options;
      const limits = {
        headersTimeout: typeof headersTimeout === 'number' ? withinTimer(headersTimeout) : this.limits.headersTimeout,
        bodyTimeout: typeof bodyTimeout === 'number' ? withinTimer(bodyTimeout) : this.limits.bodyTimeout,
        maxResponseSize: this.limits.maxResponseSize,
        typeOfService: options.typeOfService ?? null,
      };
      const dispatch = new Dispatch(handler, idempotent ?? null, limits, errors, (ended) => this.end(ended));
      const request = requestOf(options, dispatch, dispatch.signal, errors);
      // eslint-disable-next-line @typescript-eslint/unbound-method -- it only marks where the program's stack begins
      request.entry = WatertightDispatcher.prototype.dispatch;
      if (this.transport.tracksAll) request.callSite = captureDeepTrace(request.entry);
      this.live.add(dispatch);
      dispatch.start(request, this.transport);
      return !this.events.isFull(request.target.origin);
    }

    private end(dispatch: Dispatch): void {
      this.live.delete(dispatch);
      this.events.requestEnded();
      if (this.live.size === 0) this.idle?.();
    }

    override close(): Promise<void>;
    override close(callback: Callback): void;
    override close(callback?: Callback): Promise<void> | void {
      if (callback !== undefined) {
        settle(this.close(), callback, errors);
        return;
      }
      if (this.destroying !== null) return Promise.reject(new errors.ClientDestroyedError());
      this.isClosed = true;
      return (this.closing ??= this.drain());
    }

    override destroy(error?: Error | null): Promise<void>;
    override destroy(error: Error | Callback | null | undefined, callback?: Callback): void;
    override destroy(error?: Error | Callback | null, callback?: Callback): Promise<void> | void {
      if (typeof error === 'function' || callback !== undefined) {
        const [reason, done] = typeof error === 'function' ? [null, error] : [error, callback];
        settle(this.destroy(reason), done, errors);
        return;
      }
      return (this.destroying ??= this.abortAll(error ?? new errors.ClientDestroyedError()));
    }

    private async drain(): Promise<void> {
      if (this.live.size > 0) {
        await new Promise<void>((resolve) => {
          this.idle = resolve;
        });
      }
      await this.mocked.closeAll();
      await this.destroy();
    }

    private async abortAll(reason: Error): Promise<void> {
      for (const dispatch of [...this.live]) dispatch.abort(reason);
      await this.mocked.closeAll();
      // A program that waits for the end of its dispatcher finds its requests settled.
      await (this.owned ? this.transport.close() : turn());
      this.events.end();
    }

    async [Symbol.asyncDispose](): Promise<void> {
      await (this.destroying ?? this.close());
    }
  }

  return WatertightDispatcher as unknown as new (options?: DispatcherOptions) => Base & WatertightDispatch;
}

function settle(promise: Promise<void>, callback: unknown, { InvalidArgumentError }: DispatchErrors): void {
  if (typeof callback !== 'function') {
    promise.catch(() => undefined);
    throw new InvalidArgumentError('invalid callback');
  }
  promise.then(() => queueMicrotask(() => (callback as Callback)(null)), (error: unknown) => queueMicrotask(() => (callback as Callback)(error as Error)));
}

function checkedLimit(name: string, value: number): number {
  if (typeof value !== 'number' || !(value >= 0)) throw new TransportError('ERR_INVALID_OPTION', `${name} is a number of milliseconds, 0 for none, not ${show(value)}`);
  return withinTimer(value);
}

/** A longer time than a timer can have is no limit. */
function withinTimer(ms: number): number {
  return ms >= 2 ** 31 ? 0 : ms;
}

function originStats({ idle, active, dialling, waiting }: HostStats): OriginStats {
  return { connected: idle + active, free: idle, pending: waiting, queued: Math.max(0, waiting - dialling), running: active, size: active + waiting };
}
