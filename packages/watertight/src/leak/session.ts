/**
 * Owns the leak checks of a file of tests: which leak is which test's, what is
 * nobody's, and that each is reported once. It knows no test runner; an
 * adapter tells it what the runner does.
 *
 * An adapter
 * 1. makes one session for each file, before the file's own code runs;
 * 2. calls `begin(name)` before a test's first hook;
 * 3. runs the test's body, and its hooks if it can, with `run(test, fn)`: what
 *    is started in there, across `await` and callbacks, is the test's, however
 *    many tests run at the same time;
 * 4. calls `end(test)` after the test's last hook, and fails the test with the
 *    LeakError it may resolve to, unless the test has failed already;
 * 5. calls `finish()` after the file's last hook, and fails the file with the
 *    LeakError it may resolve to: it has what no test answers for.
 *
 * Where a runner leaves no way for step 3, leaving it out is enough: a test
 * that nothing was run in answers for what is new since its `begin` and has no
 * scope, provided that no other test was under way in the meantime. If one
 * was, that is told at the end of the file. node:test and mocha need no such
 * thing: their adapters run bodies and hooks in scopes.
 */
import { currentScope, runInScope, type Scope } from '../tasks/index.js';
import { candidates, IdentitySet, type Candidate } from './candidate.js';
import { isSettled, noteSettled, reportUnmatched } from './find-leaks.js';
import { Baseline, Ignore } from './ignore.js';
import type { Leak } from './leak.js';
import { checkOptions, type SessionOptions, type Settings } from './options.js';
import { unrefReported } from './process-end.js';
import { LeakError } from './report.js';
import { startResourceTracking } from './resource-tracking.js';
import { look, search, type Found } from './search.js';

/** A test under way, or ended: the scope of what it starts. Made by `LeakSession.begin`. */
export class SessionTest implements Scope {
  /** @internal Its own options, on top of the session's. */
  options: SessionOptions = {};
  /** @internal `unchecked`: nothing it starts is ever reported. */
  state: 'running' | 'ended' | 'failed' | 'unchecked' = 'running';
  /** @internal Something was run in it, so that scopes tell what is its own. */
  entered = false;
  /** @internal No other test was under way at the same time. */
  alone = true;
  /** @internal What there was when it began. */
  readonly before: IdentitySet;

  /** @internal */
  constructor(readonly name: string) {
    this.before = new IdentitySet(candidates(true).map(({ identity }) => identity));
  }
}

/** The leak checks of one file of tests. */
export class LeakSession {
  private options: SessionOptions;
  private unchecked = false;
  private readonly baseline: Baseline;
  private readonly underWay = new Set<SessionTest>();
  /** What was reported, or is never to be. */
  private readonly settled = new IdentitySet();
  /** Of those, what was reported. */
  private readonly reported = new IdentitySet();
  /** Entries of the session's own list that matched, in whichever check. */
  private readonly matched = new Set<Ignore>();
  private readonly all: Leak[] = [];
  private begun = 0;
  private failed = false;

  /**
   * What is alive when the session is made is not looked at.
   *
   * @throws TypeError for an option that is none.
   */
  constructor(options: SessionOptions = {}) {
    prepare(options);
    this.options = options;
    this.baseline = new Baseline();
  }

  /** How many tests have begun. */
  get seen(): number {
    return this.begun;
  }

  /**
   * Sets options, or leaves unchecked (`off`): called in the scope of a test of
   * this session for that test, elsewhere for the whole session from now on.
   * Options given before stay unless they are given again; lists of `ignore`
   * add up.
   *
   * @throws TypeError for an option that is none.
   */
  configure(options: SessionOptions | 'off'): void {
    if (this.configureTest(options)) return;
    if (options === 'off') this.unchecked = true;
    else this.options = merge(this.options, options);
  }

  /**
   * As `configure`, if it is called in the scope of a test of this session;
   * returns false, having checked the options, if it is not.
   */
  configureTest(options: SessionOptions | 'off'): boolean {
    prepare(options);
    const scope = currentScope();
    const test = scope instanceof SessionTest && this.underWay.has(scope) ? scope : this.onlyTest();
    if (test === null) return false;
    apply(test, options);
    return true;
  }

  /** A test begins. `name` is for people; `options` are the test's own, those of its file for example. */
  begin(name: string, ...options: readonly (SessionOptions | 'off')[]): SessionTest {
    const test = new SessionTest(name);
    this.begun++;
    if (this.unchecked) test.state = 'unchecked';
    for (const each of options) apply(test, each);
    if (this.underWay.size > 0) {
      test.alone = false;
      for (const other of this.underWay) other.alone = false;
    }
    this.underWay.add(test);
    return test;
  }

  /** Runs a part of the test, its body or a hook, in the test's scope. */
  run<A extends unknown[], R>(test: SessionTest, fn: (...args: A) => R, ...args: A): R {
    test.entered = true;
    return runInScope(test, fn, ...args);
  }

  /**
   * A test has ended: resolves to what to fail it with, or null. `failed` says
   * that it failed of itself; then it is looked at only under `runOnFailure`.
   * `skipped` says that it turned out to be left out on the way: what it
   * started is never reported. Looks for up to 1.4 s by default, at the test's
   * own leaks alone.
   */
  async end(test: SessionTest, { failed = false, skipped = false }: { readonly failed?: boolean; readonly skipped?: boolean } = {}): Promise<LeakError | null> {
    try {
      const options = merge(this.options, test.options);
      if (skipped) test.state = 'unchecked';
      else if (failed) this.failed = true;
      if (test.state === 'unchecked') return null;
      if (failed && options.runOnFailure !== true) {
        test.state = 'failed';
        return null;
      }
      const settings = checkOptions(options, 'session');
      const matched = new Set<Ignore>();
      const found = await search(settings, (candidate) => this.isOpen(candidate) && owns(test, candidate), matched);
      // It may have been left unchecked meanwhile, by an after hook.
      if ((test.state as string) === 'unchecked') return null;
      this.note(found, matched);
      // Known to this test's list alone: the file's need not know it again.
      for (const { identity } of found.ignored) this.settled.add(identity);
      const own = ignoreOf(test.options);
      const unmatched = reportUnmatched({ ...settings, ignore: own }, (entry) => matched.has(entry));
      return failure(found, { idle: [], unmatched });
    } finally {
      if (test.state === 'running') test.state = 'ended';
      else this.excuse(test);
      this.underWay.delete(test);
    }
  }

  /**
   * The file has ended: resolves to what to fail it with, or null. It has what
   * is left and was not reported: started outside of all tests, or by one that
   * had ended. If a test failed of itself, the file is looked at only under
   * `runOnFailure`. Calls `cleanup` with all leaks of the file.
   */
  async finish({ failed = false }: { readonly failed?: boolean } = {}): Promise<LeakError | null> {
    const settings = this.settingsAtEnd(failed);
    const matched = new Set<Ignore>();
    const found = settings === null ? null : await search(settings, (candidate) => this.isOpen(candidate), matched);
    const error = settings === null || found === null ? null : this.conclude(settings, found, matched);
    try {
      await this.options.cleanup?.({ leaks: [...this.all], error });
    } finally {
      // Not before: until here a test of the file may have gone on with what another has leaked.
      if (this.options.unref !== false) unrefReported(this.reported);
    }
    return error;
  }

  /** `finish` for a process that can't wait any more, as in its `exit` event: one look, and no `cleanup`. */
  finishNow({ failed = false }: { readonly failed?: boolean } = {}): LeakError | null {
    const settings = this.settingsAtEnd(failed);
    const matched = new Set<Ignore>();
    return settings === null ? null : this.conclude(settings, look(settings, (candidate) => this.isOpen(candidate), matched), matched);
  }

  private settingsAtEnd(failed: boolean): Settings | null {
    if (this.unchecked || ((failed || this.failed) && this.options.runOnFailure !== true)) return null;
    return checkOptions(this.options, 'session');
  }

  private conclude(settings: Settings, found: Found, matched: Set<Ignore>): LeakError | null {
    this.note(found, matched);
    const unmatched = reportUnmatched(settings, (entry) => this.matched.has(entry));
    return failure(found, { idle: found.idle, unmatched, verb: 'leaked outside of any test', scopes: true });
  }

  /** Whether a candidate is to be answered for still. */
  private isOpen(candidate: Candidate): boolean {
    const { identity, scope } = candidate;
    if (scope instanceof SessionTest && (scope.state === 'unchecked' || scope.state === 'failed')) return false;
    return !this.baseline.has(identity) && !this.settled.has(identity) && !isSettled(candidate);
  }

  private note(found: Found, matched: Set<Ignore>): void {
    for (const { leak, candidate } of found.findings) {
      this.settled.add(candidate.identity);
      this.reported.add(candidate.identity);
      noteSettled(candidate.identity);
      this.all.push(leak);
    }
    for (const entry of matched) this.matched.add(entry);
  }

  /** What a test that is not looked at started is not told at the end either; where it ran in no scope, that is known now only. */
  private excuse(test: SessionTest): void {
    if (test.entered) return;
    for (const candidate of candidates(true)) if (owns(test, candidate)) this.settled.add(candidate.identity);
  }

  /** The test under way that runs without a scope, if there is no other: for runners that can't give one. */
  private onlyTest(): SessionTest | null {
    const [test] = this.underWay;
    return this.underWay.size === 1 && !test.entered ? test : null;
  }
}

/** Checks options, and starts what they need. */
function prepare(options: SessionOptions | 'off'): void {
  if (options !== 'off' && checkOptions(options, 'session').resources) startResourceTracking();
}

function apply(test: SessionTest, options: SessionOptions | 'off'): void {
  if (options === 'off') test.state = 'unchecked';
  else test.options = merge(test.options, options);
}

function owns(test: SessionTest, { scope, identity }: Candidate): boolean {
  if (scope !== null) return scope === test;
  return !test.entered && test.alone && !test.before.has(identity);
}

function merge(first: SessionOptions, second: SessionOptions): SessionOptions {
  return { ...first, ...second, ignore: [...ignoreOf(first), ...ignoreOf(second)] };
}

function ignoreOf({ ignore = [] }: SessionOptions): readonly Ignore[] {
  return ignore instanceof Ignore ? [ignore] : ignore;
}

function failure({ findings }: Found, notes: ConstructorParameters<typeof LeakError>[1] & { unmatched: readonly string[] }): LeakError | null {
  return findings.length === 0 && notes.unmatched.length === 0 ? null : new LeakError(findings.map(({ leak }) => leak), notes);
}
