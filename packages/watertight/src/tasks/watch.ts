/**
 * Owns the watch over unfinished responses: which of them outlived the turn
 * they were handed out in, whether their reader still makes progress, and
 * whether their handle was garbage-collected.
 *
 * A response that is read in the same turn of the event loop, as most are,
 * costs two array writes here; only what is left after the turn is registered
 * with the garbage collector.
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
  abandoned: boolean;
  /** Its handle is gone and it is not finished: release what it holds. */
  reclaim(): void;
  /** It turned suspect; called once. */
  turnedSuspect(): void;
}

let fresh: Watched[] = [];
let freshHandles: object[] = [];
let spare: Watched[] = [];
let spareHandles: object[] = [];
let scheduled = false;

const lingering = new Set<Watched>();
const suspects = new WeakSet<Watched>();
const registry = new FinalizationRegistry<Watched>(collected);
let sweep: NodeJS.Timeout | null = null;

/** How often lingering responses are looked at, in ms. */
const SWEEP_INTERVAL = 1000;

/** Watches `watched` until it is finished; `handle` is the object the program holds it by. */
export function watch(watched: Watched, handle: object): void {
  fresh.push(watched);
  freshHandles.push(handle);
  if (!scheduled) {
    scheduled = true;
    setImmediate(settle);
  }
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

function settle(): void {
  scheduled = false;
  const list = fresh;
  const handles = freshHandles;
  fresh = spare;
  freshHandles = spareHandles;
  for (let i = 0; i < list.length; i++) {
    const watched = list[i]!;
    if (watched.finished) continue;
    watched.lingering = true;
    lingering.add(watched);
    registry.register(handles[i]!, watched, watched);
  }
  list.length = 0;
  handles.length = 0;
  spare = list;
  spareHandles = handles;
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

function collected(watched: Watched): void {
  if (watched.finished) return;
  watched.abandoned = true;
  recordProven(watched);
  watched.reclaim();
}
