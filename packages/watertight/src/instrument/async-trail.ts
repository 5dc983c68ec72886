/**
 * Owns the way back from a request to the line of the program, where the stack does not show it: a package made the
 * request in a callback, after a timer or behind a promise that nobody awaits (`request`, `teeny-request`, `gaxios`).
 *
 * A hook of async_hooks records the stack at which each promise, tick and timer is made, and in which of them it is
 * made. From the one that makes the request, these records lead back to the program. The hook costs a capture for
 * each promise, so it runs only for a while after a request without a line was seen: most programs never need it.
 * Leak checks start it for the first steps of each test, so that already the first such request has its line.
 */
import type { AsyncHook, executionAsyncResource } from 'node:async_hooks';
import { captureInto, DEEP, framesOf, isCut, leadsToProgram, newStamp, Trace, tracking } from '../tasks/index.js';
import { fault } from './fault.js';

/** Frames recorded of each step: enough for a package's own functions between the program and its first promise. */
const FRAMES = 16;

/** The most steps that are remembered in a row: more than any package takes between a call and its request. */
const LONGEST = 48;

/** The hook ends after so many requests whose line it was asked for, or so many steps. */
const MOST_ASKED = 64;
const MOST_STEPS = 500_000;

/** In leak checks, where a step costs three times as much, it ends after so many steps without such a request. */
const MOST_STEPS_CHECKED = 50_000;

/** What a step of Node itself counts: its loader makes dozens for each module of a package that is loaded by the first call. */
const NODES_OWN = 0.1;

const KINDS = new Set(['PROMISE', 'TickObject', 'Immediate', 'Timeout', 'Microtask']);

/**
 * The record of one promise, tick or timer. It never refers to the thing itself. An unread stack refers to the receivers
 * of its frames, so the record before is then referred to weakly: a long chain would keep responses from being collected.
 * Where the stack is read at once (in leak checks), it is kept, because the promise or timer it belongs to may be gone
 * by the time of the request.
 */
class Step extends Trace {
  private weak: WeakRef<Step> | null = null;
  private readonly kept: Step | null;
  private readonly weakBefore: WeakRef<Step> | null;
  /** Its place in a row of records that keep each other: each row has an end. */
  private readonly place: number;

  constructor(before: Step | null, isRead: boolean) {
    super();
    this.place = before === null ? 0 : (before.place + 1) % LONGEST;
    this.kept = isRead && this.place !== 0 ? before : null;
    this.weakBefore = before === null || this.kept !== null ? null : (before.weak ??= new WeakRef(before));
  }

  /** The record of the one in which this was made; null if there is none, or if it is gone. */
  get before(): Step | null {
    return this.kept ?? this.weakBefore?.deref() ?? null;
  }
}

const stamp = newStamp<Step>();

let hook: AsyncHook | null = null;
let isOn = false;
/** So many steps are still recorded before the hook ends. */
let left = 0;
let asked = 0;
/** Node's own; null before the hook ran for the first time. */
let currentResource: typeof executionAsyncResource | null = null;

function init(_id: number, type: string, _trigger: number, resource: object): void {
  if (!KINDS.has(type)) return;
  let share = 1;
  try {
    // In leak checks, since a test may ask whether the functions and receivers of the frames are collected.
    const isRead = tracking.floor === 2;
    const step = new Step(stamp.read(currentResource!()), isRead);
    captureInto(step, init, FRAMES);
    if (isRead && framesOf(step).length === 0) share = NODES_OWN;
    stamp.put(resource, step);
  } catch {
    // An error in a hook of async_hooks would end the process.
  }
  left -= share;
  if (left <= 0) endAsyncTrail();
}

export function isTrailOn(): boolean {
  return isOn;
}

/** Records the next `steps` promises, ticks and timers, or more if more are already to be recorded. */
export function beginAsyncTrail(steps: number): void {
  left = Math.max(left, steps);
  if (isOn) return;
  isOn = true;
  asked = 0;
  // Loaded when it is needed: an import would load more than most programs ever do.
  const { createHook, executionAsyncResource } = process.getBuiltinModule('node:async_hooks');
  currentResource = executionAsyncResource;
  hook ??= createHook({ init });
  hook.enable();
}

/** Ends the hook. */
export function endAsyncTrail(): void {
  if (!isOn) return;
  isOn = false;
  left = 0;
  hook?.disable();
}

/**
 * Adds to a trace without a line of the program the frames of the nearest step that has one; does nothing to any
 * other. Called in the turn in which the trace was captured.
 */
export function completeTrace(trace: Trace): void {
  try {
    if (leadsToProgram(trace)) return;
    const wasOn = isOn;
    if (tracking.floor === 2) beginAsyncTrail(MOST_STEPS_CHECKED);
    else if (!wasOn) beginAsyncTrail(MOST_STEPS);
    if (!wasOn) return;
    const own = framesOf(trace);
    let step = isCut(trace, DEEP) ? null : stamp.read(currentResource!());
    for (let length = 0; step !== null && length < LONGEST; length++, step = step.before) {
      if (leadsToProgram(step)) {
        trace.frames = [...own, ...framesOf(step)];
        break;
      }
      // The line may be among the frames that were cut off. One further back is where the program was before.
      if (isCut(step, FRAMES)) break;
    }
    if (++asked > MOST_ASKED && tracking.floor < 2) endAsyncTrail();
  } catch (error) {
    fault(error);
  }
}
