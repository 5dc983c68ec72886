/** Finding leaks and saying whose they are. Knows tasks and their holders, no client in particular. */
export { currentLeaks, findLeaks, ignoreCurrent, type Baseline, type LeakOptions } from './find-leaks.js';
export type { Leak, LeakKind, LeakTask } from './leak.js';
export { formatLeak, formatLeaks, LeakError } from './report.js';
export { verifyNone, type TestLike } from './verify-none.js';
