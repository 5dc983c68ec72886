/** Owns the errors of getting a connection. */
import { WatertightError, type WatertightErrorOptions } from '../wire/index.js';

/**
 * - `ERR_DNS`: the host's name was not resolved
 * - `ERR_DIAL`: no connection to any of its addresses
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
 * - `ERR_INVALID_OPTION`: a transport option is none
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
