/** Owns which line a request is put down to, and whether that is recorded at all. */
import { captureDeepTrace, leadsToProgram, tracking, type Trace } from '../tasks/index.js';
import type { ForeignOrigin } from './foreign-origin.js';

/** The stack above the function `below`, if it is wanted. */
export function traceOf(origin: ForeignOrigin, below: (...args: never[]) => unknown): Trace | null {
  return tracking.floor === 2 || origin.sampling.next() ? captureDeepTrace(below) : null;
}

/**
 * The stack for what may be a redirect being followed: then nothing leads to
 * the program, and the line of the request before, `earlier`, is the one. But
 * it may as well be the program that follows the redirect itself.
 */
export function traceAfterRedirect(earlier: Trace | null, below: (...args: never[]) => unknown): Trace | null {
  const trace = captureDeepTrace(below);
  return leadsToProgram(trace) ? trace : earlier;
}
