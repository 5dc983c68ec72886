/** Owns the switch that turns the observation of other HTTP clients on and off, once in a process for all copies of this library. */
import { processWide } from '../tasks/index.js';
import { beginAsyncTrail, endAsyncTrail } from './async-trail.js';
import { observeGot } from './got.js';
import { observeNodeHttp } from './node-http.js';
import { observeUndici } from './undici.js';

const observation = processWide('observation', () => ({ end: null as (() => void) | null, lead: null as ((steps: number) => void) | null }));

/**
 * Makes each unfinished request of `fetch`, undici (Node's own and npm's, versions 6 to 8), `node:http` and
 * `node:https` a task and a holder record from now on, like a request of this library's own client. A second
 * call does nothing. The connections of these clients are observed, never changed.
 */
export function observe(): void {
  if (observation.end !== null) return;
  const ends = [observeNodeHttp(), observeUndici(), observeGot(), endAsyncTrail];
  observation.lead = beginAsyncTrail;
  observation.end = () => {
    for (const end of ends) end();
  };
}

/** Whether some copy of this library observes in this process. */
export function isObserving(): boolean {
  return observation.end !== null;
}

/** Ends what {@link observe} began. Requests in progress keep their tasks but are observed no further. */
export function unobserve(): void {
  observation.end?.();
  observation.end = observation.lead = null;
}

/**
 * From now on, records where each of the next `steps` promises, ticks and timers is made, so that a request which a
 * package makes behind them has the program's line. Does nothing without {@link observe}.
 */
export function leadFromProgram(steps: number): void {
  // A copy of an older version of this library may be the one that observes.
  (observation as Partial<typeof observation>).lead?.(steps);
}
