/** Finding leaks and saying whose they are. Knows tasks and their holders, no client in particular. */
export { aimed } from './aimed-error.js';
export { currentLeaks, findLeaks } from './find-leaks.js';
export { Baseline, Ignore, ignoreAnyFunction, ignoreCreatedBy, ignoreCurrent, ignoreTopFunction, ignoreUrl, ignoring, type FunctionName } from './ignore.js';
export type { Leak, LeakKind, LeakTask } from './leak.js';
export type { LeakOptions, SessionOptions, VerifyOptions } from './options.js';
export type { LeakOutcome } from './outcome.js';
export { formatLeak, formatLeaks, LeakError, type ReportNotes } from './report.js';
export { setUnref } from './process-end.js';
export { setResourceTracking } from './resource-tracking.js';
export { LeakSession, setAtBegin, type SessionTest } from './session.js';
export { hasPreloads, runnerInCharge } from './test-runner.js';
export { verifyNone, type TestLike } from './verify-none.js';
