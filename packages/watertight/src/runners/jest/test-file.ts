/** Owns the exports of `watertight/jest` inside a test file, and the refusal of imports from where no test would be checked. */
import { runnerInCharge, type SessionOptions } from '../../leak/index.js';
import { handed } from './jest-sandbox.js';

/**
 * Sets options of the leak checks, or turns the checks off. A call in a test or in a `beforeEach` hook
 * applies to that test, a call at the top level of a test file to that file, and a call in a file of
 * `setupFilesAfterEnv` to every file. Options of earlier calls stay in force unless they are set again; lists
 * of `ignore` are concatenated.
 *
 * @throws TypeError for an unknown option or a value that the option cannot have.
 * @throws Error outside of test files.
 */
export function leakCheck(options: SessionOptions | 'off'): void {
  const check = handed();
  if (check === null) throw new Error('leakCheck() is for test files: an environment is given its options by testEnvironmentOptions.watertight');
  check.leakCheck(options);
}

/** Jest adds this property to `import.meta` in the ES modules of a test file. */
interface JestMeta {
  readonly jest?: unknown;
}

/**
 * Throws if `watertight/jest` is imported where no test of jest would be checked.
 *
 * @throws Error that says where `watertight/jest` belongs.
 */
export function refuseWrongPlace(): void {
  if (handed() !== null) return;
  if ((import.meta as JestMeta).jest !== undefined) {
    throw new Error("watertight/jest is a test environment, and this file runs in another one, so nothing is checked for leaks. Set testEnvironment: 'watertight/jest', or name it in the file's @jest-environment comment.");
  }
  const runner = runnerInCharge();
  if (runner !== null && runner !== 'jest') throw new Error(`watertight/jest was imported under ${runner}, whose tests it can't check: use watertight/${runner}`);
  // Jest sets this variable before it loads an environment, both in a worker and in its own process.
  if (process.env.JEST_WORKER_ID === undefined) {
    throw new Error("watertight/jest was imported outside of jest's tests (in its configuration, in globalSetup, or in a plain program), where there is no test to check. Name it in the configuration: testEnvironment: 'watertight/jest'.");
  }
}
