/** `watertight/leak`: leak checks. From its import on, the call site of every request of every observed client is recorded. */
import { leadFromProgram, observe, requestOf } from './instrument/index.js';
import { setAtBegin, setResourceTracking, setUnref } from './leak/index.js';
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

/**
 * So many steps (promises, ticks and timers) are recorded at the start of a program, and of each of its first tests,
 * before a request is known to need them. Each costs up to 30 µs, so a long run of tests is not to pay for them to its end:
 * a request after more of them is found as in a program without leak checks, from the second on.
 */
const FIRST_STEPS = 1000;
const STEPS_OF_TEST = 300;
const FIRST_TESTS = 30;
let tests = 0;
leadFromProgram(FIRST_STEPS);
setAtBegin(() => {
  if (tests++ < FIRST_TESTS) leadFromProgram(STEPS_OF_TEST);
});
