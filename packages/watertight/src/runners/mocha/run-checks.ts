/**
 * Owns the leak checks of a mocha run: one for each test when it has ended, one for the run when all tests
 * have ended.
 *
 * A hook cannot do the check, because mocha skips all tests after a failed hook. So steps of mocha's Runner
 * are replaced, and a test is reported as passed only after its `afterEach` hooks and its check.
 */
import { AsyncResource } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import { aimed, LeakSession, runnerInCharge, type LeakError, type SessionOptions, type SessionTest } from '../../leak/index.js';
import { nextCheck } from '../../tasks/index.js';
import { findMocha, type MochaModule, type MochaRunnable, type MochaSuite } from './mocha-module.js';

/** The options of a file's top-level calls, in order. */
type FileOptions = (SessionOptions | 'off')[];

/** The checks of one run. Made when the run before has ended, so that what files open while they are loaded is included. */
interface Run {
  readonly session: LeakSession;
  /** Tests that run or have ended. */
  readonly tests: WeakMap<MochaRunnable, SessionTest>;
  /** Set when the `afterEach` hooks of a passed test have run: their result, for mocha's own next step. */
  ranHooks: { readonly error: unknown; readonly suite: unknown } | null;
}

const forAll: FileOptions = [];
const byFile = new Map<string, FileOptions>();
/** Options set before mocha has said which file it loads: by a file that it requires, or by the test file that imported this module first. */
let early: FileOptions | null = [];
let loading: string | null = null;
let current = newRun();
let ran = false;

/**
 * Sets options of the leak checks, or turns the checks off. A call in a test or in a `beforeEach` hook
 * applies to that test, a call at the top level of a test file to the tests of that file, and a call in a
 * file that mocha requires to all tests. Options of earlier calls stay in force unless they are set again;
 * lists of `ignore` are concatenated.
 *
 * @throws TypeError for an unknown option or a value that the option cannot have.
 */
export function leakCheck(options: SessionOptions | 'off'): void {
  if (current.session.configureTest(options)) return;
  if (early !== null) {
    early.push(options);
    return;
  }
  if (loading === null) {
    setForAll(options);
    return;
  }
  const given = byFile.get(loading);
  if (given === undefined) byFile.set(loading, [options]);
  else given.push(options);
}

function setForAll(options: SessionOptions | 'off'): void {
  current.session.configure(options);
  forAll.push(options);
}

/** Assigns the early options to the file that has been loaded, or to all files. */
function settleEarly(file: string | null): void {
  const options = early ?? [];
  early = null;
  if (file === null) options.forEach(setForAll);
  else byFile.set(file, options);
}

function newRun(): Run {
  const session = new LeakSession();
  for (const options of forAll) session.configure(options);
  return { session, tests: new WeakMap(), ranHooks: null };
}

/**
 * Replaces the steps of mocha's Runner. Called once, when the entry point is imported.
 *
 * @throws Error under another test runner, or if there is no suitable mocha.
 */
export function checkTests(): void {
  const runner = runnerInCharge();
  if (runner !== null && runner !== 'mocha') throw new Error(`watertight/mocha was imported under ${runner}, whose tests it can't check: use watertight/${runner}`);
  const { mocha, started } = findMocha();
  followFiles(mocha);
  enterScopes(mocha);
  replaceSteps(mocha);
  if (started) return;
  process.once('exit', () => {
    if (ran) return;
    writeSync(2, 'watertight/mocha: no run of mocha took place in this process, so nothing was checked for leaks. Run the tests with `mocha --require watertight/mocha`.\n');
    process.exitCode = 1;
  });
}

/** Follows which file is being loaded; mocha emits events for that on its root suite. */
function followFiles({ Suite: { prototype } }: MochaModule): void {
  const emit = prototype.emit;
  prototype.emit = function (event, ...args) {
    if (event === 'pre-require') {
      settleEarly(null);
      loading = String(args[1]);
    } else if (event === 'post-require') {
      if (early !== null) settleEarly(String(args[1]));
      loading = null;
    }
    return emit.call(this, event, ...args);
  };
}

/** Makes the bodies and hooks of a test run in its scope, and mocha's next step outside of it. */
function enterScopes({ Runnable: { prototype } }: MochaModule): void {
  const run = prototype.run;
  prototype.run = function (next) {
    const owner = this.type === 'test' ? this : /^"(?:before|after) each" hook/.test(this.originalTitle ?? this.title) ? this.ctx?.currentTest : undefined;
    const test = owner === undefined ? undefined : current.tests.get(owner);
    if (test === undefined) return run.call(this, next);
    const after = AsyncResource.bind(next);
    return current.session.run(test, () => run.call(this, after));
  };
}

function replaceSteps({ Runner: { prototype }, Hook }: MochaModule): void {
  const { run, runTest, hook, hookUp, hookDown } = prototype;

  prototype.run = function (...args) {
    ran = true;
    settleEarly(null);
    return run.apply(this, args);
  };

  // Begins the test before its first hook.
  prototype.hookDown = function (name, next) {
    if (name === 'beforeEach' && this.test !== undefined) begin(this.test);
    return hookDown.call(this, name, next);
  };

  // A failed test continues as usual; a passed test is not reported as passed yet.
  prototype.runTest = function (next) {
    return runTest.call(this, (error) => {
      const { test } = this;
      const sessionTest = test === undefined ? undefined : current.tests.get(test);
      if (error !== undefined && error !== null) next(error);
      else if (test === undefined || sessionTest === undefined || test.pending === true) next();
      else {
        // The `afterEach` hooks may read the state.
        Object.assign(test, { state: 'passed' });
        hookUp.call(this, 'afterEach', (hookError, suite) => {
          current.ranHooks = { error: hookError, suite };
          const failed = hookError !== undefined && hookError !== null;
          settle(current.session.end(sessionTest, { failed: failed || (test.state as string) === 'failed' }), next);
        });
      }
    });
  };

  // After a test: its hooks have run already, or it is checked when they have run.
  prototype.hookUp = function (name, next) {
    if (name !== 'afterEach') return hookUp.call(this, name, next);
    if (current.ranHooks !== null) {
      const { error, suite } = current.ranHooks;
      current.ranHooks = null;
      nextCheck(() => next(error, suite));
      return undefined;
    }
    return hookUp.call(this, name, (error, suite) => {
      const { test } = this;
      const sessionTest = test === undefined ? undefined : current.tests.get(test);
      if (test === undefined || sessionTest === undefined) next(error, suite);
      else {
        // A test that neither failed nor passed was skipped while it ran, or will be retried.
        settle(current.session.end(sessionTest, { failed: test.state === 'failed', skipped: test.state !== 'failed' }), (leak) => {
          if (leak !== undefined) this.fail(test, leak as Error);
          next(error, suite);
        });
      }
    });
  };

  // Checks the run after its last hook.
  prototype.hook = function (name, next) {
    const { suite } = this;
    if (name !== 'afterAll' || !suite.root) return hook.call(this, name, next);
    return hook.call(this, name, (error) => {
      const { session, tests } = current;
      settle(session.finish(), (leak) => {
        current = newRun();
        const missed = missedIn(suite, tests);
        for (const each of [missed, leak as Error | undefined]) {
          if (each === undefined) continue;
          const place = new Hook('"after all" leak check', () => undefined);
          place.parent = suite;
          this.fail(place, each);
        }
        next(error);
      });
    });
  };
}

function begin(test: MochaRunnable): void {
  const sessionTest = current.session.begin(test.fullTitle(), ...(byFile.get(test.file ?? '') ?? []));
  current.tests.set(test, sessionTest);
}

/** Calls `next` in a turn of its own when the check has ended, so that an error that a step throws is no rejection of the check. */
function settle(check: Promise<LeakError | null>, next: (error?: unknown) => void): void {
  const outside = AsyncResource.bind(next);
  void check.then(
    (error) => void nextCheck(() => outside(error === null ? undefined : aimed(error))),
    (reason: unknown) => void nextCheck(() => outside(reason)),
  );
}

/** An error that names the tests that passed without a check, because this module was imported after the run had begun. */
function missedIn(suite: MochaSuite, tests: WeakMap<MochaRunnable, SessionTest>): Error | undefined {
  const missed: string[] = [];
  suite.eachTest((test) => {
    if (test.state === 'passed' && !tests.has(test)) missed.push(`'${test.fullTitle()}'`);
  });
  if (missed.length === 0) return undefined;
  return new Error(`${missed.length} tests ran before watertight/mocha was imported, and were not checked for leaks: ${missed.slice(0, 5).join(', ')}${missed.length > 5 ? ', …' : ''}. Run mocha with --require watertight/mocha.`);
}
