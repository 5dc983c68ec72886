/**
 * `watertight/vitest`: every test is checked for leaks when it has ended, and
 * every file when all of its tests have. One line of the configuration:
 *
 *     setupFiles: ['watertight/vitest']
 *
 * A test runs in a scope of its own, hooks and fixtures included, so that
 * tests that run at the same time answer for their own leaks only. What a
 * file's and its suites' `beforeAll` hooks open is the file's.
 */
import * as vitest from 'vitest';
import './leak.js';
import type { SessionOptions } from './leak/index.js';
import { checkFile } from './runners/vitest/index.js';

export type { SessionOptions } from './leak/index.js';

const configure = checkFile(vitest, import.meta.url);

/**
 * Sets options of the leak checks, or turns them off. Called in a test or in a
 * `beforeEach` hook: for that test. At the top level of a file: for the file;
 * in a setup file: for every file. Options given before stay unless they are
 * given again; lists of `ignore` add up.
 *
 * @throws TypeError for an option that is none.
 */
export function leakCheck(options: SessionOptions | 'off'): void {
  configure(options);
}
