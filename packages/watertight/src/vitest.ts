/**
 * `watertight/vitest`: checks each test for leaks when the test has ended, and each file when all of its
 * tests have ended. It takes one line of the configuration:
 *
 *     setupFiles: ['watertight/vitest']
 *
 * Each test runs in its own scope, hooks and fixtures included, so a leak is reported by the test that
 * started it even if tests run at the same time. What the `beforeAll` hooks of a file and its suites open
 * belongs to the file.
 */
import * as vitest from 'vitest';
import './leak.js';
import type { SessionOptions } from './leak/index.js';
import { checkFile } from './runners/vitest/index.js';

export type { SessionOptions } from './leak/index.js';

const configure = checkFile(vitest, import.meta.url);

/**
 * Sets options of the leak checks, or turns the checks off. A call in a test or in a `beforeEach` hook
 * applies to that test, a call at the top level of a file to that file, and a call in a setup file to every
 * file. Options of earlier calls stay in force unless they are set again; lists of `ignore` are concatenated.
 *
 * @throws TypeError for an unknown option or a value that the option cannot have.
 */
export function leakCheck(options: SessionOptions | 'off'): void {
  configure(options);
}
