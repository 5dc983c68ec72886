/**
 * Owns the leak checks of a file of node:test: one for each test when it has ended, one for the file when all
 * tests have ended.
 *
 * A root `beforeEach` hook begins each test. A root `afterEach` hook, the last one, appends the check to the
 * test's own `after` hooks, which node:test runs in order. For scopes, `runInAsyncScope` of `AsyncResource`,
 * which is public, is replaced: through it, node:test runs bodies and hooks with the test's context as
 * `this`.
 */
import { AsyncResource } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import { after, afterEach, beforeEach } from 'node:test';
import { isMainThread } from 'node:worker_threads';
import { aimed, hasPreloads, LeakSession, runnerInCharge, type SessionOptions, type SessionTest } from '../../leak/index.js';

/** The part that is used here of the context that node:test passes to hooks and bodies. */
interface Context {
  readonly name: string;
  readonly fullName?: string;
  readonly passed?: boolean;
  after(fn: () => Promise<void>): void;
}

/** A test, suite or hook of node:test as seen from `runInAsyncScope`. Its fields are not public, so the code works without them. */
interface Runnable {
  readonly name?: unknown;
  readonly hookType?: unknown;
  readonly reportedType?: unknown;
  readonly parentTest?: unknown;
  readonly subtests?: unknown;
  readonly skipped?: unknown;
  readonly isTodo?: unknown;
  readonly filtered?: unknown;
  readonly passed?: unknown;
}

/** A test whose `beforeEach` hook has run. */
interface Met {
  readonly test: SessionTest;
  /** node:test's own record of it; null until its body runs. */
  runnable: Runnable | null;
}

/** The environment variable that marks the child processes of a test process: these are tested programs, not tests, although they inherit the preload. */
const MARK = 'WATERTIGHT_NODE_TEST';

const session = new LeakSession();
const met = new Map<object, Met>();
const bodies = new WeakSet<Runnable>();
let suiteIsDefined = false;
/** The error of a wrong call. It is thrown to the caller and again at the end, because Node 22 exits with 0 if a suite's callback throws. */
let misuse: Error | null = null;

/**
 * Sets options of the leak checks, or turns the checks off. A call in a test or in a `beforeEach` hook
 * applies to that test, a call at the top level of a file to that file. Options of earlier calls stay in
 * force unless they are set again; lists of `ignore` are concatenated.
 *
 * @throws TypeError for an unknown option or a value that the option cannot have.
 * @throws Error in the callback of `describe`, where there is no test yet: call it in a `beforeEach` hook of
 *   the suite, for each of its tests.
 */
export function leakCheck(options: SessionOptions | 'off'): void {
  if (suiteIsDefined) {
    misuse = new Error('leakCheck() in the callback of describe(): call it in a beforeEach hook of the suite, for each of its tests');
    throw misuse;
  }
  session.configure(options);
}

/**
 * Adds the hooks to the tests that this file defines from now on. Called once, when the entry point is
 * imported.
 *
 * @throws Error under another test runner.
 */
export function checkTests(): void {
  const runner = runnerInCharge();
  if (runner !== null) throw new Error(`watertight/node-test was imported under ${runner}, whose tests it can't check: import 'watertight/${runner}'`);
  // The process that runs `node --test` only starts others, which are tests and not tested programs.
  if (process.execArgv.includes('--test') && !process.execArgv.some((flag) => /^--(?:experimental-)?test-isolation=none$/.test(flag))) {
    Reflect.deleteProperty(process.env, MARK);
    return;
  }
  if (!isMainThread || process.env[MARK] !== undefined) {
    if (hasPreloads()) return;
    if (!isMainThread) throw new Error('watertight/node-test was imported in a worker thread, where it can\'t check tests: run the file in a process');
  }
  process.env[MARK] = String(process.pid);
  enterScopes();
  // Made before node:test begins to attribute resources to tests, so that what is registered in it belongs to the
  // file.
  const outside = new AsyncResource('watertight/node-test');
  beforeEach((t) => meet(t as unknown as Context));
  afterEach((t) => checkLast(t as unknown as Context));
  // This is the file's first after hook; it registers the last one, behind those of the file itself.
  after(() => outside.runInAsyncScope(() => after(finish)));
  process.once('exit', atExit);
}

function meet(context: Context): void {
  met.set(context, { test: session.begin(context.fullName ?? context.name), runnable: null });
}

function checkLast(context: Context): void {
  context.after(async () => {
    const each = met.get(context);
    if (each === undefined) return;
    met.delete(context);
    const error = await session.end(each.test, { failed: context.passed === false, skipped: isLeftOut(each) });
    if (error !== null) throw aimed(error);
  });
}

/** Whether a test was skipped, which `t.skip()` and `t.todo()` can do after the body has begun. */
function isLeftOut({ runnable }: Met): boolean {
  return runnable !== null && (runnable.skipped === true || runnable.isTodo === true);
}

let root: Runnable | null = null;
let finished = false;

async function finish(): Promise<void> {
  finished = true;
  // Tests whose last hook did not run: an earlier hook failed, or they were skipped while they ran.
  for (const each of met.values()) await session.end(each.test, { failed: each.runnable?.passed !== true, skipped: isLeftOut(each) });
  const missed = root === null ? [] : missedBelow(root);
  const error = await session.finish();
  if (misuse !== null) throw failing(misuse);
  if (missed.length > 0) {
    throw failing(new Error(`${missed.length} of the file's tests were defined before watertight/node-test was imported, and not checked for leaks: ${missed.slice(0, 5).join(', ')}${missed.length > 5 ? ', …' : ''}. Import it first.`, { cause: error ?? undefined }));
  }
  if (error !== null) throw failing(aimed(error));
}

/** Sets the exit code: from Node 22 on, a file that is run by itself prints the error of its last hook and exits with 0. */
function failing<E extends Error>(error: E): E {
  process.exitCode = 1;
  return error;
}

/** The names of the tests below that passed, although the scope never saw their bodies run. */
function missedBelow({ subtests }: Runnable): string[] {
  if (!Array.isArray(subtests)) return [];
  return (subtests as Runnable[]).flatMap((each) => {
    const missed = each.reportedType !== 'suite' && each.passed === true && each.skipped !== true && each.filtered !== true && !bodies.has(each);
    return [...(missed ? [`'${String(each.name)}'`] : []), ...missedBelow(each)];
  });
}

type RunInAsyncScope = (this: Runnable, fn: (...args: unknown[]) => unknown, thisArg?: object, ...args: unknown[]) => unknown;

/** Makes the bodies and hooks of begun tests run in their scopes. */
function enterScopes(): void {
  const prototype = AsyncResource.prototype as unknown as { runInAsyncScope: RunInAsyncScope };
  const original = prototype.runInAsyncScope;
  prototype.runInAsyncScope = function runInAsyncScope(fn, thisArg, ...args) {
    const each = thisArg === undefined ? undefined : met.get(thisArg);
    if (each === undefined) return aside(this, () => original.call(this, fn, thisArg, ...args));
    if (this.hookType === undefined) {
      each.runnable = this;
      bodies.add(this);
    }
    const inScope = (...given: unknown[]): unknown => session.run(each.test, () => Reflect.apply(fn, thisArg, given));
    return original.call(this, inScope, thisArg, ...args);
  };
}

/** Runs what belongs to no test: a suite's callback, a hook of the file or of a suite, or code that is not node:test's. */
function aside(runnable: Runnable, run: () => unknown): unknown {
  if (runnable.parentTest !== undefined && runnable.parentTest !== null) root = (runnable.parentTest as { root?: Runnable }).root ?? root;
  if (runnable.reportedType !== 'suite') return run();
  suiteIsDefined = true;
  try {
    return run();
  } finally {
    suiteIsDefined = false;
  }
}

/** Reports, when the process exits, a run that had no test or was cut short. */
function atExit(): void {
  const complaint = session.seen === 0 ? emptyRun() : finished ? null : cutShort();
  if (complaint === null) return;
  writeSync(2, `watertight/node-test: ${complaint}\n`);
  process.exitCode = 1;
}

function emptyRun(): string | null {
  // There are tests, but they skipped themselves, or flags excluded them.
  const isChosen = process.execArgv.some((flag) => /^--test-(?:name-pattern|skip-pattern|only|shard|tag)/.test(flag));
  if (isChosen || (Array.isArray(root?.subtests) && root.subtests.length > 0)) return null;
  // `node --test` runs any matching file as a test, so a preload into all files may meet one without tests.
  if (process.env.NODE_TEST_CONTEXT !== undefined && hasPreloads()) return null;
  return 'no test of node:test ran in this process, so nothing was checked for leaks. Import it in a file that defines its tests with node:test, before they are defined.';
}

/** Looks once at what is left after `process.exit()` in a test or a hook. */
function cutShort(): string | null {
  const error = session.finishNow({ failed: process.exitCode !== undefined && process.exitCode !== 0 });
  return error === null ? null : `the process ended before its tests did\n${error.message}`;
}
