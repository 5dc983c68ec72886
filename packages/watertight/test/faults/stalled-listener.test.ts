/** Connects that the system leaves hanging: a listener that never accepts, its backlog full. Linux only. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertWorks, onLoopback, settle } from '../fixtures/loopback.js';
import { RawServer } from '../fixtures/raw-server.js';
import { noStall as skip, stall } from '../fixtures/stall.js';

test('a connect that is not answered ends in the dial timeout', { skip }, onLoopback(async (loop) => {
  const listener = await stall();
  try {
    const { client, transport } = loop.client({ dialTimeout: 300 });
    const { error } = await settle(client.get(`http://127.0.0.1:${listener.port}/`, { timeout: 60_000 }));
    assert.equal(error!.name, 'TimeoutError');
    assert.match(error!.message, /dialTimeout/);
    assert.equal(transport.stats().dialling, 0);
  } finally {
    await listener.release();
  }
}));

test('if the first address does not answer, the next one serves within the attempt delay', { skip }, onLoopback(async (loop) => {
  const listener = await stall('127.0.0.2');
  const server = await RawServer.start({ port: listener.port, onRequest: (request) => request.reply('hello') });
  try {
    const addresses = [{ address: '127.0.0.2', family: 4 }, { address: '127.0.0.1', family: 4 }];
    const lookup = ((_host: string, options: { all?: boolean }, callback: (...args: unknown[]) => void) =>
      options.all ? callback(null, addresses) : callback(null, addresses[0].address, 4)) as never;
    const { client, transport } = loop.client({ lookup });
    await assertWorks(client, `http://a.test:${listener.port}/`);
    transport.closeIdleConnections();
    assert.equal(await server.settlesAt(0), 0);
  } finally {
    await server.stop();
    await listener.release();
  }
}));
