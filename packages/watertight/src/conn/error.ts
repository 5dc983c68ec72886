/** Owns the errors of a connection, of a body, and of time running out. */
import { WatertightError, type WatertightErrorOptions } from '../wire/index.js';

/**
 * - `ERR_CONNECTION_CLOSED`: the server ended the connection before the message was complete
 * - `ERR_CONNECTION_LOST`: the connection broke (`cause` has the system's error)
 */
export type ConnectionErrorCode = 'ERR_CONNECTION_CLOSED' | 'ERR_CONNECTION_LOST';

/** The connection ended under a request or a body. */
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
 * - `ERR_BODY_CLOSED`: read after `close()`
 * - `ERR_BODY_READING`: a read while another one is under way
 * - `ERR_BODY_TOO_LARGE`: more bytes than the limit given
 * - `ERR_BODY_ENCODING`: the content coding is broken
 */
export type BodyErrorCode = 'ERR_BODY_CLOSED' | 'ERR_BODY_READING' | 'ERR_BODY_TOO_LARGE' | 'ERR_BODY_ENCODING';

/** A body can't be read (on). */
export class BodyError extends WatertightError {
  constructor(
    readonly code: BodyErrorCode,
    message: string,
    options?: WatertightErrorOptions,
  ) {
    super(message, options);
  }
}

/** What a request was doing when its time ran out. */
export type TimeoutPhase = 'waiting for a connection' | 'dialling' | 'the TLS handshake' | 'sending' | 'waiting for headers' | 'reading the body';

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

/** The source of a request's body failed, or gave more or fewer bytes than declared. */
export class RequestBodyError extends WatertightError {
  readonly code = 'ERR_REQUEST_BODY';
}
