/** Owns the check at the end of a test: no leaks, or the test fails and says which line. */
import { check } from './find-leaks.js';
import { checkOptions, type VerifyOptions } from './options.js';
import { LeakError } from './report.js';

/**
 * What a test runner passes to a test, as far as we use it. Where it has an
 * `error` or `fail` method (a `testing.T` in spirit) the leaks are reported
 * there; `node:test`, vitest, jest and mocha take a thrown error.
 */
export interface TestLike {
  error?(error: Error): void;
  fail?(error: Error): void;
}

/**
 * Fails if a response is left unread, a task running: at the end of a test, or
 * in its `after` hook. Looks again for up to 1.4 s before it does.
 *
 * Rejects with a LeakError (`leaks` has the data), unless `t` takes errors; and
 * with what `cleanup` throws, if nothing leaked.
 */
export async function verifyNone(t?: unknown, options: VerifyOptions = {}): Promise<void> {
  checkOptions(options, 'verify');
  const { cleanup, ...search } = options;
  const { found, unmatched } = await check(search);
  const leaks = found.findings.map(({ leak }) => leak);
  const error = leaks.length === 0 && unmatched.length === 0 ? null : new LeakError(leaks, { idle: found.idle, unmatched });
  try {
    await cleanup?.({ leaks, error });
  } catch (reason) {
    if (error === null) throw reason;
    error.cause = reason;
  }
  if (error === null) return;
  const report = reporterOf(t);
  if (report === null) throw error;
  report(error);
}

function reporterOf(t: unknown): ((error: Error) => void) | null {
  if (typeof t !== 'object' || t === null) return null;
  const test = t as TestLike;
  if (typeof test.error === 'function') return (error) => test.error?.(error);
  if (typeof test.fail === 'function') return (error) => test.fail?.(error);
  return null;
}
