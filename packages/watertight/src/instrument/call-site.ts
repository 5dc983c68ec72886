/** Owns the choice of the call site that a request is attributed to, and whether it is recorded. */
import { captureDeepTrace, leadsToProgram, tracking, type Trace } from '../tasks/index.js';
import { completeTrace, isTrailOn } from './async-trail.js';
import type { ForeignOrigin } from './foreign-origin.js';

/** The stack above the function `below`; null if it is not to be recorded. */
export function traceOf(origin: ForeignOrigin, below: (...args: never[]) => unknown): Trace | null {
  if (tracking.floor < 2 && !origin.sampling.next()) return null;
  const trace = captureDeepTrace(below);
  // To look for a line of the program costs much more than the capture.
  if (tracking.floor === 2 || isTrailOn() || origin.looks-- > 0) completeTrace(trace);
  return trace;
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
