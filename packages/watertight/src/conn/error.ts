/** Owns the errors of a connection and of a body, and the error for a limit on time. */
import { messageOf } from '../tasks/index.js';
import { WatertightError, type WatertightErrorOptions } from '../wire/index.js';
import type { ClientTrace } from './client-trace.js';

/**
 * - `ERR_CONNECTION_CLOSED`: the server ended the connection before the message was complete
 * - `ERR_CONNECTION_LOST`: the connection broke (`cause` has the system's error), or the server reset the stream of an HTTP/2 request
 */
export type ConnectionErrorCode = 'ERR_CONNECTION_CLOSED' | 'ERR_CONNECTION_LOST';

/** The connection ended before the request was answered, or before the body was complete. */
export class ConnectionError extends WatertightError {
  constructor(
    readonly code: ConnectionErrorCode,
    message: string,
    options?: WatertightErrorOptions,
  ) {
    super(message, options);
  }
}

/** The error of a connection that ended, in an orderly way (null) or with the system's error. */
export function connectionLost(error: Error | null, where: string): ConnectionError {
  return error === null
    ? new ConnectionError('ERR_CONNECTION_CLOSED', `the server closed the connection ${where}`)
    : new ConnectionError('ERR_CONNECTION_LOST', `the connection broke ${where}: ${error.message}`, { cause: error });
}

/**
 * - `ERR_BODY_CLOSED`: the body was read after `close()`, or closed during the read
 * - `ERR_BODY_READING`: another read of the body is under way
 * - `ERR_BODY_TOO_LARGE`: the body has more bytes than the limit
 * - `ERR_BODY_ENCODING`: the body can't be decoded: its gzip, or another content coding, is broken or cut
 */
export type BodyErrorCode = 'ERR_BODY_CLOSED' | 'ERR_BODY_READING' | 'ERR_BODY_TOO_LARGE' | 'ERR_BODY_ENCODING';

/** A response's body can't be read, or can't be read further. */
export class BodyError extends WatertightError {
  constructor(
    readonly code: BodyErrorCode,
    message: string,
    options?: WatertightErrorOptions,
  ) {
    super(message, options);
  }
}

/** What a request did when its time ran out. */
export type TimeoutPhase = 'waiting for the length of the body' | 'waiting for a connection' | 'dialling' | 'the proxy handshake' | 'the TLS handshake' | 'sending' | 'waiting for headers' | 'reading the body' | 'waiting for the cookie jar' | 'waiting for checkRedirect' | 'waiting for the next attempt';

/** A limit on time was exceeded; `phase` says during what. */
export class TimeoutError extends WatertightError {
  readonly code = 'ERR_TIMEOUT';

  constructor(
    message: string,
    readonly phase: TimeoutPhase,
    options?: WatertightErrorOptions,
  ) {
    super(message, options);
  }
}

/** The source of a request's body failed (`cause` has its error), or gave more or fewer bytes than its Content-Length says. */
export class RequestBodyError extends WatertightError {
  readonly code = 'ERR_REQUEST_BODY';
}

/** The error of a body whose source threw `cause`, or that can't be opened. */
export function requestBodyFailed(cause: unknown): RequestBodyError {
  return cause instanceof RequestBodyError ? cause : new RequestBodyError(`the source of the request's body failed: ${messageOf(cause)}`, { cause });
}

/** The program's own functions around a request that may fail it: the hooks of `init.trace`, `checkRedirect`, the functions of the options `proxy` and `proxyConnectHeaders`, the two of a cookie jar, and those of `retry`. */
export type HookName = keyof ClientTrace | 'checkRedirect' | 'proxy' | 'proxyConnectHeaders' | 'jar.getCookieString' | 'jar.setCookie' | 'retry.shouldRetry' | 'retry.onRetry';

/** A hook of `init.trace`, `checkRedirect`, a function of a proxy option or of `retry`, or a method of the cookie jar threw, or the promise that it returned was rejected; `cause` is what it threw. The request was cancelled. */
export class HookError extends WatertightError {
  readonly code = 'ERR_HOOK';

  constructor(
    message: string,
    /** Which one it was. */
    readonly hook: HookName,
    options?: WatertightErrorOptions,
  ) {
    super(message, options);
  }
}
