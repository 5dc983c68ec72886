// Node's own client, `node:http`. It follows no redirect and undoes no coding.

import http from 'node:http';
import { accepted, hasBody, inParallel, NOT_OFFERED, outcomeOf, PATIENCE, pause, REQUEST_BODY } from '../outcome.js';

export const name = 'node:http';

/** @returns {string | null} */
export function version() {
  return process.versions.node;
}

/** @param {import('../cases.js').Case[]} cases @param {import('../case-server.js').CaseServer} server */
export function play(cases, server) {
  return inParallel(cases, 16, async ({ kind, method }, index) => {
    if (kind === 'redirect' || kind === 'coded') return NOT_OFFERED;
    const agent = kind === 'twice' ? new http.Agent({ keepAlive: true, maxSockets: 1 }) : false;
    const outcome = await outcomeOf(async () => {
      const first = await ask(server.urlOf(index), method, agent);
      if (kind !== 'twice') return first;
      await pause();
      return `${first}, then ${await ask(`${server.origin}/again`, 'GET', agent)}`;
    }, (error) => error.code === 'ABORT_ERR' || error.name === 'TimeoutError');
    if (agent !== false) agent.destroy();
    return outcome;
  });
}

function ask(url, method, agent) {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(PATIENCE);
    const request = http.request(url, { method, agent, signal }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => (response.complete ? resolve(accepted(response.statusCode, Buffer.concat(chunks))) : reject(new Error('the body was cut'))));
      response.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    });
    request.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error('the server changed the protocol'));
    });
    request.end(hasBody(method) ? REQUEST_BODY : undefined);
  });
}
