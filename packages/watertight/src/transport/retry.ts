/**
 * Owns the decision whether a failed attempt is made again: Go's
 * `shouldRetryRequest`, as a pure function. A request that lost the race with
 * a server closing its idle connection is, and no other.
 */

/** What is known of the failed attempt. */
export interface Attempt {
  /** The connection had served a request before. A fresh one that fails is no lost race. */
  readonly reused: boolean;
  /** The connection ended (and not: a time-out, a cancel, a protocol error). */
  readonly connectionEnded: boolean;
  /** A byte of a response came. */
  readonly answered: boolean;
  readonly nothingWritten: boolean;
  readonly idempotent: boolean;
  /** There is no body, or it can be sent again. */
  readonly replayable: boolean;
}

/** Whether the request may be sent again, on another connection. */
export function shouldRetry(attempt: Attempt): boolean {
  if (!attempt.reused || !attempt.connectionEnded || attempt.answered || !attempt.replayable) return false;
  return attempt.nothingWritten || attempt.idempotent;
}

/** RFC 9110 section 9.2.2. Go leaves PUT and DELETE out; they are idempotent by definition. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Whether sending the request twice does what sending it once does. A key header says so for any method, as in Go. */
export function isIdempotent(method: string, headers: { has(name: string): boolean } | null): boolean {
  return IDEMPOTENT.has(method) || (headers !== null && (headers.has('idempotency-key') || headers.has('x-idempotency-key')));
}
