/** `watertight/leak`: leak checks. From its import on, the call site of every request of every observed client is recorded. */
import { observe, requestOf } from './instrument/index.js';
import { setResourceTracking, setUnref } from './leak/index.js';
import { trackResources, unrefConnections } from './resources/index.js';
import { setTracking } from './tasks/index.js';

export {
  currentLeaks,
  findLeaks,
  formatLeak,
  formatLeaks,
  ignoreAnyFunction,
  ignoreCreatedBy,
  ignoreCurrent,
  ignoreTopFunction,
  ignoreUrl,
  ignoring,
  LeakError,
  LeakSession,
  verifyNone,
} from './leak/index.js';
export type { Baseline, FunctionName, Ignore, Leak, LeakKind, LeakOptions, LeakOutcome, LeakTask, ReportNotes, SessionOptions, SessionTest, TestLike, VerifyOptions } from './leak/index.js';

setTracking('all');
setResourceTracking(trackResources);
setUnref((holders) => unrefConnections(holders, requestOf));
observe();
