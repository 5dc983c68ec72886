/** Owns which fields a request may have as trailers (RFC 9110 section 6.5.1). */

/** What frames or routes the message, authenticates or modifies the request, or says how its content is to be read: it must be known before the body. */
const FORBIDDEN = new Set([
  // Framing and connection
  'transfer-encoding', 'content-length', 'trailer', 'te', 'connection', 'keep-alive', 'proxy-connection', 'upgrade', 'http2-settings',
  // Routing and request modifiers
  'host', 'cache-control', 'expect', 'max-forwards', 'pragma', 'range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range',
  // Authentication and state
  'authorization', 'proxy-authorization', 'www-authenticate', 'proxy-authenticate', 'cookie', 'set-cookie', 'cookie2', 'set-cookie2',
  // Response control
  'age', 'date', 'expires', 'location', 'retry-after', 'vary', 'warning',
  // Content
  'content-encoding', 'content-type', 'content-range',
]);

/** Whether a field of this name, in lower case, may stand in a request's trailers. */
export function mayTrail(lower: string): boolean {
  return !FORBIDDEN.has(lower);
}
