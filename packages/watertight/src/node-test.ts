/**
 * `watertight/node-test`: checks each test of a file for leaks when the test has ended, and the file when all
 * of its tests have ended. Import it before the tests are defined, or run `node --import watertight/node-test
 * --test` to check all files.
 *
 * Each test's body, its `beforeEach` and `afterEach` hooks and its `t.after` callbacks run in the test's own
 * scope, so a leak is reported by the test that started it even if tests run at the same time. What the
 * `before` hooks of the file and its suites open belongs to the file.
 */
import './leak.js';
import { checkTests } from './runners/node-test/index.js';

export { leakCheck } from './runners/node-test/index.js';
export type { SessionOptions } from './leak/index.js';

checkTests();
