/** Owns the search for leaks: what is alive that should not be, after a while for things to settle. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_SUSPECT_AFTER, now, provenLeaks, tasks, type Task } from '../tasks/index.js';
import { leakOfHolder, leakOfTask, type Leak } from './leak.js';

/** Options of a leak check. */
export interface LeakOptions {
  /** How often to look again while something is left. Default 20, as in goleak. */
  readonly retries?: number;
  /** The longest pause between two looks, ms: the first is 1, each twice the one before. Default 100. */
  readonly maxDelay?: number;
  /** Whether idle pooled connections count. Default `ignore`: they are nobody's fault. */
  readonly idle?: 'ignore' | 'fail';
  /** From when on an open response without progress is called suspect, ms. Default 10,000. */
  readonly suspectAfter?: number;
  /** What ran before, from `ignoreCurrent()`: not looked at. */
  readonly ignore?: Baseline;
}

/** What was alive at one moment. */
export interface Baseline {
  readonly tasks: ReadonlySet<number>;
}

const KNOWN = new Set(['retries', 'maxDelay', 'idle', 'suspectAfter', 'ignore']);

/** Proven leaks up to this one were reported: they are over, so each is reported once. */
let reported = 0;

/** A snapshot for `ignore`: what is alive now and is not to be blamed on what follows. Like goleak's `IgnoreCurrent`. */
export function ignoreCurrent(): Baseline {
  return { tasks: new Set(tasks().map((task) => task.id)) };
}

/**
 * What is leaked now, without waiting for anything to settle: every
 * unfinished response, dial and `go()` task, and the proven leaks that were
 * reclaimed since the last check. Most recent last.
 */
export function currentLeaks(options: LeakOptions = {}): Leak[] {
  checkOptions(options);
  return collect(options).leaks;
}

/**
 * What is leaked, after up to `retries` looks (1.4 s by default): empty as soon
 * as nothing is left. A proven leak is reported by one check only.
 *
 * @throws TypeError for an option that is none.
 */
export async function findLeaks(options: LeakOptions = {}): Promise<Leak[]> {
  checkOptions(options);
  const { retries = 20, maxDelay = 100 } = options;
  let found = collect(options);
  for (let attempt = 0, delay = 1; attempt < retries && found.live > 0; attempt++, delay *= 2) {
    await sleep(Math.min(delay, maxDelay));
    found = collect(options);
  }
  reported = Math.max(reported, found.lastProven);
  return found.leaks;
}

function collect(options: LeakOptions): { leaks: Leak[]; live: number; lastProven: number } {
  const { suspectAfter = DEFAULT_SUSPECT_AFTER, idle = 'ignore', ignore } = options;
  const at = now();
  const proven = provenLeaks().filter(({ sequence, reclaimed }) => reclaimed && sequence > reported);
  const leaks = proven.map((leak) => ({ ...leakOfHolder(leak, null, at, suspectAfter), heldFor: leak.foundAt - leak.openedAt }));
  const lastProven = proven.at(-1)?.sequence ?? 0;
  const seen = new Set<object>();
  for (const task of tasks()) {
    if (task.kind === 'main' || ignore?.tasks.has(task.id) === true) continue;
    const leak = leakOf(task, seen, at, suspectAfter, idle);
    if (leak !== null) leaks.push(leak);
  }
  return { leaks, live: leaks.length - proven.length, lastProven };
}

function leakOf(task: Task, seen: Set<object>, at: number, suspectAfter: number, idle: 'ignore' | 'fail'): Leak | null {
  const { holder } = task;
  if (holder !== null) {
    // Both loops of a connection have the same holder.
    if (seen.has(holder)) return null;
    seen.add(holder);
    return leakOfHolder(holder, task, at, suspectAfter);
  }
  if (task.kind === 'connection' && (idle === 'ignore' || task.name !== 'readLoop')) return null;
  return leakOfTask(task);
}

function checkOptions(options: LeakOptions): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('the options of a leak check are an object');
  for (const name of Object.keys(options)) if (!KNOWN.has(name)) throw new TypeError(`a leak check has no option ${JSON.stringify(name)}; it has ${[...KNOWN].join(', ')}`);
  for (const name of ['retries', 'maxDelay', 'suspectAfter'] as const) {
    const value = options[name];
    if (value !== undefined && !(typeof value === 'number' && value >= 0)) throw new TypeError(`${name} is a number that is not negative, not ${String(value)}`);
  }
  if (options.idle !== undefined && options.idle !== 'ignore' && options.idle !== 'fail') throw new TypeError(`idle is 'ignore' or 'fail', not ${JSON.stringify(options.idle)}`);
}
