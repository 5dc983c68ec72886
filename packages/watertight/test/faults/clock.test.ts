/** Time that stands still for the program, and a clock that is set. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startChildServer } from '../fixtures/child-server.js';
import { assertWorks, onLoopback, settle } from '../fixtures/loopback.js';

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('50 responses that came while the thread was busy win over the timers that ran out meanwhile', onLoopback(async (loop) => {
  const server = await startChildServer('fixtures/slow-server.js');
  try {
    const { client } = loop.client({ responseHeaderTimeout: 400 });
    // The connections exist before, so that what the block meets is the wait for heads alone.
    await Promise.all(Array.from({ length: 50 }, async () => (await client.get(`${server.origin}/wait/20`)).bytes()));
    const asking = Array.from({ length: 50 }, async () => (await client.get(`${server.origin}/wait/100`, { timeout: 1000 })).text());
    await new Promise((resolve) => setTimeout(resolve, 50));
    block(1500);
    const texts = await Promise.all(asking);
    assert.ok(texts.every((text) => text === '/wait/100'));
  } finally {
    await server.stop();
  }
}));

test('time that has passed in a busy thread counts for what was not answered', onLoopback(async (loop) => {
  const server = await loop.serve();
  const { client } = loop.client();
  const asking = settle(client.get(server.origin, { timeout: 600 }));
  // Due after the request's deadline, unless the block was not counted.
  const late = new Promise((resolve) => setTimeout(resolve, 1000, 'late'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  block(500);
  const first = await Promise.race([asking, late]);
  assert.notEqual(first, 'late');
  assert.equal((await asking).error!.name, 'TimeoutError');
}));

for (const [direction, hours] of [['forward', 1], ['back', -1]] as const) {
  test(`a clock set ${direction} by an hour moves no timeout and ends no idle connection`, onLoopback(async (loop, t) => {
    const server = await loop.serve({ onRequest: (request) => request.target !== '/silent' && request.reply('hello') });
    const { client } = loop.client({ idleConnTimeout: 30_000 });
    await assertWorks(client, server.origin);
    const now = Date.now.bind(Date);
    t.mock.method(Date, 'now', () => now() + hours * 3_600_000);
    await assertWorks(client, server.origin);
    assert.equal(server.connections.length, 1);
    const started = performance.now();
    const { error } = await settle(client.get(`${server.origin}/silent`, { timeout: 200 }));
    const elapsed = performance.now() - started;
    assert.equal(error!.name, 'TimeoutError');
    assert.ok(elapsed > 150, `${elapsed.toFixed(0)} ms`);
  }));
}
