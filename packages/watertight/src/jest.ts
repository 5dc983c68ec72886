/**
 * `watertight/jest`: every test is checked for leaks when it has ended, and
 * every file when all of its tests have. One line of the configuration:
 *
 *     testEnvironment: 'watertight/jest'
 *
 * It is a test environment because only that is outside of the realm in which
 * jest runs test files, sees each test begin and end, and can fail it. In test
 * files, the same name has `leakCheck` and the makers of `ignore` entries.
 */
import './leak.js';
import { LeakCheckEnvironment, refuseWrongPlace } from './runners/jest/index.js';

export default LeakCheckEnvironment;
export { leakCheck, withLeakCheck } from './runners/jest/index.js';
export { ignoreAnyFunction, ignoreCreatedBy, ignoreCurrent, ignoreTopFunction, ignoreUrl, ignoring } from './leak/index.js';
export type { JestConfig, JestEnvironment, JestOptions } from './runners/jest/index.js';
export type { SessionOptions } from './leak/index.js';

refuseWrongPlace();
