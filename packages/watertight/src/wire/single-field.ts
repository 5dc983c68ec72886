/** Owns which fields have one value, and how a message that repeats one of them is read. */

/** Fields whose grammar is one value, not a list: a message has each of them once (RFC 9110 section 5.3). */
const SINGLE = new Set([
  // RFC 9110, the section that defines the field.
  'age', // RFC 9111 section 5.1
  'authorization', // 11.6.2
  'content-length', // 8.6
  'content-location', // 8.7
  'content-range', // 14.4
  'content-type', // 8.3
  'date', // 6.6.1
  'etag', // 8.8.3
  'expires', // RFC 9111 section 5.3
  'from', // 10.1.2
  'host', // 7.2
  'if-modified-since', // 13.1.3
  'if-range', // 13.1.5
  'if-unmodified-since', // 13.1.4
  'last-modified', // 8.8.2
  'location', // 10.2.2
  'max-forwards', // 7.6.2
  'proxy-authorization', // 11.7.2
  'range', // 14.2
  'referer', // 10.1.3
  'retry-after', // 10.2.3
  'server', // 10.2.4
  'strict-transport-security', // RFC 6797 section 6.1
  'user-agent', // 10.1.5
]);

/** Whether a field of this name, in lower case, has one value. */
export function isSingle(lower: string): boolean {
  return SINGLE.has(lower);
}
