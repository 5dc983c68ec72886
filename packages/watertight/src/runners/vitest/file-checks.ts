/** Owns the leak checks of a file of vitest: one of each test when it has ended, one of the file when all have. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as vitestModule from 'vitest';
import { aimed, LeakSession, runnerInCharge, type SessionOptions, type SessionTest } from '../../leak/index.js';

type Vitest = typeof vitestModule;

/** Both hooks end by themselves: the check has its own limit, so vitest's on hooks does not apply. */
const NO_LIMIT = 0;

const MISPLACED = "List it in the configuration: setupFiles: ['watertight/vitest'].";

/**
 * Puts the leak checks around the tests of the file that vitest is about to import.
 *
 * `entry` is the URL of the module that calls: under `isolate: false` a module
 * is evaluated once for all files of a worker, and again for each file only if
 * the configuration lists it. `vitest` is the instance that this module got.
 * Returns what sets the options of the checks.
 */
export function checkFile(vitest: Vitest, entry: string): (options: SessionOptions | 'off') => void {
  refuseWrongPlace(vitest, entry);
  // Made before the test file is imported: what the file opens at its top level is its own.
  const session = new LeakSession();
  try {
    // vitest reads the names of what a hook takes out of its source: they have to be written in this form. The hooks
    // are not async, and so not in the stacks of what fails within.
    vitest.aroundEach((runTest, { task }) => {
      const test = session.begin(task.fullTestName);
      return session.run(test, runTest).then(() => end(session, test, task));
    }, NO_LIMIT);
    vitest.aroundAll((runSuite) => runSuite().then(() => finish(session)), NO_LIMIT);
  } catch (cause) {
    throw new Error(`watertight/vitest could not put its hooks around the tests: it found another vitest than the one that runs, or was imported in a hook. ${MISPLACED}`, { cause });
  }
  return (options) => session.configure(options);
}

/** What vitest has of a test, as far as it is used here. */
interface Task {
  /** The test is meant to fail: `test.fails`. */
  readonly fails?: boolean;
  readonly result?: { readonly state: string };
}

async function end(session: LeakSession, test: SessionTest, { fails, result }: Task): Promise<void> {
  // Of a test that is meant to fail vitest turns the result round: an error more would let it pass.
  const error = await session.end(test, { failed: result?.state === 'fail', skipped: result?.state === 'skip' || fails === true });
  if (error !== null) throw aimed(error);
}

async function finish(session: LeakSession): Promise<void> {
  const error = await session.finish();
  if (error !== null) throw aimed(error);
}

/** What vitest has of a worker, as far as it is used here: to tell a place where nothing would be checked. */
interface Worker {
  readonly config?: { readonly isolate?: boolean; readonly pool?: string; readonly setupFiles?: readonly string[] };
}

function refuseWrongPlace(vitest: Vitest, entry: string): void {
  const runner = runnerInCharge();
  if (runner !== 'vitest') {
    if (runner !== null) throw new Error(`watertight/vitest was imported under ${runner}, whose tests it can't check: use watertight/${runner}`);
    throw new Error(`watertight/vitest was imported outside of vitest's test files (in its configuration, in globalSetup, or in a plain program), where there is no test to check. ${MISPLACED}`);
  }
  if (!('aroundEach' in vitest)) throw new Error('watertight/vitest needs vitest 4.1 or newer: older ones have no hook around a test. With those, call verifyNone() of watertight/leak in an afterEach hook.');
  if (vitest.TestRunner.getCurrentTest() !== undefined) throw new Error(`watertight/vitest was imported while a test runs, so none would be checked. ${MISPLACED}`);
  const { config = {} } = (globalThis as { __vitest_worker__?: Worker }).__vitest_worker__ ?? {};
  if (config.isolate === false && config.pool?.startsWith('vm') !== true && config.setupFiles?.some((path) => isFile(path, entry)) !== true) {
    throw new Error(`watertight/vitest was imported by another module under isolate: false, so only the first file would be checked. ${MISPLACED}`);
  }
}

function isFile(path: string, url: string): boolean {
  try {
    return realpathSync(path) === realpathSync(fileURLToPath(url));
  } catch {
    return false;
  }
}
