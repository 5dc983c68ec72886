/** Owns the decision whether a failed attempt is made again. */

/** What is known of the failed attempt. */
export interface Attempt {
  /** The connection had served a request before. If a fresh one fails, there was no race. */
  readonly reused: boolean;
  /** The attempt failed because the connection ended, not by a time-out, a cancel or a protocol error. */
  readonly connectionEnded: boolean;
  /** A byte of a response came. */
  readonly answered: boolean;
  /** Not a byte of the request can have reached the server. */
  readonly nothingWritten: boolean;
  /** It is known that the server has not processed the request (HTTP/2: GOAWAY, REFUSED_STREAM). */
  readonly refused: boolean;
  /** Sending the request twice does the same as sending it once. */
  readonly idempotent: boolean;
  /** There is no body, or it can be sent again. */
  readonly replayable: boolean;
}

/**
 * Whether the request may be sent again, on another connection: Go's
 * `shouldRetryRequest`. Only a request may that lost a race: the server closed
 * the idle connection while the request was on its way; or, of any method, one
 * of which the server has said that it has not processed it (RFC 9113 section 8.7).
 */
export function shouldRetry(attempt: Attempt): boolean {
  if (attempt.refused) return attempt.replayable && !attempt.answered;
  if (!attempt.reused || !attempt.connectionEnded || attempt.answered || !attempt.replayable) return false;
  return attempt.nothingWritten || attempt.idempotent;
}

/** RFC 9110 section 9.2.2. Go leaves PUT and DELETE out; they are idempotent by definition. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Whether sending the request twice does what sending it once does. A key header says so for any method, as in Go. */
export function isIdempotent(method: string, headers: { has(name: string): boolean } | null): boolean {
  return IDEMPOTENT.has(method) || hasIdempotencyKey(headers);
}

/** The server knows a request that it has had already by its key, so it may be sent again. */
export function hasIdempotencyKey(headers: { has(name: string): boolean } | null): boolean {
  return headers !== null && (headers.has('idempotency-key') || headers.has('x-idempotency-key'));
}

/** So often a server may refuse a request, and it is sent again; as in Go. */
export const MAX_REFUSALS = 6;

/** How long the next attempt waits after so many refusals, ms: not at all the first time, then longer and longer, with a tenth of `random` (0 to 1) added; as in Go. */
export function refusalPause(refusals: number, random: number): number {
  return refusals <= 1 ? 0 : 1000 * 2 ** (refusals - 2) * (1 + random / 10);
}
