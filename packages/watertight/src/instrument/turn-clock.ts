/**
 * Owns the time of the current turn of the event loop, which is read at most once in each turn. Many requests
 * begin and are answered in one turn, and two clock reads for each would be a large part of the cost of
 * observing them.
 */
import { nextCheck, now } from '../tasks/index.js';

let turn = -1;

/** Monotonic milliseconds at the first call in the current turn. */
export function turnTime(): number {
  if (turn === -1) {
    turn = now();
    nextCheck(forget);
  }
  return turn;
}

function forget(): void {
  turn = -1;
}
