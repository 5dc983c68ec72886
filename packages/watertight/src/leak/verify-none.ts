/** Owns the check at the end of a test, which fails the test if there are leaks and names the line of each. */
import { check } from './find-leaks.js';
import { checkOptions, type VerifyOptions } from './options.js';
import { LeakError } from './report.js';

/**
 * The test context, as far as it is used here. If it has a method `error` or `fail`, like Go's `testing.T`,
 * the leaks are passed to that method; for `node:test`, vitest, jest and mocha the check rejects.
 */
export interface TestLike {
  /** Is given the LeakError, as Go's `t.Error` is. */
  error?(error: Error): void;
  /** Is given the LeakError where there is no `error`. */
  fail?(error: Error): void;
}

/**
 * Fails if a response is left unread or a task is running, like goleak's `VerifyNone`. Call it at the end of
 * a test or in an `after` hook. Looks again for up to 1.4 s by default before it fails.
 *
 * @throws TypeError for an unknown option or a value that the option cannot have.
 * @throws LeakError, with `leaks` as data, unless `t` has a method for errors; if nothing leaked, what
 *   `cleanup` throws.
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
