/**
 * Owns all access to undocumented fields of Node's own objects. Each field was verified on Node 20, 22, 24
 * and 26. If a field is missing, an entry of the list says less, and no entry is lost.
 */

/** `Timeout` and `Immediate` of lib/internal/timers.js. */
export interface TimerLike {
  readonly constructor: { readonly name: string };
  /** True if it has fired for the last time, or was cleared. */
  readonly _destroyed?: boolean;
  /** Milliseconds; null for an immediate. */
  readonly _idleTimeout?: number;
  /** The interval in ms; null for a timeout. */
  readonly _repeat?: number | null;
  readonly _onTimeout?: unknown;
  readonly _onImmediate?: unknown;
  /** Null while it is not in the list of its duration, which is while its own callback runs. */
  readonly _idleNext?: object | null;
  hasRef?(): boolean;
}

export function isTimerOver(timer: TimerLike): boolean {
  return timer._destroyed === true;
}

/** An object that wraps one in C++: AsyncWrap in src/async_wrap.cc. */
export interface Job {
  readonly constructor: { readonly name: string };
  /** -1 once the C++ object is gone, because it is finished or closed. */
  getAsyncId?(): number;
  hasRef?(): boolean;
  /** Of zlib: the chunk in work; null between two chunks. */
  readonly buffer?: object | null;
  /** Of a DNS query. */
  readonly hostname?: string;
}

export function isJobOver(job: Job): boolean {
  return job.getAsyncId?.() === -1;
}

/** The handle under a socket, a server, a watcher. */
export interface Handle {
  readonly constructor: { readonly name: string };
  readonly fd?: number;
  /** Of a stream: whether it reads. libuv counts a stream that does not read as inactive, and the process may end. */
  readonly reading?: boolean;
  /** Of TLS: the handle of the socket it runs over. */
  readonly _parent?: Handle;
  getAsyncId?(): number;
  hasRef?(): boolean;
}

/** A request to libuv, as `process._getActiveRequests()` returns it. */
export interface Request {
  readonly constructor: { readonly name: string };
  /** Of a write: the stream. */
  readonly handle?: Handle;
  /** Of a lookup. */
  readonly hostname?: string;
  /** Of a connect. */
  readonly address?: string;
  readonly port?: number;
}

/** The object that announces a keep-alive connection when the next request takes it: lib/_http_agent.js. */
export interface ReusedHandle {
  readonly handle?: object;
}

interface Internals {
  _getActiveHandles?(): object[];
  _getActiveRequests?(): object[];
  getActiveResourcesInfo?(): string[];
}

/** The owners of all handles of this thread that are referenced: sockets, servers, watchers, child processes, ports. */
export function activeHandles(): object[] {
  return (process as Internals)._getActiveHandles?.() ?? [];
}

/** The requests to libuv in progress: each keeps the process alive. */
export function activeRequests(): Request[] {
  return ((process as Internals)._getActiveRequests?.() ?? []);
}

/** The number of referenced timers and immediates, also of those made before the tracking started. */
export function countTimers(): { timeouts: number; immediates: number } {
  let timeouts = 0;
  let immediates = 0;
  for (const name of (process as Internals).getActiveResourcesInfo?.() ?? []) {
    if (name === 'Timeout') timeouts++;
    else if (name === 'Immediate') immediates++;
  }
  return { timeouts, immediates };
}

/** The value under a symbol that Node does not export; undefined if there is none. */
export function underSymbol(thing: object, description: string): unknown {
  for (const symbol of Object.getOwnPropertySymbols(thing)) {
    if (symbol.description === description) return (thing as Record<symbol, unknown>)[symbol];
  }
  return undefined;
}

/** The handle of a socket, server or watcher. Not for a `dgram.Socket`, which emits a deprecation warning when its handle is read. */
export function handleOf(owner: object): Handle | null {
  return (owner as { _handle?: Handle | null })._handle ?? null;
}

/** Whether a handle is the pipe under an IPC channel, which belongs to no stream: `setupChannel` in lib/internal/child_process.js. */
export function isIpcPipe(handle: object): handle is Handle {
  return handle.constructor.name === 'Pipe' && 'pendingHandle' in handle;
}

/** The object that a handle belongs to. */
export function ownerOf(handle: object): object {
  const owner = underSymbol(handle, 'owner_symbol');
  return typeof owner === 'object' && owner !== null ? owner : handle;
}

type Method = (this: object, ...args: unknown[]) => unknown;

/**
 * Calls `heard` after the next call of a method of this object, then restores the method. Node makes that
 * call in the constructor that made the object, before any other code has the object.
 */
export function overhear(thing: object, method: string, heard: (args: readonly unknown[], result: unknown) => void): void {
  const own = thing as Record<string, unknown>;
  const original = own[method];
  if (typeof original !== 'function') return;
  own[method] = function (this: object, ...args: unknown[]): unknown {
    Reflect.deleteProperty(own, method);
    const result = (original as Method).apply(this, args);
    heard(args, result);
    return result;
  };
}
