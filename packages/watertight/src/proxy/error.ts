/** Owns the error of a proxy: it is none, or it did not open the way to the origin. */
import { WatertightError, type WatertightErrorOptions } from '../wire/index.js';

/**
 * - `ERR_INVALID_PROXY`: what names the proxy (the `proxy` option, its function, or the environment) names none
 * - `ERR_PROXY_REFUSED`: the proxy will not connect to the origin; `status` is what it answered to CONNECT, null for SOCKS
 * - `ERR_PROXY_CLOSED`: the proxy ended the connection before it had answered
 * - `ERR_PROXY_PROTOCOL`: what the proxy answered is not HTTP, or not SOCKS
 */
export type ProxyErrorCode = 'ERR_INVALID_PROXY' | 'ERR_PROXY_REFUSED' | 'ERR_PROXY_CLOSED' | 'ERR_PROXY_PROTOCOL';

/** There is no way through the proxy. That the proxy itself can't be connected to is a DialError. */
export class ProxyError extends WatertightError {
  /** The status of the proxy's answer to CONNECT; null if it gave none. */
  readonly status: number | null;

  constructor(
    readonly code: ProxyErrorCode,
    message: string,
    { status = null, ...options }: WatertightErrorOptions & { readonly status?: number | null } = {},
  ) {
    super(message, options);
    this.status = status;
  }
}
