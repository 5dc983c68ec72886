/**
 * Owns the time of the event loop's turn: read once in each turn in which
 * somebody asks. Many requests begin and are answered in one turn, and reading
 * the clock twice for each is a good part of what observing them may cost.
 */
import { now } from '../tasks/index.js';

/** As it was before a test put another in its place, which might never run. */
const atEndOfTurn = setImmediate;

let turn = -1;

/** Monotonic milliseconds at the first call in this turn. */
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
