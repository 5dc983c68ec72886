/** `watertight/leak`: leak checks. Importing it records the call site of every request from then on. */
import { setTracking } from './tasks/index.js';

export { currentLeaks, findLeaks, formatLeak, formatLeaks, ignoreCurrent, LeakError, verifyNone } from './leak/index.js';
export type { Baseline, Leak, LeakKind, LeakOptions, LeakTask, TestLike } from './leak/index.js';

setTracking('all');
