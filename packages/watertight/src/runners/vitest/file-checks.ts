/** Owns the leak checks of a file of vitest: one for each test when it has ended, one for the file when all tests have ended. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as vitestModule from 'vitest';
import { aimed, LeakSession, runnerInCharge, type SessionOptions, type SessionTest } from '../../leak/index.js';

type Vitest = typeof vitestModule;

/** No limit for both hooks: the check has its own, and vitest's limit on hooks must not apply. */
const NO_LIMIT = 0;

const MISPLACED = "List it in the configuration: setupFiles: ['watertight/vitest'].";

/**
 * Adds the leak checks to the tests of the file that vitest is about to import; returns the function that
 * sets the options of the checks.
 *
 * @param vitest  the instance of vitest that the caller imported
 * @param entry   the URL of the calling module. Under `isolate: false`, a module is evaluated once for all
 *   files of a worker, and again for each file only if the configuration lists it.
 *
 * @throws Error if the module was imported where the tests would not be checked.
 */
export function checkFile(vitest: Vitest, entry: string): (options: SessionOptions | 'off') => void {
  refuseWrongPlace(vitest, entry);
  // Made before the test file is imported, so that what the file opens at its top level belongs to it.
  const session = new LeakSession();
  try {
    // vitest reads the parameter names of a hook from its source, so they must have this form. The hooks are not
    // async, so that they are not in the stacks of errors within.
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

/** The part of vitest's record of a test that is used here. */
interface Task {
  /** True for `test.fails`: the test is expected to fail. */
  readonly fails?: boolean;
  readonly result?: { readonly state: string };
}

async function end(session: LeakSession, test: SessionTest, { fails, result }: Task): Promise<void> {
  // vitest inverts the result of a test that is expected to fail, so another error would let it pass.
  const error = await session.end(test, { failed: result?.state === 'fail', skipped: result?.state === 'skip' || fails === true });
  if (error !== null) throw aimed(error);
}

async function finish(session: LeakSession): Promise<void> {
  const error = await session.finish();
  if (error !== null) throw aimed(error);
}

/** The part of vitest's worker state that shows whether the tests would be checked. */
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
