/** Owns what a connection needs to know of the event loop's turns: when a poll phase has passed, and how long this turn has lasted. */
import { nextCheck, now } from '../tasks/index.js';

type Callback = () => void;

// ---- a whole poll phase

let joining: Callback[] | null = null;

/**
 * Calls `callback` after the event loop has polled the sockets once more, and
 * what it found there was delivered.
 *
 * Node reads a socket once in a turn. The end of a connection that arrives with
 * a response is read one turn after the response, and in between the program may
 * have made the next request already. One `setImmediate` is too early for it: the
 * check phase comes directly after the poll phase in which the response was read.
 */
export function afterPoll(callback: Callback): void {
  if (joining !== null) {
    joining.push(callback);
    return;
  }
  joining = [callback];
  nextCheck(() => {
    const due = joining!;
    joining = null;
    nextCheck(() => {
      for (const each of due) each();
    });
  });
}

// ---- the time that a turn may take

/** How long the pumps of all bodies together may keep the event loop from its other work, ms. */
const SLICE = 10;

/** When the first pump ran in this turn; -1 if none did. */
let sliceStart = -1;
let yielded: Callback[] = [];

/** Whether the pumps have had their time in this turn: then they go on by `afterSlice`. */
export function sliceSpent(): boolean {
  const at = now();
  if (sliceStart !== -1) return at - sliceStart >= SLICE;
  sliceStart = at;
  nextCheck(endSlice);
  return false;
}

/** Calls `callback` in the next turn. Only after `sliceSpent()` was true. */
export function afterSlice(callback: Callback): void {
  yielded.push(callback);
}

function endSlice(): void {
  sliceStart = -1;
  const due = yielded;
  yielded = [];
  // All of them before their promises are settled: they share the next slice too.
  for (const each of due) each();
}
