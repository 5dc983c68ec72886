/**
 * `watertight/mocha`: every test is checked for leaks when it has ended, and
 * the run when all have:
 *
 *     mocha --require watertight/mocha
 *
 * (or `require: ['watertight/mocha']` in `.mocharc`, or an import in a test
 * file: it holds for all files of the process). With `--parallel`, each file
 * is a run.
 *
 * A test's body and its `beforeEach` and `afterEach` hooks run in a scope of
 * its own. What `before` hooks and files open is the run's.
 */
import './leak.js';
import { checkTests } from './runners/mocha/index.js';

export { leakCheck } from './runners/mocha/index.js';
export type { SessionOptions } from './leak/index.js';

checkTests();
