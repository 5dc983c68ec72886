/** Owns the dispatcher: a class that extends undici's `Dispatcher` and makes its requests over a transport. */
import { captureTrace } from '../tasks/index.js';
import { Transport, TransportError, type HostStats, type TransportOptions } from '../transport/index.js';
import { show } from '../wire/index.js';
import { Dispatch, type DispatchLimits } from './dispatch.js';
import { dispatchError, type DispatchErrors } from './dispatch-error.js';
import { requestOf, type DispatchOptions } from './dispatch-options.js';
import { handlerOf, type Handler, type LegacyHandler } from './handler.js';

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
}

/** The connections and requests of one origin, in undici's words. */
export interface OriginStats {
  /** Open connections. */
  readonly connected: number;
  /** Those of them that serve no request. */
  readonly free: number;
  /** Requests that wait for a connection. */
  readonly pending: number;
  readonly queued: number;
  /** Requests under way. */
  readonly running: number;
  /** All requests. */
  readonly size: number;
}

type Callback = (error: Error | null) => void;

/** A dispatcher of undici's, as far as it is needed to extend it. */
export interface DispatcherBase {
  dispatch(options: object, handler: object): boolean;
  close(): Promise<void>;
  destroy(): Promise<void>;
}

/** What the package undici gives, as far as it is needed here. */
export interface Undici<Base extends DispatcherBase> {
  readonly Dispatcher: new () => Base;
  readonly Agent: new () => DispatcherBase;
  readonly errors: DispatchErrors;
}

/** What a dispatcher does, and undici's `Dispatcher` besides. */
export interface WatertightDispatch {
  dispatch(options: DispatchOptions, handler: Handler | LegacyHandler): boolean;
  /** Waits for the requests under way, and closes the connections if they are its own. Later requests are refused. */
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

  class WatertightDispatcher extends (undici.Dispatcher as new () => DispatcherBase) implements WatertightDispatch {
    private readonly transport: Transport;
    private readonly limits: DispatchLimits;
    private readonly owned: boolean;
    private readonly live = new Set<Dispatch>();
    /** For what leaves HTTP: a socket of undici's own. */
    private upgrades: DispatcherBase | null = null;
    private idle: (() => void) | null = null;
    private closing: Promise<void> | null = null;
    private destroying: Promise<void> | null = null;

    constructor(options: DispatcherOptions = {}) {
      super();
      const { transport, headersTimeout = DEFAULT_TIMEOUT, bodyTimeout = DEFAULT_TIMEOUT, ...rest } = options;
      if (transport !== undefined && !(transport instanceof Transport)) throw new TransportError('ERR_INVALID_OPTION', `transport is a Transport, not ${show(transport)}`);
      this.limits = { headersTimeout: checkedLimit('headersTimeout', headersTimeout), bodyTimeout: checkedLimit('bodyTimeout', bodyTimeout) };
      this.owned = transport === undefined;
      this.transport = transport ?? new Transport(rest);
    }

    get closed(): boolean {
      return this.closing !== null;
    }

    get destroyed(): boolean {
      return this.destroying !== null;
    }

    get stats(): Record<string, OriginStats> {
      return Object.fromEntries(this.transport.stats().hosts.map((host) => [host.key, originStats(host)]));
    }

    override dispatch(options: DispatchOptions, handler: Handler | LegacyHandler): boolean {
      const told = handlerOf(handler);
      try {
        if (typeof options !== 'object' || (options as unknown) === null) throw new errors.InvalidArgumentError('opts must be an object.');
        if (this.destroying !== null) throw new errors.ClientDestroyedError();
        if (this.closing !== null) throw new errors.ClientClosedError();
        if (options.method === 'CONNECT' || (options.upgrade !== undefined && options.upgrade !== null && options.upgrade !== false)) {
          return (this.upgrades ??= new undici.Agent()).dispatch(options, handler);
        }
        this.begin(options, told);
      } catch (error) {
        if (told.onResponseError === undefined) throw error;
        told.onResponseError(null, dispatchError(error, errors));
        return false;
      }
      return true;
    }

    private begin(options: DispatchOptions, handler: Handler): void {
      const { headersTimeout, bodyTimeout } = options;
      const limits = {
        headersTimeout: typeof headersTimeout === 'number' ? checkedLimit('headersTimeout', headersTimeout) : this.limits.headersTimeout,
        bodyTimeout: typeof bodyTimeout === 'number' ? checkedLimit('bodyTimeout', bodyTimeout) : this.limits.bodyTimeout,
      };
      const dispatch = new Dispatch(handler, limits, errors, (ended) => this.end(ended));
      const request = requestOf(options, dispatch, dispatch.signal, errors);
      // eslint-disable-next-line @typescript-eslint/unbound-method -- it only marks where the program's stack begins
      request.entry = WatertightDispatcher.prototype.dispatch;
      if (this.transport.tracksAll) request.callSite = captureTrace(request.entry);
      request.decoding = 'none';
      this.live.add(dispatch);
      dispatch.start(request, this.transport);
    }

    private end(dispatch: Dispatch): void {
      this.live.delete(dispatch);
      if (this.live.size === 0) this.idle?.();
    }

    override close(callback?: Callback): Promise<void> {
      this.closing ??= this.drain();
      return settled(this.closing, callback);
    }

    override destroy(error?: Error | Callback | null, callback?: Callback): Promise<void> {
      const [reason, done] = typeof error === 'function' ? [null, error] : [error ?? null, callback];
      this.closing ??= Promise.resolve();
      this.destroying ??= this.abortAll(reason ?? new errors.ClientDestroyedError());
      return settled(this.destroying, done);
    }

    private async drain(): Promise<void> {
      if (this.live.size > 0) {
        await new Promise<void>((resolve) => {
          this.idle = resolve;
        });
      }
      await this.upgrades?.close();
      await this.leave();
    }

    private async abortAll(reason: Error): Promise<void> {
      for (const dispatch of [...this.live]) dispatch.abort(reason);
      await this.upgrades?.destroy();
      await this.leave();
    }

    private async leave(): Promise<void> {
      if (this.owned) await this.transport.close();
    }

    async [Symbol.asyncDispose](): Promise<void> {
      await this.close();
    }
  }

  return WatertightDispatcher as unknown as new (options?: DispatcherOptions) => Base & WatertightDispatch;
}

function settled(promise: Promise<void>, callback: Callback | undefined): Promise<void> {
  if (callback !== undefined) promise.then(() => callback(null), callback);
  return promise;
}

function checkedLimit(name: string, value: number): number {
  if (typeof value !== 'number' || !(value >= 0)) throw new TransportError('ERR_INVALID_OPTION', `${name} is a number of milliseconds, 0 for none, not ${show(value)}`);
  return value >= 2 ** 31 ? 0 : value;
}

function originStats({ idle, active, waiting }: HostStats): OriginStats {
  return { connected: idle + active, free: idle, pending: waiting, queued: waiting, running: active, size: active + waiting };
}
