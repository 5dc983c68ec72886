/** Owns the errors that a handler of undici expects: those of the system as they are, and undici's own. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ConnectionError, HookError, RequestBodyError, TimeoutError, type Response } from '../conn/index.js';
import { DialError, TransportError } from '../transport/index.js';
import { ProtocolError, RequestError, type ProtocolErrorCode } from '../wire/index.js';

type ErrorClass = new (message?: string) => Error;

/** The error classes of the undici that the dispatcher is for. */
export interface DispatchErrors {
  readonly InvalidArgumentError: ErrorClass;
  readonly NotSupportedError: ErrorClass;
  readonly ConnectTimeoutError: ErrorClass;
  readonly HeadersTimeoutError: ErrorClass;
  readonly HeadersOverflowError: ErrorClass;
  readonly BodyTimeoutError: ErrorClass;
  readonly RequestContentLengthMismatchError: ErrorClass;
  readonly ResponseContentLengthMismatchError: ErrorClass;
  readonly ResponseExceededMaxSizeError: ErrorClass;
  readonly RequestAbortedError: ErrorClass;
  readonly ClientClosedError: ErrorClass;
  readonly ClientDestroyedError: ErrorClass;
  readonly InformationalError: ErrorClass;
  readonly SocketError: new (message: string, socket?: object) => Error;
  /** Its `code` is `HPE_` and the second argument. */
  readonly HTTPParserError: new (message: string, code?: string) => Error;
}

/** What is known of the request that failed. */
export interface FailedDispatch {
  readonly response: Pick<Response, 'headers' | 'proto' | 'contentLength'> | null;
  readonly socket: Duplex | null;
}

const NOTHING_KNOWN: FailedDispatch = { response: null, socket: null };

/** What llhttp, which undici parses with, calls such a fault. */
const PARSER_CODES: Readonly<Partial<Record<ProtocolErrorCode, string>>> = {
  ERR_STATUS_LINE: 'INVALID_CONSTANT',
  ERR_HEADER_FIELD: 'INVALID_HEADER_TOKEN',
  ERR_CONTENT_LENGTH: 'INVALID_CONTENT_LENGTH',
  ERR_TRANSFER_ENCODING: 'INVALID_TRANSFER_ENCODING',
  ERR_CHUNK: 'INVALID_CHUNK_SIZE',
};

/**
 * The error as undici would give it, so that code which looks at `code` goes on
 * working, undici's interceptors for retries and DNS among it. `cause` has the library's.
 */
export function dispatchError(error: unknown, errors: DispatchErrors, known = NOTHING_KNOWN): unknown {
  const theirs = counterpart(error, errors, known);
  if (theirs !== error && theirs instanceof Error && !(error instanceof Error && error.cause === theirs) && theirs.cause === undefined) {
    Object.defineProperty(theirs, 'cause', { value: error, configurable: true, writable: true });
  }
  return theirs;
}

function counterpart(error: unknown, errors: DispatchErrors, known: FailedDispatch): unknown {
  if (error instanceof RequestError) return new errors.InvalidArgumentError(error.message);
  if (error instanceof RequestBodyError) {
    // Without a cause, the body is longer or shorter than it was said to be.
    if (error.cause === undefined) return new errors.RequestContentLengthMismatchError();
    // The program has closed its stream: it wants the request no more.
    if ((error.cause as NodeJS.ErrnoException | null)?.code === 'ERR_STREAM_PREMATURE_CLOSE') return new errors.RequestAbortedError();
    // A chunk that is no bytes: what the socket would have thrown.
    return error.cause instanceof RequestError ? Object.assign(new TypeError(error.cause.message), { code: 'ERR_INVALID_ARG_TYPE' }) : error.cause;
  }
  if (error instanceof TimeoutError) return timedOut(error, errors);
  if (error instanceof ProtocolError) return misunderstood(error, errors, known);
  if (error instanceof ConnectionError) return error.cause ?? connectionEnded(errors, known);
  if (error instanceof DialError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT' && error.cause instanceof AggregateError) return new errors.ConnectTimeoutError(error.message);
  if (error instanceof DialError || error instanceof HookError) return error.cause instanceof Error ? error.cause : error;
  if (error instanceof TransportError && error.code === 'ERR_TRANSPORT_CLOSED') return new errors.ClientDestroyedError();
  return error;
}

function timedOut({ phase, message }: TimeoutError, errors: DispatchErrors): Error {
  if (phase === 'waiting for headers' || phase === 'sending') return new errors.HeadersTimeoutError();
  return phase === 'reading the body' ? new errors.BodyTimeoutError() : new errors.ConnectTimeoutError(message);
}

function misunderstood(error: ProtocolError, errors: DispatchErrors, { socket }: FailedDispatch): Error {
  const { code, message } = error;
  if (code === 'ERR_HEADERS_TOO_LARGE' || code === 'ERR_TOO_MANY_INTERIM') return new errors.HeadersOverflowError();
  if (code === 'ERR_UNEXPECTED_UPGRADE') return new errors.SocketError('bad upgrade', infoOf(socket));
  return new errors.HTTPParserError(message, PARSER_CODES[code]);
}

/** Where the server had said that it would close the connection, undici takes its end for the end of the message, and finds that something is missing. */
function connectionEnded(errors: DispatchErrors, { response, socket }: FailedDispatch): Error {
  if (response !== null && !keepsAlive(response)) {
    return response.contentLength >= 0 ? new errors.ResponseContentLengthMismatchError() : new errors.HTTPParserError('the connection ended before the last chunk', 'INVALID_EOF_STATE');
  }
  return new errors.SocketError('other side closed', infoOf(socket));
}

function keepsAlive({ headers, proto }: Pick<Response, 'headers' | 'proto'>): boolean {
  const options = (headers.get('connection') ?? '').toLowerCase().split(',').map((option) => option.trim());
  return !options.includes('close') && (proto !== 'HTTP/1.0' || options.includes('keep-alive'));
}

/** What undici says of the socket in an error, as far as it is known. */
export function infoOf(socket: Duplex | null): object | undefined {
  if (socket === null) return undefined;
  const { localAddress, localPort, remoteAddress, remotePort, remoteFamily, timeout, bytesWritten, bytesRead } = socket as Duplex & Partial<Socket>;
  return { localAddress, localPort, remoteAddress, remotePort, remoteFamily, timeout, bytesWritten, bytesRead };
}
