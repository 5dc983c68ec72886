/** Owns the deviations from HTTP/1.1 that a program may choose to accept, by their names. */

/**
 * - `bare-lf`: a line of a head may end in LF without CR. RFC 9112 section 2.2 allows it; it is off
 *   because two readers that disagree about the end of a line see different fields
 * - `field-names`: a field name may hold visible characters and spaces that no token has
 *   (RFC 9110 section 5.1), such as `X(Y)`. A space before the colon stays refused
 * - `http-2.0`: a status line may say `HTTP/2.0`. It is read as HTTP/1.1, and the connection serves no other request
 * - `http-1.0-chunked`: a response may be HTTP/1.0 and chunked (RFC 9112 section 6.1). The connection serves no other request
 */
export type LenientName = 'bare-lf' | 'field-names' | 'http-2.0' | 'http-1.0-chunked';

/** What is accepted of them. What decides where a message ends is never loosened: a length beside a transfer coding, or two lengths. */
export interface Leniency {
  readonly bareLf: boolean;
  readonly fieldNames: boolean;
  readonly http20: boolean;
  readonly http10Chunked: boolean;
}

/** Nothing of them: the default. */
export const STRICT: Leniency = Object.freeze({ bareLf: false, fieldNames: false, http20: false, http10Chunked: false });

/** All names. */
export const LENIENT_NAMES: readonly LenientName[] = ['bare-lf', 'field-names', 'http-2.0', 'http-1.0-chunked'];

export function leniencyOf(names: ReadonlySet<LenientName>): Leniency {
  if (names.size === 0) return STRICT;
  return Object.freeze({
    bareLf: names.has('bare-lf'),
    fieldNames: names.has('field-names'),
    http20: names.has('http-2.0'),
    http10Chunked: names.has('http-1.0-chunked'),
  });
}

/** The end of an error's message that says how to accept what it refuses. */
export function orBeLenient(name: LenientName): string {
  return `; if you must talk to it, TransportOptions.lenient: ['${name}'] accepts this`;
}
