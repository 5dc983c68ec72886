/**
 * Owns the watch over unfinished responses: whether a reader still makes progress, and whether the response
 * object was garbage-collected.
 *
 * Most responses are read in the same turn of the event loop in which they were given to the program. Only
 * responses that are still unread after that turn are registered with the garbage collector, because
 * registering each response would cost more than the tracking may.
 */
import { now } from './clock.js';
import { verdictOf, type Holder } from './holder.js';
import { recordProven } from './proven.js';
import { nextCheck, startInterval, stopTimer } from './timers.js';
import { DEFAULT_SUSPECT_AFTER } from './tracking.js';

/** A holder that can be watched. It must not refer to its handle, or the handle could never be garbage-collected. */
export interface Watched extends Holder {
  readonly finished: boolean;
  /** Set by the watch; only a holder that has it set must call {@link unwatch} when it finishes. */
  lingering: boolean;
  /** The object through which the program holds it, until the end of the turn in which it was given out; must be cleared when it finishes. */
  handle: object | null;
  /** The next in the list of holders that were given out in this turn. */
  nextFresh: Watched | null;
  abandoned: boolean;
  /** Called when its handle was garbage-collected before it finished: releases the connection if possible; otherwise it stays unfinished. */
  reclaim(): void;
  /** Called once, when it turns suspect. */
  turnedSuspect(): void;
  /** Called when it is still unfinished after its turn, with `handle` cleared: it must now drop every other reference to its handle. */
  lingers?(): void;
}

/** The holders given out in this turn, as a linked list. */
let fresh: Watched | null = null;

const lingering = new Set<Watched>();
const suspects = new WeakSet<Watched>();
const registry = new FinalizationRegistry<Watched>(collected);
let sweep: NodeJS.Timeout | null = null;

/** How often lingering responses are looked at, in ms. */
const SWEEP_INTERVAL = 1000;

/** Watches `watched` until it is finished; `handle` is the object through which the program holds it. */
export function watch(watched: Watched, handle: object): void {
  watched.handle = handle;
  watched.nextFresh = fresh;
  if (fresh === null) nextCheck(registerFresh);
  fresh = watched;
}

/** Ends the watch over a finished holder that has `lingering` set. */
export function unwatch(watched: Watched): void {
  watched.lingering = false;
  lingering.delete(watched);
  registry.unregister(watched);
  if (lingering.size === 0 && sweep !== null) {
    stopTimer(sweep);
    sweep = null;
  }
}

/** Registers the responses that were not finished in their turn. The list referred to their handles until now, so none was collected too early. */
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
  if (lingering.size > 0 && sweep === null) sweep = startInterval(lookForSuspects, SWEEP_INTERVAL).unref();
}

function lookForSuspects(): void {
  const at = now();
  for (const watched of lingering) {
    if (suspects.has(watched) || verdictOf(watched, at, DEFAULT_SUSPECT_AFTER) !== 'suspect') continue;
    suspects.add(watched);
    watched.turnedSuspect();
  }
}

/** Records that the handle of `watched` is gone. Called by the garbage collector, and by any other code that has seen it go. */
export function collected(watched: Watched): void {
  if (watched.finished) return;
  watched.abandoned = true;
  watched.reclaim();
  recordProven(watched, watched.finished);
}
