// This client.

import { Client, Transport } from 'watertight';
import { accepted, hasBody, inParallel, outcomeOf, PATIENCE, pause, REQUEST_BODY } from '../outcome.js';

export const name = 'watertight';

/** @returns {string | null} */
export function version() {
  return '';
}

/** @param {import('../cases.js').Case[]} cases @param {import('../case-server.js').CaseServer} server */
export function play(cases, server) {
  return inParallel(cases, 16, async ({ kind, method }, index) => {
    const transport = new Transport({ disableKeepAlives: kind !== 'twice', disableCompression: kind !== 'coded' });
    const client = new Client({ transport, timeout: PATIENCE });
    const outcome = await outcomeOf(async () => {
      const first = await ask(client, server.urlOf(index), method, kind);
      if (kind !== 'twice') return first;
      await pause();
      return `${first}, then ${await ask(client, `${server.origin}/again`, 'GET', kind)}`;
    }, (error) => error.name === 'TimeoutError');
    await transport.close();
    return outcome;
  });
}

async function ask(client, url, method, kind) {
  const response = await client.request(url, { method, body: hasBody(method) ? REQUEST_BODY : null, redirect: kind === 'redirect' ? 'follow' : 'manual' });
  return accepted(response.status, await response.bytes());
}
