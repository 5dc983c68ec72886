/**
 * Owns the library's access to timers, which a test may replace by fake ones (sinon, jest, vitest, node:test), and
 * which a simulated browser document replaces by its own, without `setImmediate`, and with numbers for timers.
 *
 * What is part of the event loop, such as the next turn, is never faked: whoever waits for it would wait for ever.
 * The time limits of requests are the program's timers, so that a test can let them expire.
 */

// Kept from before anybody can replace them. A named import is not enough: module.syncBuiltinESMExports() changes it.
// Any import would load node:timers/promises as well, which the program may never need.
const { setImmediate, clearImmediate, setTimeout: setRealTimeout, setInterval: setRealInterval, clearTimeout: clearRealTimeout } = process.getBuiltinModule('node:timers');

/** Calls `fn` in the check phase of this turn of the event loop, as `setImmediate` does. Never faked. */
export function nextCheck(fn: () => void): NodeJS.Immediate {
  return setImmediate(fn);
}

export function cancelCheck(immediate: NodeJS.Immediate): void {
  clearImmediate(immediate);
}

/** Resolves after `ms` milliseconds. Never faked. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setRealTimeout(resolve, ms));
}

/** Resolves in the check phase of this turn of the event loop. Never faked. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The program's `setTimeout`; Node's own if the program's returns a number. `stopTimer` stops it. */
export function startTimer(fn: () => void, ms: number): NodeJS.Timeout {
  const timer: NodeJS.Timeout | number = setTimeout(fn, ms);
  if (typeof timer === 'object') return timer;
  clearTimeout(timer);
  return setRealTimeout(fn, ms);
}

/** The program's `setInterval`; Node's own if the program's returns a number. `stopTimer` stops it. */
export function startInterval(fn: () => void, ms: number): NodeJS.Timeout {
  const timer: NodeJS.Timeout | number = setInterval(fn, ms);
  if (typeof timer === 'object') return timer;
  clearInterval(timer);
  return setRealInterval(fn, ms);
}

/** A timer that is never faked, for what concerns connections and not the program's requests. `stopTimer` stops it. */
export function startOwnTimer(fn: () => void, ms: number): NodeJS.Timeout {
  return setRealTimeout(fn, ms);
}

/** Stops a timer, also if timers were faked, or made real again, since its start. */
export function stopTimer(timer: NodeJS.Timeout): void {
  // Node's timers have this field. A fake clearTimeout leaves them running, and may complain.
  if ('_onTimeout' in timer) clearRealTimeout(timer);
  else clearTimeout(timer);
}
