/**
 * Owns the time of the current turn of the event loop, which is read at most once in each turn. Many requests
 * begin and are answered in one turn, and two clock reads for each would be a large part of the cost of
 * observing them.
 */
import { now } from '../tasks/index.js';

/** Kept from before a test can replace it by a fake timer that may never run. */
const atEndOfTurn = setImmediate;

let turn = -1;

/** Monotonic milliseconds at the first call in the current turn. */
export function turnTime(): number {
  if (turn === -1) {
    turn = now();
    atEndOfTurn(forget);
  }
  return turn;
}

function forget(): void {
  turn = -1;
}
