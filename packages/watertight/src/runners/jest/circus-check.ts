/**
 * Owns the leak checks of one test file under jest-circus: it turns the events that a test environment
 * receives into the steps of a session, and runs each test's functions in the test's scope.
 */
import { aimed, type LeakSession, type SessionTest } from '../../leak/index.js';

type Body = (this: unknown, ...args: unknown[]) => unknown;

/** The part of circus's record of a test that is used here; the same holds for the types below. */
interface CircusTest {
  readonly type: 'test';
  readonly name: string;
  readonly parent: CircusBlock;
  /** True for `test.failing`: the test is expected to fail. */
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
  /** Errors that make the file fail, whatever its tests did. */
  readonly unhandledErrors: unknown[];
}

export class CircusCheck {
  /** Whether circus has sent any event; no other runner sends them. */
  heard = false;
  private readonly tests = new WeakMap<CircusTest, SessionTest>();
  /** The test whose `beforeEach` and `afterEach` hooks run; circus runs them for one test at a time. */
  private hooked: CircusTest | null = null;

  constructor(private readonly session: LeakSession) {}

  /** Handles one event. Circus waits for the returned promise, and reports the errors that this adds to a test. */
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
    // A retry is a new test in the session.
    this.tests.delete(test);
    // A test that is expected to fail did fail, which explains what it left open.
    const error = await this.session.end(begun, { failed: test.errors.length > 0, skipped: test.failing === true });
    if (error !== null) test.errors.push(aimed(error));
  }

  private async finish({ unhandledErrors }: CircusState): Promise<void> {
    const error = await this.session.finish({ failed: unhandledErrors.length > 0 });
    if (error !== null) unhandledErrors.push(aimed(error));
  }

  /** Begins the test if necessary: before jest 30, the body of a concurrent test is called before its start event. */
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
    // Circus runs a generator function step by step, and recognises it by its class.
    const scoped = fn.constructor.name === 'GeneratorFunction' ? stepwise(fn as Steps, run) : whole(fn, run);
    // Circus reads from `length` whether a function takes the callback `done`.
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
        // An error thrown by the steps themselves is thrown again, because they have ended.
        step = run(() => steps.throw(error));
      }
    }
    return step.value;
  };
}

/** The test's name after the names of its blocks, without circus's own outermost block. */
function fullName(test: CircusTest): string {
  const names = [test.name];
  for (let block = test.parent; block.parent !== undefined; block = block.parent) names.unshift(block.name);
  return names.join(' > ');
}
