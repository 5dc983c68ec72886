/** The room `client`: redirects, cookies and time limits around a round trip. */
export { Client, useLastResponse, type FormFields } from './client.js';
export type { ClientOptions, CookieJar } from './client-options.js';
export { closeIdleConnections, defaultClient, get, head, post, postForm, request } from './default-client.js';
export { dropBody } from './dropped-body.js';
export { RedirectError, type RedirectErrorCode } from './error.js';
export { isRedirect, locationUrl, redirectOf, type Redirect, type RedirectInput } from './redirect.js';
export { retry } from './retry.js';
export { parseRetryAfter } from './retry-after.js';
export type { RetryAttempt, RetryNotice, RetryOptions } from './retry-policy.js';
