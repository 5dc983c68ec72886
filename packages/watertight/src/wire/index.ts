/** The room `wire`: HTTP/1.1 without I/O, bytes to messages and messages to bytes. */
export { ChunkedDecoder } from './chunked-decoder.js';
export { ProtocolError, RequestError, show, WatertightError, withoutUser, type ProtocolErrorCode, type RequestErrorCode, type WatertightErrorOptions } from './error.js';
export { framingOf, isPersistent, type Framing, type FramingFields } from './framing.js';
export { HeadScanner } from './head-scanner.js';
export { Headers, isToken, type HeadersInit } from './headers.js';
export { INSPECT, inspectAs, type Inspect } from './inspection.js';
export { DEFAULT_LIMITS, type WireLimits } from './limits.js';
export { leniencyOf, LENIENT_NAMES, STRICT, type Leniency, type LenientName } from './leniency.js';
export { checkMethod, checkReserved, encodeRequestHead, USER_AGENT, type RequestFraming, type RequestHead, type ReservedFields } from './request-head.js';
export type { Latin1Bytes } from './bytes.js';
export { mayTrail } from './trailer-field.js';
export { ResponseReader, type InterimSink, type PayloadSink } from './response-reader.js';
