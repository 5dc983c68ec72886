/** The room `conn`: one persistent connection, the exchanges on it, and the request and the response as the program sees them. */
export { Body } from './body.js';
export type { BodyState } from './body-source.js';
export type { RequestBody } from './chunk-source.js';
export { onAbort } from './cancellation.js';
export type { ClientTrace, GotConnInfo } from './client-trace.js';
export { Deadline } from './deadline.js';
export { BodyError, ConnectionError, HookError, RequestBodyError, TimeoutError, type BodyErrorCode, type ConnectionErrorCode, type TimeoutPhase } from './error.js';
export { Exchange } from './exchange.js';
export type { ExchangeOwner, ExchangeSettings, FailedExchange } from './exchange-settings.js';
export { ONREAD, PersistConn, type ConnOwner } from './persist-conn.js';
export { ReaderStock } from './reader-stock.js';
export { Request, type RedirectMode, type RequestInit } from './request.js';
export type { BodyChunk, BodyInit } from './request-body.js';
export { Response, type TlsState } from './response.js';
export { CONN_MOVES, EXCHANGE_MOVES, type ConnState, type ExchangeState } from './states.js';
export { parseTarget, redact, type Origin, type Target } from './target.js';
export { asError, messageOf } from './thrown.js';
export { callHook, callQuietly, isThenable, type Hooked } from './user-call.js';
