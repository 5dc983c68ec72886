/**
 * Owns the leak checks of one test file: it attributes each leak to a test or to the file, and reports each
 * once. It knows no test runner; an adapter calls it.
 *
 * An adapter
 * 1. makes one session for each file, before the file's own code runs;
 * 2. calls `begin(name)` before a test's first hook;
 * 3. runs the test's body, and if possible its hooks, with `run(test, fn)`: whatever is started in there,
 *    also after an `await` and in callbacks, belongs to the test, however many tests run at the same time;
 * 4. calls `end(test)` after the test's last hook, and fails the test with the LeakError it may resolve to,
 *    unless the test has failed already;
 * 5. calls `finish()` after the file's last hook, and fails the file with the LeakError it may resolve to,
 *    which has the leaks that belong to no test.
 *
 * An adapter whose runner makes step 3 impossible leaves it out. Such a test has no scope, and everything new
 * since its `begin` is attributed to it, provided that no other test ran at the same time; otherwise the
 * leaks are reported at the end of the file. The adapters of node:test and mocha do step 3.
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

/** A test that runs or has ended; it is the scope of what the test starts. Made by `LeakSession.begin`. */
export class SessionTest implements Scope {
  /** @internal The test's own options, which extend the session's. */
  options: SessionOptions = {};
  /** @internal `unchecked`: nothing that the test starts is ever reported. */
  state: 'running' | 'ended' | 'failed' | 'unchecked' = 'running';
  /** @internal True once something was run in its scope, so that its leaks are known by their scope. */
  entered = false;
  /** @internal True if no other test ran at the same time. */
  alone = true;
  /** @internal The identities of everything that existed when it began. */
  readonly before: IdentitySet;

  /** @internal */
  constructor(readonly name: string) {
    this.before = new IdentitySet(candidates(true).map(({ identity }) => identity));
  }
}

let atBegin: (() => void) | null = null;

/** Sets the function to be called when a test begins. It is injected, because folders beside `leak` cannot be imported. */
export function setAtBegin(fn: (() => void) | null): void {
  atBegin = fn;
}

/** The leak checks of one file of tests. */
export class LeakSession {
  private options: SessionOptions;
  private unchecked = false;
  private readonly baseline: Baseline;
  private readonly underWay = new Set<SessionTest>();
  /** What was reported, or must never be reported. */
  private readonly settled = new IdentitySet();
  /** The part of `settled` that was reported. */
  private readonly reported = new IdentitySet();
  /** Entries of the session's own list that matched in any of its checks. */
  private readonly matched = new Set<Ignore>();
  private readonly all: Leak[] = [];
  private begun = 0;
  private failed = false;

  /**
   * What is alive when the session is made is never reported.
   *
   * @throws TypeError for an unknown option or a value that the option cannot have.
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
   * Sets options, or turns the checks off (`off`). In the scope of a test of this session, the call applies
   * to that test; elsewhere, to the whole session from now on. Options of earlier calls stay in force unless
   * they are set again; lists of `ignore` are concatenated.
   *
   * @throws TypeError for an unknown option or a value that the option cannot have.
   */
  configure(options: SessionOptions | 'off'): void {
    if (this.configureTest(options)) return;
    if (options === 'off') this.unchecked = true;
    else this.options = merge(this.options, options);
  }

  /**
   * Like `configure` in the scope of a test of this session; elsewhere, it only checks the options and
   * returns false.
   */
  configureTest(options: SessionOptions | 'off'): boolean {
    prepare(options);
    const scope = currentScope();
    const test = scope instanceof SessionTest && this.underWay.has(scope) ? scope : this.onlyTest();
    if (test === null) return false;
    apply(test, options);
    return true;
  }

  /** Begins a test. `name` is for display; `options` apply to this test, for example those of its file. */
  begin(name: string, ...options: readonly (SessionOptions | 'off')[]): SessionTest {
    const test = new SessionTest(name);
    this.begun++;
    if (!this.unchecked) atBegin?.();
    if (this.unchecked) test.state = 'unchecked';
    for (const each of options) apply(test, each);
    if (this.underWay.size > 0) {
      test.alone = false;
      for (const other of this.underWay) other.alone = false;
    }
    this.underWay.add(test);
    return test;
  }

  /** Runs a part of the test, its body or a hook, in the test's scope; returns the result of `fn`. */
  run<A extends unknown[], R>(test: SessionTest, fn: (...args: A) => R, ...args: A): R {
    test.entered = true;
    return runInScope(test, fn, ...args);
  }

  /**
   * Ends a test; resolves to the LeakError to fail it with, or null. Looks for up to 1.4 s by default, at the
   * test's own leaks only. `failed` says that the test failed by itself; it is then checked only under
   * `runOnFailure`. `skipped` says that the test was skipped while it ran: what it started is never reported.
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
      // An after hook may have turned the check off meanwhile.
      if ((test.state as string) === 'unchecked') return null;
      this.note(found, matched);
      // The file's list need not contain what the test's own list ignores.
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
   * Ends the file; resolves to the LeakError to fail it with, or null. It reports the leaks that are left and
   * were not reported: those started outside of all tests, or by a test after its end. If a test failed by
   * itself, the file is checked only under `runOnFailure`. Calls `cleanup` with all leaks of the file.
   */
  async finish({ failed = false }: { readonly failed?: boolean } = {}): Promise<LeakError | null> {
    const settings = this.settingsAtEnd(failed);
    const matched = new Set<Ignore>();
    const found = settings === null ? null : await search(settings, (candidate) => this.isOpen(candidate), matched);
    const error = settings === null || found === null ? null : this.conclude(settings, found, matched);
    try {
      await this.options.cleanup?.({ leaks: [...this.all], error });
    } finally {
      // Not earlier, because a test of the file may have used what another test leaked.
      if (this.options.unref !== false) unrefReported(this.reported);
    }
    return error;
  }

  /** Like `finish`, for a process that cannot wait any more (in its `exit` event): looks once, and does not call `cleanup`. */
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

  /** Whether a candidate must still be reported. */
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

  /** Keeps the leaks of an unchecked test from being reported at the end of the file. If the test ran in no scope, they can be told only now. */
  private excuse(test: SessionTest): void {
    if (test.entered) return;
    for (const candidate of candidates(true)) if (owns(test, candidate)) this.settled.add(candidate.identity);
  }

  /** The running test, if it is the only one and runs without a scope; for runners that cannot run a test in a scope. */
  private onlyTest(): SessionTest | null {
    const [test] = this.underWay;
    return this.underWay.size === 1 && !test.entered ? test : null;
  }
}

/** Checks options, and starts the tracking of resources if they ask for it. */
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
