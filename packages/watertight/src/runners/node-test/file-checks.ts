/**
 * Owns the leak checks of a file of node:test: one of each test when it has ended, one of the file when all have.
 *
 * A root `beforeEach` hook meets each test first. A root `afterEach`, the last
 * one, appends the check to the test's own `after` hooks, which node:test runs
 * in order. Scopes: node:test runs bodies and hooks with the test's context as
 * `this`, through the method `runInAsyncScope` of `AsyncResource`, which is
 * public and is replaced here.
 */
import { AsyncResource } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import { after, afterEach, beforeEach } from 'node:test';
import { isMainThread } from 'node:worker_threads';
import { aimed, hasPreloads, LeakSession, runnerInCharge, type SessionOptions, type SessionTest } from '../../leak/index.js';

/** What node:test passes to hooks and bodies, as far as it is used here. */
interface Context {
  readonly name: string;
  readonly fullName?: string;
  readonly passed?: boolean;
  after(fn: () => Promise<void>): void;
}

/** A test, suite or hook of node:test as it is seen from `runInAsyncScope`. Its fields are not public: none is relied on. */
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

/** A test that was met in its `beforeEach`. */
interface Met {
  readonly test: SessionTest;
  /** node:test's own record of it; null until its body runs. */
  runnable: Runnable | null;
}

/** In the environment of a test process's children: programs that are tested, not tests, though they inherit the preload. */
const MARK = 'WATERTIGHT_NODE_TEST';

const session = new LeakSession();
const met = new Map<object, Met>();
const bodies = new WeakSet<Runnable>();
let suiteIsDefined = false;
/** Thrown to whoever called, and once more at the end: Node 22 exits with 0 when a suite's callback throws. */
let misuse: Error | null = null;

/**
 * Sets options of the leak checks, or turns them off. Called in a test or in a
 * `beforeEach` hook: for that test. At the top level of a file: for the file.
 * Options given before stay unless they are given again; lists of `ignore` add
 * up.
 *
 * @throws TypeError for an option that is none; Error in the callback of
 *   `describe`, where there is no test yet: a `beforeEach` hook of the suite
 *   does it for each of its tests.
 */
export function leakCheck(options: SessionOptions | 'off'): void {
  if (suiteIsDefined) {
    misuse = new Error('leakCheck() in the callback of describe(): call it in a beforeEach hook of the suite, for each of its tests');
    throw misuse;
  }
  session.configure(options);
}

/** Puts the hooks around the tests that this file defines from now on. Called once, when the entry point is imported. */
export function checkTests(): void {
  const runner = runnerInCharge();
  if (runner !== null) throw new Error(`watertight/node-test was imported under ${runner}, whose tests it can't check: import 'watertight/${runner}'`);
  // The process that runs `node --test` only starts others, and they are not the tested programs of anybody.
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
  // Made before node:test watches what is made by whom: whatever is registered in it is the file's, not a test's.
  const outside = new AsyncResource('watertight/node-test');
  beforeEach((t) => meet(t as unknown as Context));
  afterEach((t) => checkLast(t as unknown as Context));
  // The file's first after hook: registers the last one, behind those of the file itself.
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

/** `t.skip()` and `t.todo()` may come after the body has begun. */
function isLeftOut({ runnable }: Met): boolean {
  return runnable !== null && (runnable.skipped === true || runnable.isTodo === true);
}

let root: Runnable | null = null;
let finished = false;

async function finish(): Promise<void> {
  finished = true;
  // Tests whose last hook never came: a hook before it failed, or they were skipped on the way.
  for (const each of met.values()) await session.end(each.test, { failed: each.runnable?.passed !== true, skipped: isLeftOut(each) });
  const missed = root === null ? [] : missedBelow(root);
  const error = await session.finish();
  if (misuse !== null) throw failing(misuse);
  if (missed.length > 0) {
    throw failing(new Error(`${missed.length} of the file's tests were defined before watertight/node-test was imported, and not checked for leaks: ${missed.slice(0, 5).join(', ')}${missed.length > 5 ? ', …' : ''}. Import it first.`, { cause: error ?? undefined }));
  }
  if (error !== null) throw failing(aimed(error));
}

/** From Node 22 on, a file that is run by itself prints the error of its last hook, and exits with 0. */
function failing<E extends Error>(error: E): E {
  process.exitCode = 1;
  return error;
}

/** The names of the tests below that passed though their body was not seen. */
function missedBelow({ subtests }: Runnable): string[] {
  if (!Array.isArray(subtests)) return [];
  return (subtests as Runnable[]).flatMap((each) => {
    const missed = each.reportedType !== 'suite' && each.passed === true && each.skipped !== true && each.filtered !== true && !bodies.has(each);
    return [...(missed ? [`'${String(each.name)}'`] : []), ...missedBelow(each)];
  });
}

type RunInAsyncScope = (this: Runnable, fn: (...args: unknown[]) => unknown, thisArg?: object, ...args: unknown[]) => unknown;

/** Has bodies and hooks of the tests that were met run in their scopes. */
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

/** What is nobody's test: a suite's callback, a hook of the file or of a suite, or nothing of node:test's. */
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

/** The last resort: a run that had no test, or was cut short. */
function atExit(): void {
  const complaint = session.seen === 0 ? emptyRun() : finished ? null : cutShort();
  if (complaint === null) return;
  writeSync(2, `watertight/node-test: ${complaint}\n`);
  process.exitCode = 1;
}

function emptyRun(): string | null {
  // Tests there are: they were left out, by themselves or by the flags that choose.
  const isChosen = process.execArgv.some((flag) => /^--test-(?:name-pattern|skip-pattern|only|shard|tag)/.test(flag));
  if (isChosen || (Array.isArray(root?.subtests) && root.subtests.length > 0)) return null;
  // `node --test` takes any file it finds for a test; a preload into all of them is not wired wrongly for that.
  if (process.env.NODE_TEST_CONTEXT !== undefined && hasPreloads()) return null;
  return 'no test of node:test ran in this process, so nothing was checked for leaks. Import it in a file that defines its tests with node:test, before they are defined.';
}

/** `process.exit()` in a test or a hook: what is left can still be looked at once. */
function cutShort(): string | null {
  const error = session.finishNow({ failed: process.exitCode !== undefined && process.exitCode !== 0 });
  return error === null ? null : `the process ended before its tests did\n${error.message}`;
}
