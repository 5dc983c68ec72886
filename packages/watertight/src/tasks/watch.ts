/**
 * Owns the watch over unfinished responses: which of them outlived the turn
 * they were handed out in, whether their reader still makes progress, and
 * whether their handle was garbage-collected.
 *
 * A response that is read in the same turn of the event loop, as most are,
 * costs a few writes and its share of one immediate here; only what is left
 * after the turn is registered with the garbage collector.
 */
import { now } from './clock.js';
import { verdictOf, type Holder } from './holder.js';
import { recordProven } from './proven.js';
import { DEFAULT_SUSPECT_AFTER } from './tracking.js';

/** A holder that can be watched. It must not refer to its handle, or the handle could never be collected. */
export interface Watched extends Holder {
  readonly finished: boolean;
  /** Set by the watch, so that finishing costs nothing for what it does not know. */
  lingering: boolean;
  /** What the program holds it by, for the rest of the turn it was given out in; to be cleared when it finishes. */
  handle: object | null;
  /** The next in the list of those. */
  nextFresh: Watched | null;
  abandoned: boolean;
  /** Its handle is gone and it is not finished: release what it holds, where that can be done. If it can't, it stays unfinished. */
  reclaim(): void;
  /** It turned suspect; called once. */
  turnedSuspect(): void;
  /** It outlived its turn, and `handle` is cleared: whatever else of it refers to the handle must let go of it now. */
  lingers?(): void;
}

/** Those given out in this turn. */
let fresh: Watched | null = null;

const lingering = new Set<Watched>();
const suspects = new WeakSet<Watched>();
const registry = new FinalizationRegistry<Watched>(collected);
let sweep: NodeJS.Timeout | null = null;

/** How often lingering responses are looked at, in ms. */
const SWEEP_INTERVAL = 1000;

/** Watches `watched` until it is finished; `handle` is the object the program holds it by. */
export function watch(watched: Watched, handle: object): void {
  watched.handle = handle;
  watched.nextFresh = fresh;
  if (fresh === null) setImmediate(registerFresh);
  fresh = watched;
}

/** Ends the watch over a finished holder whose `lingering` is set. */
export function unwatch(watched: Watched): void {
  watched.lingering = false;
  lingering.delete(watched);
  registry.unregister(watched);
  if (lingering.size === 0 && sweep !== null) {
    clearInterval(sweep);
    sweep = null;
  }
}

/** What was not read in the turn it was given out in; until here it was held, so that no collection comes too early. */
function registerFresh(): void {
  let watched = fresh;
  fresh = null;
  while (watched !== null) {
    const { handle, nextFresh }: Watched = watched;
    watched.nextFresh = watched.handle = null;
    if (handle !== null && !watched.finished) {
      watched.lingering = true;
      lingering.add(watched);
      registry.register(handle, watched, watched);
      watched.lingers?.();
    }
    watched = nextFresh;
  }
  if (lingering.size > 0 && sweep === null) sweep = setInterval(lookForSuspects, SWEEP_INTERVAL).unref();
}

function lookForSuspects(): void {
  const at = now();
  for (const watched of lingering) {
    if (suspects.has(watched) || verdictOf(watched, at, DEFAULT_SUSPECT_AFTER) !== 'suspect') continue;
    suspects.add(watched);
    watched.turnedSuspect();
  }
}

/** The handle of `watched` is gone. Besides the garbage collector, whoever has seen it go may say so. */
export function collected(watched: Watched): void {
  if (watched.finished) return;
  watched.abandoned = true;
  watched.reclaim();
  recordProven(watched, watched.finished);
}
