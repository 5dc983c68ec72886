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
import { handed, LeakCheckEnvironment } from './adapters/index.js';
import { runnerInCharge, type SessionOptions } from './leak/index.js';
import './leak.js';

export default LeakCheckEnvironment;
export { withLeakCheck } from './adapters/index.js';
export { ignoreAnyFunction, ignoreCreatedBy, ignoreCurrent, ignoreTopFunction, ignoreUrl, ignoring } from './leak/index.js';
export type { JestConfig, JestEnvironment, JestOptions } from './adapters/index.js';
export type { SessionOptions } from './leak/index.js';

/**
 * Sets options of the leak checks, or turns them off. Called in a test or in a
 * `beforeEach` hook: for that test. At the top level of a test file: for the
 * file; in a file of `setupFilesAfterEnv`: for every file. Options given before
 * stay unless they are given again; lists of `ignore` add up.
 *
 * @throws TypeError for an option that is none; Error outside of test files.
 */
export function leakCheck(options: SessionOptions | 'off'): void {
  const check = handed();
  if (check === null) throw new Error('leakCheck() is for test files: an environment is given its options by testEnvironmentOptions.watertight');
  check.leakCheck(options);
}

/** In an ES module of a test file, jest puts itself here. */
interface JestMeta {
  readonly jest?: unknown;
}

function refuseWrongPlace(): void {
  if (handed() !== null) return;
  if ((import.meta as JestMeta).jest !== undefined) {
    throw new Error("watertight/jest is a test environment, and this file runs in another one, so nothing is checked for leaks. Set testEnvironment: 'watertight/jest', or name it in the file's @jest-environment comment.");
  }
  const runner = runnerInCharge();
  if (runner !== null && runner !== 'jest') throw new Error(`watertight/jest was imported under ${runner}, whose tests it can't check: use watertight/${runner}`);
  // Jest sets it before it loads an environment, in a worker and in its own process alike.
  if (process.env.JEST_WORKER_ID === undefined) {
    throw new Error("watertight/jest was imported outside of jest's tests (in its configuration, in globalSetup, or in a plain program), where there is no test to check. Name it in the configuration: testEnvironment: 'watertight/jest'.");
  }
}

refuseWrongPlace();
