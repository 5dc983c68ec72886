/** Owns what `watertight/jest` is inside a test file: its `leakCheck`, and the refusal where no test would be checked. */
import { runnerInCharge, type SessionOptions } from '../../leak/index.js';
import { handed } from './jest-sandbox.js';

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

/**
 * Refuses to be imported where no test of jest would be checked.
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
  // Jest sets it before it loads an environment, in a worker and in its own process alike.
  if (process.env.JEST_WORKER_ID === undefined) {
    throw new Error("watertight/jest was imported outside of jest's tests (in its configuration, in globalSetup, or in a plain program), where there is no test to check. Name it in the configuration: testEnvironment: 'watertight/jest'.");
  }
}
