/** Owns the errors of following redirects. */
import { WatertightError, type WatertightErrorOptions } from '../wire/index.js';

/**
 * - `ERR_TOO_MANY_REDIRECTS`: more than ten requests in a row, without a `checkRedirect` that allows more
 * - `ERR_REDIRECT_LOCATION`: the Location is not an http or https URL
 * - `ERR_REDIRECTED`: a redirect came, and the request says `redirect: 'error'`
 */
export type RedirectErrorCode = 'ERR_TOO_MANY_REDIRECTS' | 'ERR_REDIRECT_LOCATION' | 'ERR_REDIRECTED';

/** A redirect was not followed. */
export class RedirectError extends WatertightError {
  constructor(
    readonly code: RedirectErrorCode,
    message: string,
    options?: WatertightErrorOptions,
  ) {
    super(message, options);
  }
}
