/** `watertight/undici`: a dispatcher for the package undici, and for Node's own `fetch`, over the connections of a transport. */
import * as undici from 'undici';
import { dispatcherClass, type DispatcherOptions, type Undici, type WatertightDispatch } from './dispatcher/index.js';

export type { DispatcherOptions, OriginStats } from './dispatcher/index.js';

/**
 * A dispatcher of undici 7 and 8 whose requests go over connections of ours. Code
 * that calls `undici.request`, `undici.fetch` or, after
 * `setGlobalDispatcher(new WatertightDispatcher())`, Node's own `fetch`, stays as
 * it is: the task count is exact, and a leak is reported with the program's line.
 *
 * Redirects, retries, caches and the like are undici's: `compose()` takes its
 * interceptors. Nothing is decoded here. An upgrade and CONNECT, which leave HTTP,
 * are made by an Agent of undici's.
 */
export const WatertightDispatcher: new (options?: DispatcherOptions) => undici.Dispatcher & WatertightDispatch = dispatcherClass(undici as unknown as Undici<undici.Dispatcher>);
export type WatertightDispatcher = undici.Dispatcher & WatertightDispatch;

/** The same class for another copy of undici than the one that `import 'undici'` finds here: its own `Dispatcher` is extended. */
export function dispatcherFor(copy: object): typeof WatertightDispatcher {
  return dispatcherClass(copy as unknown as Undici<undici.Dispatcher>);
}
