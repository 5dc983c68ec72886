/** What programs forget: bodies half read and dropped, responses ignored. The server is a process of its own. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'watertight';
import { findLeaks } from 'watertight/leak';
import { taskCount } from 'watertight/tasks';
import { startChildServer, type ChildServer } from '../fixtures/child-server.js';
import { assertWorks, onLoopback } from '../fixtures/loopback.js';
import { SeededRandom } from '../fixtures/seeded-random.js';

const WORKERS = 50;

/** Collects until the dropped responses are reclaimed: a finalizer runs in a turn of its own. */
async function reclaimed(): Promise<void> {
  for (let i = 0; i < 50 && taskCount() > 1; i++) {
    global.gc!();
    await sleep(20);
  }
}

async function askAndDrop(client: Client, url: string): Promise<void> {
  await client.get(url);
}

/** In a function of its own, so that nothing on the caller's stack keeps the response. */
async function readHalfAndDrop(client: Client, url: string): Promise<void> {
  const response = await client.get(url);
  await response.body.read(1000);
}

/** What was reclaimed is told to one leak check, and is over then. */
async function assertProvenOnce(count: number): Promise<void> {
  const leaks = await findLeaks();
  assert.equal(leaks.length, count);
  assert.ok(leaks.every(({ verdict, kind }) => verdict === 'proven' && kind === 'body'));
  assert.deepEqual(await findLeaks(), []);
}

describe('dropped bodies', () => {
  let server: ChildServer;
  before(async () => {
    server = await startChildServer('fixtures/slow-server.js');
  });
  after(() => server.stop());

  async function openAtTheServer(): Promise<number> {
    return Number(await (await fetch(`${server.origin}/open`, { headers: { Connection: 'close' } })).text());
  }

  test('10,000 requests, every tenth cancelled at a random moment, every tenth body dropped half read: nothing is left', onLoopback(async (loop) => {
    const random = new SeededRandom(10_000);
    const { client, transport } = loop.client();
    let next = 0;
    let cancelled = 0;
    const one = async (i: number): Promise<void> => {
      if (i % 10 === 3) return readHalfAndDrop(client, `${server.origin}/bytes/40000`);
      const controller = new AbortController();
      if (i % 10 === 7) setTimeout(() => controller.abort(), random.next() * 5);
      try {
        const response = await client.get(`${server.origin}/bytes/${random.below(40_000)}`, { signal: controller.signal });
        await response.bytes();
      } catch (error) {
        assert.equal((error as Error).name, 'AbortError');
        cancelled++;
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, async () => {
      for (let i = next++; i < 10_000; i = next++) {
        await one(i);
        // As a program would whose responses are garbage now and then.
        if (i % 500 === 0) global.gc!();
      }
    }));
    assert.ok(cancelled > 0);
    transport.closeIdleConnections();
    await reclaimed();
    assert.equal(taskCount(), 1);
    assert.equal(await openAtTheServer(), 0);
    await assertProvenOnce(1000);
  }));

  for (const [what, drop] of [
    ['ignored', askAndDrop],
    ['read in part', readHalfAndDrop],
  ] as const) {
    test(`1,000 responses ${what} and dropped are reclaimed once they are garbage, and the client works on`, onLoopback(async (loop) => {
      const { client, transport } = loop.client();
      for (let i = 0; i < 20; i++) {
        await Promise.all(Array.from({ length: 50 }, () => drop(client, `${server.origin}/bytes/5000`)));
        global.gc!();
        await sleep(1);
      }
      transport.closeIdleConnections();
      await reclaimed();
      assert.equal(transport.stats().active, 0);
      assert.equal(await openAtTheServer(), 0);
      await assertProvenOnce(1000);
      await assertWorks(client, server.origin);
    }));
  }

  test('a response that is still held is a leak until it is closed, and is not taken away', onLoopback(async (loop) => {
    const { client } = loop.client();
    const response = await client.get(`${server.origin}/bytes/5`);
    for (let i = 0; i < 5; i++) {
      global.gc!();
      await sleep(5);
    }
    assert.equal(taskCount(), 3);
    const [leak] = await findLeaks();
    assert.equal(leak.kind, 'body');
    assert.equal((await response.bytes()).length, 5);
    assert.deepEqual(await findLeaks(), []);
  }));
});
