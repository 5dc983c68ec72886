/** Owns whether other HTTP clients are observed: once in a process, whatever the number of copies of this library. */
import { processWide } from '../tasks/index.js';
import { observeGot } from './got.js';
import { observeNodeHttp } from './node-http.js';
import { observeUndici } from './undici.js';

const observation = processWide('observation', () => ({ end: null as (() => void) | null }));

/**
 * Makes each unfinished request of `fetch`, undici (Node's own and npm's,
 * versions 6 to 8), `node:http` and `node:https` a task and a holder record,
 * from now on: as those of this library's own client are. A second call does
 * nothing. Their connections are looked at, never touched.
 */
export function observe(): void {
  if (observation.end !== null) return;
  const ends = [observeNodeHttp(), observeUndici(), observeGot()];
  observation.end = () => {
    for (const end of ends) end();
  };
}

/** Ends what {@link observe} began. Requests under way are followed no further than their tasks. */
export function unobserve(): void {
  observation.end?.();
  observation.end = null;
}
