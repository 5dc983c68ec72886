/**
 * Owns the leak checks of one test file under jest-circus: makes the steps of a
 * session out of the events that a test environment is told, and has each
 * test's functions run in the test's scope.
 */
import { aimed, type LeakSession, type SessionTest } from '../../leak/index.js';

type Body = (this: unknown, ...args: unknown[]) => unknown;

/** What circus has of a test, as far as it is used here; of the others below likewise. */
interface CircusTest {
  readonly type: 'test';
  readonly name: string;
  readonly parent: CircusBlock;
  /** The test is meant to fail: `test.failing`. */
  readonly failing?: boolean;
  readonly errors: unknown[];
  fn?: Body | null;
}

interface CircusHook {
  readonly type: string;
  fn: Body;
}

interface CircusBlock {
  readonly type: 'describeBlock';
  readonly name: string;
  readonly parent?: CircusBlock;
  readonly hooks: readonly CircusHook[];
  readonly children: readonly (CircusBlock | CircusTest)[];
}

export interface CircusEvent {
  readonly name: string;
  readonly test?: CircusTest;
}

export interface CircusState {
  readonly rootDescribeBlock: CircusBlock;
  /** What makes the file fail, whatever its tests did. */
  readonly unhandledErrors: unknown[];
}

export class CircusCheck {
  /** Whether circus has told anything: no other runner does. */
  heard = false;
  private readonly tests = new WeakMap<CircusTest, SessionTest>();
  /** Whose `beforeEach` and `afterEach` hooks run: those of one test at a time. */
  private hooked: CircusTest | null = null;

  constructor(private readonly session: LeakSession) {}

  /** To be called, and awaited, for each event: circus waits for it, and reports what it adds to a test's errors. */
  async hear({ name, test }: CircusEvent, state: CircusState): Promise<void> {
    this.heard = true;
    if (name === 'run_start') this.enterScopes(state.rootDescribeBlock);
    else if (name === 'run_finish') await this.finish(state);
    else if (name === 'test_started' && test !== undefined) {
      this.sessionTest(test);
      this.hooked = test;
    } else if (name === 'test_done' && test !== undefined) await this.done(test);
  }

  private async done(test: CircusTest): Promise<void> {
    const begun = this.sessionTest(test);
    // A retry is another test to the session.
    this.tests.delete(test);
    // One that is meant to fail has done so; what it left behind comes of that.
    const error = await this.session.end(begun, { failed: test.errors.length > 0, skipped: test.failing === true });
    if (error !== null) test.errors.push(aimed(error));
  }

  private async finish({ unhandledErrors }: CircusState): Promise<void> {
    const error = await this.session.finish({ failed: unhandledErrors.length > 0 });
    if (error !== null) unhandledErrors.push(aimed(error));
  }

  /** Begins it at need: before jest 30, the body of a concurrent test is called before the test is said to start. */
  private sessionTest(test: CircusTest): SessionTest {
    let begun = this.tests.get(test);
    if (begun === undefined) this.tests.set(test, (begun = this.session.begin(fullName(test))));
    return begun;
  }

  private enterScopes(block: CircusBlock): void {
    for (const hook of block.hooks) {
      if (hook.type === 'beforeEach' || hook.type === 'afterEach') hook.fn = this.inScope(hook.fn, () => this.hooked);
    }
    for (const child of block.children) {
      if (child.type === 'describeBlock') this.enterScopes(child);
      else if (typeof child.fn === 'function') child.fn = this.inScope(child.fn, () => child);
    }
  }

  private inScope(fn: Body, testOf: () => CircusTest | null): Body {
    const run: Run = (step) => {
      const test = testOf();
      return test === null ? step() : this.session.run(this.sessionTest(test), step);
    };
    // Circus runs a generator function by its steps, and knows it by its kind.
    const scoped = fn.constructor.name === 'GeneratorFunction' ? stepwise(fn as Steps, run) : whole(fn, run);
    // By its length circus tells whether a function takes the callback `done`.
    return Object.defineProperty(scoped, 'length', { value: fn.length });
  }
}

type Run = <T>(step: () => T) => T;
type Steps = (this: unknown, ...args: unknown[]) => Generator<unknown, unknown>;

function whole(fn: Body, run: Run): Body {
  return function scoped(this: unknown, ...args: unknown[]): unknown {
    return run(fn.bind(this, ...args));
  };
}

function stepwise(fn: Steps, run: Run): Steps {
  return function* scoped(this: unknown, ...args: unknown[]): Generator<unknown, unknown> {
    const steps = fn.apply(this, args);
    let step = run(() => steps.next());
    while (step.done !== true) {
      try {
        const sent: unknown = yield step.value;
        step = run(() => steps.next(sent));
      } catch (error) {
        // What the steps themselves threw is thrown again: they have ended.
        step = run(() => steps.throw(error));
      }
    }
    return step.value;
  };
}

/** Its own name after those of the blocks around it, but not the outermost, which is circus's own. */
function fullName(test: CircusTest): string {
  const names = [test.name];
  for (let block = test.parent; block.parent !== undefined; block = block.parent) names.unshift(block.name);
  return names.join(' > ');
}
