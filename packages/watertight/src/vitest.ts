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
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as vitest from 'vitest';
import { aimed } from './adapters/index.js';
import { LeakSession, runnerInCharge, type SessionOptions, type SessionTest } from './leak/index.js';
import './leak.js';

export type { SessionOptions } from './leak/index.js';

/** Made before the test file is imported: what it opens at its top level is its own. */
const session = new LeakSession();

/**
 * Sets options of the leak checks, or turns them off. Called in a test or in a
 * `beforeEach` hook: for that test. At the top level of a file: for the file;
 * in a setup file: for every file. Options given before stay unless they are
 * given again; lists of `ignore` add up.
 *
 * @throws TypeError for an option that is none.
 */
export function leakCheck(options: SessionOptions | 'off'): void {
  session.configure(options);
}

/** Both hooks end by themselves: the check has its own limit, so vitest's on hooks does not apply. */
const NO_LIMIT = 0;

const MISPLACED = "List it in the configuration: setupFiles: ['watertight/vitest'].";

function start(): void {
  refuseWrongPlace();
  try {
    // vitest reads the names of what a hook takes out of its source: they have to be written in this form. The hooks
    // are not async, and so not in the stacks of what fails within.
    vitest.aroundEach((runTest, { task }) => {
      const test = session.begin(task.fullTestName);
      return session.run(test, runTest).then(() => end(test, task));
    }, NO_LIMIT);
    vitest.aroundAll((runSuite) => runSuite().then(finish), NO_LIMIT);
  } catch (cause) {
    throw new Error(`watertight/vitest could not put its hooks around the tests: it found another vitest than the one that runs, or was imported in a hook. ${MISPLACED}`, { cause });
  }
}

/** What vitest has of a test, as far as it is used here. */
interface Task {
  /** The test is meant to fail: `test.fails`. */
  readonly fails?: boolean;
  readonly result?: { readonly state: string };
}

async function end(test: SessionTest, { fails, result }: Task): Promise<void> {
  // Of a test that is meant to fail vitest turns the result round: an error more would let it pass.
  const error = await session.end(test, { failed: result?.state === 'fail', skipped: result?.state === 'skip' || fails === true });
  if (error !== null) throw aimed(error);
}

async function finish(): Promise<void> {
  const error = await session.finish();
  if (error !== null) throw aimed(error);
}

/** What vitest has of a worker, as far as it is used here: to tell a place where nothing would be checked. */
interface Worker {
  readonly config?: { readonly isolate?: boolean; readonly pool?: string; readonly setupFiles?: readonly string[] };
}

function refuseWrongPlace(): void {
  const runner = runnerInCharge();
  if (runner !== 'vitest') {
    if (runner !== null) throw new Error(`watertight/vitest was imported under ${runner}, whose tests it can't check: use watertight/${runner}`);
    throw new Error(`watertight/vitest was imported outside of vitest's test files (in its configuration, in globalSetup, or in a plain program), where there is no test to check. ${MISPLACED}`);
  }
  if (!('aroundEach' in vitest)) throw new Error('watertight/vitest needs vitest 4.1 or newer: older ones have no hook around a test. With those, call verifyNone() of watertight/leak in an afterEach hook.');
  if (vitest.TestRunner.getCurrentTest() !== undefined) throw new Error(`watertight/vitest was imported while a test runs, so none would be checked. ${MISPLACED}`);
  const { config = {} } = (globalThis as { __vitest_worker__?: Worker }).__vitest_worker__ ?? {};
  // Then a module is evaluated once for all files of a worker, and only what is listed itself again for each.
  if (config.isolate === false && config.pool?.startsWith('vm') !== true && config.setupFiles?.some(isThisFile) !== true) {
    throw new Error(`watertight/vitest was imported by another module under isolate: false, so only the first file would be checked. ${MISPLACED}`);
  }
}

const thisFile = realpathSync(fileURLToPath(import.meta.url));

function isThisFile(path: string): boolean {
  try {
    return realpathSync(path) === thisFile;
  } catch {
    return false;
  }
}

start();
