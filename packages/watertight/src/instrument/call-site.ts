/** Owns the choice of the call site that a request is attributed to, and whether it is recorded. */
import { captureDeepTrace, leadsToProgram, tracking, type Trace } from '../tasks/index.js';
import type { ForeignOrigin } from './foreign-origin.js';

/** The stack above the function `below`; null if it is not to be recorded. */
export function traceOf(origin: ForeignOrigin, below: (...args: never[]) => unknown): Trace | null {
  return tracking.floor === 2 || origin.sampling.next() ? captureDeepTrace(below) : null;
}

/**
 * The stack of a request that may follow a redirect. If it contains no line of the program, the client
 * follows the redirect, and the stack of the redirected request, `earlier`, is used. Otherwise the program
 * itself made the request.
 */
export function traceAfterRedirect(earlier: Trace | null, below: (...args: never[]) => unknown): Trace | null {
  const trace = captureDeepTrace(below);
  return leadsToProgram(trace) ? trace : earlier;
}
