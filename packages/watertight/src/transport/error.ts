/** Owns the errors of a transport: no connection was made, or it can't take the request. */
import { WatertightError, type WatertightErrorOptions } from '../wire/index.js';

/**
 * - `ERR_DNS`: the host's name could not be resolved
 * - `ERR_DIAL`: none of its addresses could be connected to
 * - `ERR_TLS`: the TLS handshake failed, or the certificate is not trusted
 */
export type DialErrorCode = 'ERR_DNS' | 'ERR_DIAL' | 'ERR_TLS';

/** No connection was made; `cause` has the system's error (an AggregateError where several addresses were tried). */
export class DialError extends WatertightError {
  constructor(
    readonly code: DialErrorCode,
    message: string,
    options?: WatertightErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * - `ERR_TRANSPORT_CLOSED`: the transport was closed before or during the request
 * - `ERR_TOO_MANY_WAITERS`: more requests wait for a connection than `maxWaitersPerHost`
 * - `ERR_INVALID_OPTION`: an option of the transport has a wrong value
 */
export type TransportErrorCode = 'ERR_TRANSPORT_CLOSED' | 'ERR_TOO_MANY_WAITERS' | 'ERR_INVALID_OPTION';

/** The transport can't take the request, or its options are wrong. */
export class TransportError extends WatertightError {
  constructor(
    readonly code: TransportErrorCode,
    message: string,
    options?: WatertightErrorOptions,
  ) {
    super(message, options);
  }
}

/** The error of an option that has a wrong value. */
export function invalidOption(message: string): TransportError {
  return new TransportError('ERR_INVALID_OPTION', message);
}
