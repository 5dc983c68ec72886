// What becomes of a case with a client, as text that can be compared: `200 5 2cf24dba`, `refused`, `waits`.

import { createHash } from 'node:crypto';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

/** How long a client may wait for a response or for its next bytes, ms. */
export const PATIENCE = 5000;

/** Between a request and the next one of the same case, ms: what the server sends of its own accord has come by then. */
export const PAUSE = 200;

/** The client does not do what the case is about. */
export const NOT_OFFERED = 'not offered';

/** The body of the requests that have one. */
export const REQUEST_BODY = 'x';

/** @param {string} method */
export function hasBody(method) {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

/** @param {number} status @param {Uint8Array} body */
export function accepted(status, body) {
  return `${status} ${body.length} ${createHash('sha256').update(body).digest('hex').slice(0, 8)}`;
}

/**
 * @param {() => Promise<string>} ask
 * @param {(error: unknown) => boolean} isTimeout
 */
export async function outcomeOf(ask, isTimeout) {
  try {
    return await ask();
  } catch (error) {
    return isTimeout(error) ? 'waits' : 'refused';
  }
}

/** Waits `PAUSE`, and until what has come is read: on a busy machine many timers end in one turn. */
export async function pause() {
  await sleep(PAUSE);
  for (let turns = 0; turns < 5; turns++) await turn();
}

/** Whether an outcome is a response. @param {string} outcome */
export function isAccepted(outcome) {
  return /^\d/.test(outcome);
}

/** Runs `work` on each item, at most `limit` at a time. Resolves with the results in order. */
export async function inParallel(items, limit, work) {
  const results = new Array(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at], at);
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
  return results;
}
