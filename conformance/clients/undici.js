// undici: `request`; `fetch` where redirects are followed or a coding is undone.

import { createRequire } from 'node:module';
import { Agent, fetch, request } from 'undici7';
import { accepted, hasBody, inParallel, outcomeOf, PATIENCE, pause, REQUEST_BODY } from '../outcome.js';

export const name = 'undici';

/** @returns {string | null} */
export function version() {
  // The release that runs on every Node that is tested.
  return createRequire(import.meta.url)('undici7/package.json').version;
}

/** @param {import('../cases.js').Case[]} cases @param {import('../case-server.js').CaseServer} server */
export function play(cases, server) {
  return inParallel(cases, 16, async ({ kind, method }, index) => {
    const dispatcher = new Agent({ connections: 1 });
    const outcome = await outcomeOf(async () => {
      const url = server.urlOf(index);
      if (kind === 'redirect' || kind === 'coded') return askFetch(url, method, dispatcher);
      const first = await ask(url, method, dispatcher, kind !== 'twice');
      if (kind !== 'twice') return first;
      await pause();
      return `${first}, then ${await ask(`${server.origin}/again`, 'GET', dispatcher, false)}`;
    }, (error) => error.name === 'TimeoutError');
    await dispatcher.destroy();
    return outcome;
  });
}

async function ask(url, method, dispatcher, reset) {
  const { statusCode, body } = await request(url, { method, dispatcher, reset, body: hasBody(method) ? REQUEST_BODY : null, signal: AbortSignal.timeout(PATIENCE) });
  return accepted(statusCode, new Uint8Array(await body.arrayBuffer()));
}

async function askFetch(url, method, dispatcher) {
  const response = await fetch(url, { method, dispatcher, body: hasBody(method) ? REQUEST_BODY : null, signal: AbortSignal.timeout(PATIENCE) });
  return accepted(response.status, new Uint8Array(await response.arrayBuffer()));
}
