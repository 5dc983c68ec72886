/** Many requests, few connections. The server is a process of its own. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { startChildServer, type ChildServer } from '../fixtures/child-server.js';
import { assertEmpty, assertWorks, onLoopback, settle } from '../fixtures/loopback.js';

describe('under load', () => {
  let server: ChildServer;
  before(async () => {
    server = await startChildServer('fixtures/slow-server.js');
  });
  after(() => server.stop());

  async function ask(what: string): Promise<number> {
    return Number(await (await fetch(`${server.origin}/${what}`, { headers: { Connection: 'close' } })).text());
  }

  test('10,000 concurrent requests to one host over 100 connections: all answered, in order, never more sockets', onLoopback(async (loop) => {
    const { client, transport } = loop.client({ maxConnsPerHost: 100 });
    const order: number[] = [];
    const before = process.memoryUsage().heapUsed;
    const asking = Array.from({ length: 10_000 }, async (_, i) => {
      const response = await client.get(`${server.origin}/wait/10`, { timeout: 60_000 });
      await response.bytes();
      order.push(i);
      assert.equal(response.status, 200);
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const queued = (process.memoryUsage().heapUsed - before) / 10_000;
    const { active, dialling, waiting } = transport.stats();
    assert.ok(active + dialling <= 100 && waiting >= 9000, `${active} active, ${dialling} dialling, ${waiting} waiting`);
    await Promise.all(asking);
    assert.ok(queued < 10_000, `${queued.toFixed(0)} bytes of heap per waiting request`);
    // First come, first served: nobody is overtaken by more than a few rounds of the connections.
    const displaced = Math.max(...order.map((asked, answered) => Math.abs(asked - answered)));
    assert.ok(displaced < 1000, `a request was ${displaced} places out of turn`);
    assert.ok((await ask('peak')) <= 101);
  }));

  test('1,000 hosts asked three times each keep at most 100 idle connections, the least recently used go first', onLoopback(async (loop) => {
    const { client, transport } = loop.client({ maxIdleConns: 100, dial: () => net.connect(server.port, '127.0.0.1') });
    for (let i = 0; i < 1000; i += 50) {
      await Promise.all(Array.from({ length: 50 }, async (_, j) => {
        for (let k = 0; k < 3; k++) await (await client.get(`http://h${i + j}.test/`)).bytes();
      }));
      assert.ok(transport.stats().idle <= 100);
    }
    const kept = transport.stats().hosts.map(({ key }) => Number(/h(\d+)\.test/.exec(key)?.[1]));
    assert.ok(Math.min(...kept) >= 900, 'a host that was used long ago is kept, a later one was dropped');
    transport.closeIdleConnections();
    assertEmpty(transport);
  }));

  test('2,000 responses with `Connection: close` leave nothing behind and do not grow the heap', onLoopback(async (loop) => {
    const { client, transport } = loop.client();
    const round = async (): Promise<void> => {
      await Promise.all(Array.from({ length: 20 }, async () => (await client.get(`${server.origin}/close`)).bytes()));
    };
    for (let i = 0; i < 50; i++) await round();
    for (let i = 0; i < 3; i++) global.gc?.();
    const half = process.memoryUsage().heapUsed;
    for (let i = 0; i < 50; i++) await round();
    for (let i = 0; i < 3; i++) global.gc?.();
    const grown = (process.memoryUsage().heapUsed - half) / 1000;
    assert.ok(grown < 1000, `${grown.toFixed(0)} bytes per request`);
    assert.equal(transport.stats().idle, 0);
    assert.equal(await ask('open'), 0);
  }));

  test('3,000 requests on one signal, each with a limit on its time, do not grow the heap', onLoopback(async (loop) => {
    const { client } = loop.client();
    const { signal } = new AbortController();
    const used = async (): Promise<number> => {
      for (let i = 0; i < 1000; i++) await (await client.get(server.origin, { signal, timeout: 60_000 })).bytes();
      for (let i = 0; i < 3; i++) {
        global.gc?.();
        await turn();
      }
      return process.memoryUsage().heapUsed;
    };
    await used();
    const half = await used();
    const grown = ((await used()) - half) / 1000;
    assert.ok(grown < 300, `${grown.toFixed(0)} bytes per request`);
  }));

  test('a waiter that gives up tells who holds the connections', onLoopback(async (loop) => {
    const { client } = loop.client({ maxConnsPerHost: 2 });
    const held = [await client.get(`${server.origin}/bytes/5`), await client.get(`${server.origin}/bytes/5`)];
    const { error } = await settle(client.get(server.origin, { timeout: 200 }));
    assert.equal(error!.name, 'TimeoutError');
    assert.match(error!.message, /load\.test\.[jt]s/);
    for (const response of held) await response.close();
    await assertWorks(client, server.origin);
  }));
});
