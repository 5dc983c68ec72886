/** Owns the options of a leak check: their types, defaults and validation. */
import { inspect } from 'node:util';
import { DEFAULT_SUSPECT_AFTER } from '../tasks/index.js';
import { Ignore } from './ignore.js';
import type { LeakOutcome } from './outcome.js';

/** Options of a leak check. */
export interface LeakOptions {
  /** How many more times to look while something is left. Default 20, as in goleak. */
  readonly retries?: number;
  /** The longest pause between two looks, ms. The first pause is 1 ms, and each is twice the one before. Default 100. */
  readonly maxDelay?: number;
  /** Whether idle pooled connections count. Default `ignore`: nothing in the program has to release them, and a report lists them separately. */
  readonly idle?: 'ignore' | 'fail';
  /**
   * Whether the unfinished requests and responses of a mock count, such as those of nock and msw: they hold no
   * connection. Default `ignore`. `fail` shows what the program would leave unread over a network. A `MockTransport`
   * is no such mock, because its connections are pooled like real ones.
   */
  readonly mocked?: 'ignore' | 'fail';
  /** Milliseconds without progress after which an open response is called suspect. Default 10,000. */
  readonly suspectAfter?: number;
  /**
   * Which unfinished responses, dials and tasks count. `suspect` (the default): all that are left when the
   * check gives up, however recent. `proven`: only responses that were garbage-collected unfinished; the
   * check collects garbage before each look but the first. Idle connections and resources have options of
   * their own and count in both cases.
   */
  readonly severity?: 'suspect' | 'proven';
  /** Whether everything else that keeps the process alive counts: servers, timers, child processes and so on. Default false. */
  readonly resources?: boolean;
  /** Known leaks that do not count: one entry or a list, made by `ignoreCurrent()`, `ignoreTopFunction()` and so on. Default none. */
  readonly ignore?: Ignore | readonly Ignore[];
  /**
   * What to do about an entry of `ignore` that matched nothing. `warn` (the default): one process warning for
   * each entry; `fail`: a LeakError; `ignore`: nothing. `ignoreCurrent()` is exempt.
   */
  readonly unmatched?: 'warn' | 'fail' | 'ignore';
}

/** Options of a check that fails if there are leaks: `verifyNone`. */
export interface VerifyOptions extends LeakOptions {
  /** Called and awaited at the end of the check, whether or not it found leaks; the check fails after that. Like goleak's `Cleanup`. */
  readonly cleanup?: (outcome: LeakOutcome) => unknown;
}

/** Options of the leak checks of a test file. */
export interface SessionOptions extends VerifyOptions {
  /**
   * Whether failed tests are checked, and the file at its end if a test failed. Default false, as in goleak:
   * the failure should be mended first.
   */
  readonly runOnFailure?: boolean;
  /**
   * Whether the connections of reported responses stop keeping the process alive when the file has ended, so
   * that the test runner can end. They are not closed. Default true.
   */
  readonly unref?: boolean;
}

/** The options with their defaults. */
export interface Settings {
  readonly retries: number;
  readonly maxDelay: number;
  readonly idle: 'ignore' | 'fail';
  readonly mocked: 'ignore' | 'fail';
  readonly suspectAfter: number;
  readonly severity: 'suspect' | 'proven';
  readonly resources: boolean;
  readonly ignore: readonly Ignore[];
  readonly unmatched: 'warn' | 'fail' | 'ignore';
}

const NUMBERS = ['retries', 'maxDelay', 'suspectAfter'] as const;
const CHOICES = { idle: ['ignore', 'fail'], mocked: ['ignore', 'fail'], severity: ['suspect', 'proven'], unmatched: ['warn', 'fail', 'ignore'] } as const;
const SEARCH = [...NUMBERS, ...Object.keys(CHOICES), 'resources', 'ignore'];
const KNOWN = { search: SEARCH, verify: [...SEARCH, 'cleanup'], session: [...SEARCH, 'cleanup', 'runOnFailure', 'unref'] } as const;

/**
 * Checks the options and fills in the defaults.
 *
 * @throws TypeError for an unknown option or a value that the option cannot have.
 */
export function checkOptions(options: SessionOptions, of: keyof typeof KNOWN): Settings {
  if (typeof options !== 'object' || options === null) throw new TypeError(`the options of a leak check are an object, not ${inspect(options)}`);
  for (const name of Object.keys(options)) refuseUnknown(name, of);
  for (const name of NUMBERS) {
    const value = options[name];
    if (value !== undefined && !(typeof value === 'number' && value >= 0)) throw new TypeError(`${name} is a number that is not negative, not ${inspect(value)}`);
  }
  for (const name of Object.keys(CHOICES) as (keyof typeof CHOICES)[]) {
    const [choices, value] = [CHOICES[name] as readonly unknown[], options[name]];
    if (value !== undefined && !choices.includes(value)) throw new TypeError(`${name} is ${choices.map((choice) => inspect(choice)).join(' or ')}, not ${inspect(value)}`);
  }
  for (const name of ['resources', 'runOnFailure', 'unref'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'boolean') throw new TypeError(`${name} is true or false, not ${inspect(options[name])}`);
  }
  if (options.cleanup !== undefined && typeof options.cleanup !== 'function') throw new TypeError(`cleanup is a function, not ${inspect(options.cleanup)}`);
  const { retries = 20, maxDelay = 100, idle = 'ignore', mocked = 'ignore', suspectAfter = DEFAULT_SUSPECT_AFTER, severity = 'suspect', resources = false, unmatched = 'warn' } = options;
  return { retries, maxDelay, idle, mocked, suspectAfter, severity, resources, unmatched, ignore: checkIgnore(options.ignore) };
}

function refuseUnknown(name: string, of: keyof typeof KNOWN): void {
  if (KNOWN[of].includes(name)) return;
  if (name === 'cleanup') throw new TypeError('cleanup is an option of verifyNone and of a file of tests: a search has no outcome to tell');
  if (name === 'runOnFailure') throw new TypeError('runOnFailure is an option of a file of tests: a single check does not know what failed');
  if (name === 'unref') throw new TypeError('unref is an option of a file of tests: after a single check the program goes on');
  throw new TypeError(`a leak check has no option ${inspect(name)}; it has ${KNOWN[of].join(', ')}`);
}

function checkIgnore(ignore: unknown): readonly Ignore[] {
  const entries: unknown[] = Array.isArray(ignore) ? ignore : ignore === undefined ? [] : [ignore];
  return entries.map((entry) => {
    if (entry instanceof Ignore) return entry;
    throw new TypeError(`ignore takes what ignoreCurrent(), ignoreTopFunction(), ignoring() and their like return, or a list of those, not ${inspect(entry)}`);
  });
}
