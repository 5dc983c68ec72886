/**
 * `watertight/node-test`: every test of a file that imports it is checked for
 * leaks when it has ended, and the file when all have. One import, before the
 * tests are defined, or `node --import watertight/node-test --test` for all
 * files.
 *
 * A test's body, its `beforeEach` and `afterEach` hooks and its `t.after`
 * run in a scope of its own, so that tests that run at the same time answer
 * for their own leaks only. What the file's and its suites' `before` hooks
 * open is the file's.
 */
import './leak.js';
import { checkTests } from './runners/node-test/index.js';

export { leakCheck } from './runners/node-test/index.js';
export type { SessionOptions } from './leak/index.js';

checkTests();
