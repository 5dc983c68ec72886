/**
 * `watertight/jest`: checks each test for leaks when the test has ended, and each file when all of its tests
 * have ended. It takes one line of the configuration:
 *
 *     testEnvironment: 'watertight/jest'
 *
 * The check is a test environment, because only an environment runs outside of the realm of the test files,
 * is told when each test begins and ends, and can make a test fail. Imported in a test file, the same name
 * exports `leakCheck` and the functions that make entries of `ignore`.
 */
import './leak.js';
import { LeakCheckEnvironment, refuseWrongPlace } from './runners/jest/index.js';

export default LeakCheckEnvironment;
export { leakCheck, withLeakCheck } from './runners/jest/index.js';
export { ignoreAnyFunction, ignoreCreatedBy, ignoreCurrent, ignoreTopFunction, ignoreUrl, ignoring } from './leak/index.js';
export type { JestConfig, JestEnvironment, JestOptions } from './runners/jest/index.js';
export type { SessionOptions } from './leak/index.js';

refuseWrongPlace();
