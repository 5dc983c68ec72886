/** Owns what the errors and reset codes of Node's HTTP/2 mean for a request: the error that it fails with, and whether the server can have processed it. */
import { ConnectionError } from '../conn/index.js';
import { ProtocolError, RequestError } from '../wire/index.js';
import type { FieldLimits } from './response-head.js';

/** RFC 9113 section 7. */
export const CODES = { noError: 0, protocolError: 1, internalError: 2, refusedStream: 7, cancel: 8, enhanceYourCalm: 11, http11Required: 13 } as const;

const NAMES = ['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED', 'FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM', 'INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'];

export function nameOfCode(code: number): string {
  return NAMES[code] ?? `code ${code}`;
}

/** The GOAWAY that a server sent. */
export interface Goaway {
  readonly code: number;
  /** Streams with a higher number were not processed, and will not be. */
  readonly lastStreamId: number;
  /** What the server said beside it; at most 100 characters. */
  readonly debug: string;
}

/** How a stream ended. */
export interface StreamLoss {
  /** What Node says; null if it says nothing. */
  readonly error: (Error & { code?: unknown }) | null;
  /** The code of RST_STREAM, whoever sent it. */
  readonly rstCode: number;
  /** The stream's number; 0 if it got none. */
  readonly streamId: number;
  /** What the server said of the whole connection before. */
  readonly goaway: Goaway | null;
  /** The connection has ended, too. */
  readonly connectionEnded: boolean;
  /** Bytes that the connection has received since the request was sent; 0 once there was a head. */
  readonly headBytes: number;
  /** For an error's text: `before the response head to GET http://…`. */
  readonly where: string;
  /** The most bytes and fields of a head. */
  readonly limits: FieldLimits;
}

export interface StreamFailure {
  readonly error: Error;
  /** It is known that the server has not processed the request. */
  readonly refused: boolean;
  /** The server wants the request over HTTP/1.1 (RFC 9113 section 7). */
  readonly wantsHttp1?: boolean;
}

/** Node's errors of a stream that was never begun. */
const NOT_BEGUN = new Set<unknown>(['ERR_HTTP2_GOAWAY_SESSION', 'ERR_HTTP2_INVALID_SESSION', 'ERR_HTTP2_OUT_OF_STREAMS', 'ERR_HTTP2_STREAM_CANCEL']);

/** What a request fails with that Node did not begin to send. */
export function notBegun(error: (Error & { code?: unknown }) | null, where: string): StreamFailure {
  if (error instanceof RequestError) return { error, refused: false };
  if (error === null || NOT_BEGUN.has(error.code)) {
    return { error: new ConnectionError('ERR_CONNECTION_CLOSED', `the connection took no further stream, ${where}`, error === null ? undefined : { cause: error }), refused: true };
  }
  return { error: new RequestError('ERR_INVALID_HEADER', `the request can't be sent over HTTP/2: ${error.message}`, { cause: error }), refused: false };
}

/** Whether the error is nghttp2's own complaint about what the server sent. */
export function isComplaint({ code }: Error & { code?: unknown }): boolean {
  return code === 'ERR_HTTP2_ERROR' || code === 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES';
}

/** What a request fails with. Pure. */
export function failureOf(loss: StreamLoss): StreamFailure {
  const { error, rstCode, streamId, goaway, connectionEnded, where, headBytes, limits } = loss;
  if (streamId === 0) return notBegun(error, where);
  const cause = error === null ? undefined : { cause: error };
  if (goaway !== null && (streamId > goaway.lastStreamId || connectionEnded)) {
    const debug = goaway.debug === '' ? '' : `, ${JSON.stringify(goaway.debug)}`;
    return { error: new ConnectionError('ERR_CONNECTION_CLOSED', `the server closed the connection ${where}: GOAWAY (${nameOfCode(goaway.code)}${debug})`, cause), refused: streamId > goaway.lastStreamId };
  }
  if (error !== null && isComplaint(error)) {
    return { error: new ProtocolError('ERR_HTTP2_PROTOCOL', `the server breaks the rules of HTTP/2, ${where}: ${error.message}`, cause), refused: false };
  }
  if (connectionEnded) {
    const lost = error !== null && error.code !== 'ERR_HTTP2_STREAM_CANCEL' && error.code !== 'ERR_HTTP2_STREAM_ERROR';
    const text = lost ? `the connection broke ${where}: ${error.message}` : `the server closed the connection ${where}`;
    return { error: new ConnectionError(lost ? 'ERR_CONNECTION_LOST' : 'ERR_CONNECTION_CLOSED', text, cause), refused: false };
  }
  if ((rstCode === CODES.enhanceYourCalm || rstCode === CODES.internalError) && mayExceed(headBytes, limits)) {
    return { error: new ProtocolError('ERR_HEADERS_TOO_LARGE', `the stream was reset ${where}: the fields are larger than ${limits.maxHeadBytes} bytes (maxResponseHeaderBytes) or more than ${limits.maxFields} (maxResponseHeaderFields)`, cause), refused: false };
  }
  switch (rstCode) {
    case CODES.protocolError:
      return { error: new ProtocolError('ERR_HTTP2_PROTOCOL', `the stream was reset ${where}: the response breaks the rules of HTTP/2, or the server says so of the request (PROTOCOL_ERROR)`, cause), refused: false };
    default: {
      const wantsHttp1 = rstCode === CODES.http11Required;
      const hint = wantsHttp1 ? '; it wants HTTP/1.1, for which the request could not be sent again' : '';
      return { error: new ConnectionError('ERR_CONNECTION_LOST', `the server reset the stream ${where} (${nameOfCode(rstCode)})${hint}`, cause), refused: rstCode === CODES.refusedStream, wantsHttp1 };
    }
  }
}

/**
 * Node refuses fields beyond its limits, which are not below ours, with codes that a
 * server may use as well, and does not say who it was. Fields are sent with at least
 * half a byte for each of theirs, unless they repeat what the server sent before.
 */
function mayExceed(headBytes: number, { maxHeadBytes, maxFields }: FieldLimits): boolean {
  return headBytes >= Math.min(maxHeadBytes / 2, maxFields);
}
