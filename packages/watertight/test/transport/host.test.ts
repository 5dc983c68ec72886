/** How closely a host's requests are watched in each mode: whose call site is recorded. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Client } from 'watertight';
import { setTracking, tasks } from 'watertight/tasks';
import { onLoopback } from '../fixtures/loopback.js';

// The leak check, once imported, demands all call sites; here the transports' own word counts.
beforeEach(() => setTracking('off'));
afterEach(() => setTracking('all'));

/** Whether the call site of a request is recorded. */
async function isSited(client: Client, url: string): Promise<boolean> {
  const response = await client.get(url);
  const sited = tasks().some(({ holder }) => holder !== null && holder.trace !== null);
  await response.text();
  return sited;
}

async function countSited(client: Client, url: string, requests: number): Promise<number> {
  let sited = 0;
  for (let i = 0; i < requests; i++) if (await isSited(client, url)) sited++;
  return sited;
}

describe('call sites are recorded', () => {
  test('adaptive: for the first 64 requests to a host, then for one in 32', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    assert.equal(await countSited(client, server.origin, 64), 64);
    assert.equal(await countSited(client, server.origin, 64), 2);
  }));

  test('adaptive: for all of them once a response of the host turned suspect', onLoopback(async (net, t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    await countSited(client, server.origin, 66);
    const forgotten = await client.get(server.origin);
    await turn();
    const { performance } = globalThis;
    const real = performance.now.bind(performance);
    t.mock.method(performance, 'now', () => real() + 11_000);
    t.mock.timers.tick(1000);
    assert.equal(await countSited(client, server.origin, 40), 40);
    await forgotten.close();
  }));

  test('all: always; off: never', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    assert.equal(await countSited(net.client({ track: 'all' }).client, server.origin, 100), 100);
    assert.equal(await countSited(net.client({ track: 'off' }).client, server.origin, 100), 0);
  }));

  test('whatever the transport says, always while a leak check is on', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    setTracking('all');
    assert.equal(await countSited(net.client({ track: 'off' }).client, server.origin, 10), 10);
  }));
});
