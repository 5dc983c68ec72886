/**
 * `watertight/mocha`: checks each test for leaks when the test has ended, and the run when all tests have
 * ended:
 *
 *     mocha --require watertight/mocha
 *
 * Equivalent are `require: ['watertight/mocha']` in `.mocharc` and an import in a test file; both hold for
 * all files of the process. With `--parallel`, each file is a run of its own.
 *
 * Each test's body and its `beforeEach` and `afterEach` hooks run in the test's own scope. What `before`
 * hooks and files open belongs to the run.
 */
import './leak.js';
import { checkTests } from './runners/mocha/index.js';

export { leakCheck } from './runners/mocha/index.js';
export type { SessionOptions } from './leak/index.js';

checkTests();
