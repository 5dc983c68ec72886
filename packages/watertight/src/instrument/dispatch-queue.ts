/**
 * Owns the call sites of requests that undici queues. A Pool whose connections are all busy queues requests
 * and takes each from the queue while another request ends, when the stack is that of the other request. So
 * the call site is recorded when the request is put into the queue.
 */
import type { Trace } from '../tasks/index.js';
import type { Patches } from './patch.js';

/** CommonJS modules by path, also those that ES modules import. */
interface LoadedModules {
  readonly _cache?: Readonly<Record<string, { readonly exports?: unknown } | undefined>>;
}

const REQUEST_FILE = /([\\/])core[\\/]request\.js$/;

/**
 * The key of the queued call site on the handler object, which every dispatcher has when it makes the
 * request. A map of thousands of short-lived handlers would keep them alive (see `BriefTask`).
 */
const QUEUED_AT = Symbol('watertight.queuedAt');

interface QueuedHandler {
  [QUEUED_AT]?: Trace | null;
}

export class DispatchQueue {
  private made = 0;

  /**
   * Observes `dispatch` of all pools of the copy of undici that `requestClass` belongs to. Copies inside bundles are
   * not found. Only pools queue requests before these exist, and a request of an Agent passes through three
   * dispatchers, so that an observation of all of them costs three times as much.
   */
  observe(requestClass: object, patches: Patches, traceOf: (base: unknown, below: () => unknown) => Trace | null): void {
    const poolClass = poolClassOf(requestClass);
    if (poolClass === null) return;
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the pool is `this` below
    const queue = this;
    patches.replace(poolClass, 'dispatch', (original) => function dispatch(this: unknown, options: unknown, handler: unknown): unknown {
      const { made } = queue;
      const result = original.call(this, options, handler);
      if (queue.made === made && typeof handler === 'object' && handler !== null) {
        const queued = handler as QueuedHandler;
        if (queued[QUEUED_AT] === undefined && Object.isExtensible(queued)) {
          queued[QUEUED_AT] = traceOf((options as { origin?: unknown } | null)?.origin, dispatch as () => unknown);
        }
      }
      return result;
    });
  }

  /** Called when a request with this handler is made: returns the call site recorded when it was queued, undefined if it was not queued. */
  take(handler: object): Trace | null | undefined {
    this.made++;
    const trace = (handler as QueuedHandler)[QUEUED_AT];
    if (trace !== undefined) (handler as QueuedHandler)[QUEUED_AT] = undefined;
    return trace;
  }
}

function poolClassOf(requestClass: object): object | null {
  const loaded = (process.getBuiltinModule('node:module') as unknown as LoadedModules)._cache ?? {};
  for (const path of Object.keys(loaded)) {
    if (!REQUEST_FILE.test(path) || prototypeOf(loaded[path]?.exports) !== requestClass) continue;
    return prototypeOf((loaded[path.replace(REQUEST_FILE, '$1dispatcher$1pool-base.js')]?.exports as { readonly PoolBase?: unknown } | undefined)?.PoolBase);
  }
  return null;
}

function prototypeOf(exported: unknown): object | null {
  return typeof exported === 'function' ? (exported.prototype as object) : null;
}
