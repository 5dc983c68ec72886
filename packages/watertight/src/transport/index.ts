/** The room `transport`: which connection serves which request. */
export type { ConnectionEnd, ConnectionObserver } from './connection-observer.js';
export { DialError, TransportError, type DialErrorCode, type TransportErrorCode } from './error.js';
export { goDefaults, type DialTarget, type TransportOptions } from './options.js';
export { HostPool, idleLimit, Pool, type Admission, type Placement, type Poolable, type PoolLimits } from './pool.js';
export { isObserved, PublishedRequest, rawFields } from './published-request.js';
export { toRequest, type RequestLike } from './request-like.js';
export { hasIdempotencyKey, isIdempotent, refusalPause, shouldRetry, type Attempt } from './retry.js';
export type { ConnCounts, ConnHistory, HostStats, OldestHolder, TransportStats } from './stats.js';
export { defaultTransport, Transport, type RoundTripper } from './transport.js';
export { WaitQueue, type Waiter } from './wait-queue.js';
