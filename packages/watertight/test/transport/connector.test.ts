/** The limits and the late binding, on real connections. */

import assert from 'node:assert/strict';
import net_ from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { Transport, type Response } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { onLoopback } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';
import { markedLine } from '../tasks/marked-line.js';

const echo = (request: RawRequest): void => request.reply(request.target);

/** Waits for what the next turns bring, up to a bound that only a fault meets. */
async function until(what: string, holds: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 5000; !holds(); await sleep(2)) {
    if (performance.now() > deadline) assert.fail(`it never came that ${what}`);
  }
}

describe('maxConnsPerHost', () => {
  test('is never exceeded, and requests are served in the order they came', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const { client } = net.client({ maxConnsPerHost: 2 });
    const served: number[] = [];
    await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      const response = await client.get(`${server.origin}/${i}`);
      served.push(i);
      await response.text();
    }));
    assert.equal(server.peak, 2);
    assert.deepEqual(server.requests.map(({ target }) => target), Array.from({ length: 20 }, (_, i) => `/${i}`));
    assert.deepEqual(served, Array.from({ length: 20 }, (_, i) => i));
  }));

  test('counts each host alone', onLoopback(async (net) => {
    const [a, b] = [await net.serve({ onRequest: echo }), await net.serve({ onRequest: echo })];
    const { client } = net.client({ maxConnsPerHost: 1 });
    const held = await client.get(a.origin);
    await (await client.get(b.origin)).text();
    await held.text();
  }));

  test('a place comes free by EOF, by close, by a cancel and by the server\'s end', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell') });
    const { client, transport } = net.client({ maxConnsPerHost: 1 });
    const ways: ((response: Response, cancel: AbortController) => unknown)[] = [
      async (response) => {
        server.connections.at(-1)!.write('o');
        await response.text();
      },
      (response) => response.close(),
      (_response, cancel) => cancel.abort(),
      () => server.connections.at(-1)!.reset(),
    ];
    for (const way of ways) {
      const cancel = new AbortController();
      const response = await client.get(server.origin, { signal: cancel.signal });
      const next = client.get(server.origin);
      await turn();
      assert.equal(transport.stats().waiting, 1);
      await way(response, cancel);
      await (await next).close();
    }
  }));

  test('a dial that fails gives its place to the next', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    let dials = 0;
    const { client } = net.client({ maxConnsPerHost: 1, dial: async ({ port }) => {
      await turn();
      if (dials++ === 0) throw new Error('bad luck');
      return net_.connect(port, '127.0.0.1');
    } });
    const [first, second] = await Promise.allSettled([client.get(server.origin), client.get(server.origin)]);
    assert.equal(first.status, 'rejected');
    assert.ok(second.status === 'fulfilled');
    await second.value.text();
  }));
});

test('maxWaitersPerHost: who is one too many is refused at once, and told who holds the connections', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: echo });
  const { client } = net.client({ maxConnsPerHost: 1, maxWaitersPerHost: 1 });
  const held = await client.get(server.origin); // at: refused holder
  const waits = client.get(server.origin);
  await assert.rejects(client.get(server.origin), (error: Error & { code: string }) => {
    assert.equal(error.code, 'ERR_TOO_MANY_WAITERS');
    assert.match(error.message, new RegExp(`connector\\.test\\.ts:${markedLine(import.meta.url, 'refused holder').line}:`));
    return true;
  });
  await held.text();
  await (await waits).text();
}));

describe('the idle connections', () => {
  test('maxIdleConnsPerHost keeps so many', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const { client, transport } = net.client({ maxIdleConnsPerHost: 2 });
    const responses = await Promise.all(Array.from({ length: 5 }, () => client.get(server.origin)));
    for (const response of responses) await response.text();
    await turn();
    assert.equal(transport.stats().idle, 2);
    assert.equal(await server.settlesAt(2), 2);
  }));

  test('by default all of maxIdleConns may be one host\'s', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const { client, transport } = net.client({ maxIdleConns: 4 });
    for (const response of await Promise.all(Array.from({ length: 6 }, () => client.get(server.origin)))) await response.text();
    await turn();
    assert.equal(transport.stats().idle, 4);
  }));

  test('negative keeps none', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const { client, transport } = net.client({ maxIdleConnsPerHost: -1 });
    for (let i = 1; i <= 2; i++) {
      await (await client.get(server.origin)).text();
      await turn();
      const { idle, closed } = transport.stats();
      assert.deepEqual({ idle, closed }, { idle: 0, closed: i });
    }
  }));

  test('maxIdleConns: the least recently used of all hosts goes', onLoopback(async (net) => {
    const servers = [await net.serve({ onRequest: echo }), await net.serve({ onRequest: echo }), await net.serve({ onRequest: echo })];
    const { client, transport } = net.client({ maxIdleConns: 2 });
    const [a, b, c] = servers.map(({ origin }) => origin);
    for (const origin of [a, b, a, c]) await (await client.get(origin)).text();
    await turn();
    assert.deepEqual(transport.stats().hosts.filter(({ idle }) => idle > 0).map(({ key }) => key).sort(), [a, c].sort());
    assert.equal(await servers[1].settlesAt(0), 0);
  }));

  test('the most recently used serves the next request', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const { client } = net.client();
    // Read in an order of its own: the one read last was used last.
    const [first, second] = await Promise.all([client.get(`${server.origin}/first`), client.get(`${server.origin}/second`)]);
    await second.text();
    await first.text();
    for (let i = 0; i < 3; i++) await (await client.get(server.origin)).text();
    const idOf = (target: string): number | undefined => server.requests.find((request) => request.target === target)?.connection.id;
    assert.deepEqual(server.requests.slice(2).map(({ connection }) => connection.id), Array.from({ length: 3 }, () => idOf('/first')));
  }));

  test('idleConnTimeout ends each at its own time, none before it', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const { client, transport } = net.client({ idleConnTimeout: 80 });
    const started = performance.now();
    await (await client.get(server.origin)).text();
    await until('the idle connection ended', () => transport.stats().idle === 0);
    assert.ok(performance.now() - started >= 75);
    assert.equal(taskCount(), 1);
    // One that is used again starts its time anew.
    await (await client.get(server.origin)).text();
    // A busy machine may let one be idle for so long all the same.
    let late = 0;
    for (let i = 0; i < 4; i++) {
      const idleSince = performance.now();
      await sleep(30);
      if (performance.now() - idleSince >= 70) late++;
      await (await client.get(server.origin)).text();
    }
    const { opened } = transport.stats();
    assert.ok(opened <= 3 + late, `${opened} connections, though all but ${late} times none was idle for 80 ms`);
    await until('the second ended', () => transport.stats().idle === 0);
  }));

  test('idleConnTimeout 0 keeps them', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const { client, transport } = net.client({ idleConnTimeout: 0 });
    await (await client.get(server.origin)).text();
    await sleep(60);
    assert.equal(transport.stats().idle, 1);
  }));
});

describe('closeIdleConnections', () => {
  test('ends the idle ones at once and busy ones when they would become idle', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const { client, transport } = net.client();
    const [busy, done] = await Promise.all([client.get(server.origin), client.get(server.origin)]);
    await done.text();
    assert.equal(taskCount(), 5);
    transport.closeIdleConnections();
    assert.equal(taskCount(), 3);
    assert.equal(await busy.text(), '/');
    await turn();
    assert.equal(taskCount(), 1);
  }));

  test('holds until the next request', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const { client, transport } = net.client();
    client.closeIdleConnections();
    await (await client.get(server.origin)).text();
    await turn();
    assert.equal(transport.stats().idle, 1);
    client.closeIdleConnections();
    client.closeIdleConnections();
    assert.equal(taskCount(), 1);
  }));
});

describe('late binding', () => {
  test('a connection that comes free serves who waits for a dial; the dial becomes idle', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const held: (() => void)[] = [];
    let dials = 0;
    const { client, transport } = net.client({ dial: async ({ port }) => {
      if (dials++ > 0) await new Promise<void>((resolve) => held.push(resolve));
      return net_.connect(port, '127.0.0.1');
    } });
    const first = await client.get(`${server.origin}/first`);
    const second = client.get(`${server.origin}/second`);
    await turn();
    assert.equal(transport.stats().dialling, 1);
    await first.text();
    assert.equal(await (await second).text(), '/second');
    assert.equal(server.connections.length, 1);
    held[0]();
    await until('the late dial is idle', () => transport.stats().idle === 2);
    const { opened, dialling } = transport.stats();
    assert.deepEqual({ opened, dialling }, { opened: 2, dialling: 0 });
  }));

  test('a late dial that fails bothers nobody', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    let fail: (error: Error) => void = () => {};
    let dials = 0;
    const { client, transport } = net.client({ dial: async ({ port }) => (dials++ > 0 ? new Promise((_, reject) => (fail = reject)) : net_.connect(port, '127.0.0.1')) });
    const first = await client.get(server.origin);
    const second = client.get(server.origin);
    await turn();
    await first.text();
    await (await second).text();
    fail(new Error('late'));
    await until('the dial ended', () => transport.stats().dialling === 0);
  }));

  test('whichever dial is ready first serves who came first', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const held: (() => void)[] = [];
    const { client } = net.client({ dial: async ({ port }) => {
      await new Promise<void>((resolve) => held.push(resolve));
      return net_.connect(port, '127.0.0.1');
    } });
    const [first, second] = [client.get(`${server.origin}/1`), client.get(`${server.origin}/2`)];
    await until('both dial', () => held.length === 2);
    held[1]();
    const response = await Promise.race([first, second]);
    assert.equal(await response.text(), server.requests[0].target);
    held[0]();
    for (const each of await Promise.all([first, second])) await each.text();
  }));
});

test('who waits in vain is told who holds the connections, with line and age', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: echo });
  const { client } = net.client({ maxConnsPerHost: 3 });
  async function previews(): Promise<Response[]> {
    return [await client.get(`${server.origin}/a?token=s3cret`), await client.get(`${server.origin}/b`)]; // at: two holders
  }
  async function report(): Promise<Response> {
    return client.get(`${server.origin}/report`); // at: one holder
  }
  const held = [...(await previews()), await report()];
  const error = await client.get(server.origin, { timeout: 60 }).then(() => assert.fail(), (reason: unknown) => reason as Error & { code: string; phase: string });
  assert.equal(error.code, 'ERR_TIMEOUT');
  assert.equal(error.phase, 'waiting for a connection');
  assert.match(error.message, /3 connections of 3 \(maxConnsPerHost\) to http:\/\/127\.0\.0\.1:\d+ are open, 3 of them held: /);
  const line = (mark: string): number => markedLine(import.meta.url, mark).line;
  assert.match(error.message, new RegExp(`1 by packages/watertight/test/transport/connector\\.test\\.ts:${line('one holder')}:\\d+ \\(report\\), GET http://127\\.0\\.0\\.1:\\d+/report, for \\d+ ms`));
  assert.match(error.message, new RegExp(`connector\\.test\\.ts:${line('two holders')}:\\d+ \\(previews\\)`));
  assert.doesNotMatch(error.message, /s3cret/);
  for (const response of held) await response.close();
}));

test('a signal\'s time-out while waiting says who, with the signal\'s reason as its cause', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: echo });
  const { client } = net.client({ maxConnsPerHost: 1 });
  const held = await client.get(server.origin); // at: signal holder
  await assert.rejects(client.get(server.origin, { signal: AbortSignal.timeout(40) }), (error: Error & { phase: string }) => {
    assert.equal(error.phase, 'waiting for a connection');
    assert.match(error.message, new RegExp(`connector\\.test\\.ts:${markedLine(import.meta.url, 'signal holder').line}:`));
    assert.equal((error.cause as Error).name, 'TimeoutError');
    return true;
  });
  await held.text();
}));

/** The warnings of requests that wait, until the test ends. */
function waitWarnings(t: TestContext): Error[] {
  const told: Error[] = [];
  const take = (warning: Error): void => {
    if (warning.name === 'ConnectionWaitWarning') told.push(warning);
  };
  process.on('warning', take);
  t.after(() => process.off('warning', take));
  return told;
}

test('who waits for long makes the process warn, once, with who holds them', onLoopback(async (net, t) => {
  const told = waitWarnings(t);
  const server = await net.serve({ onRequest: echo });
  const { client } = net.client({ maxConnsPerHost: 1 });
  const held = await client.get(server.origin); // at: warned holder
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const waits = [client.get(server.origin), client.get(server.origin)];
  t.mock.timers.tick(5000);
  t.mock.timers.reset();
  await turn();
  assert.equal(told.length, 1);
  assert.match(told[0].message, new RegExp(`^2 requests wait for a connection to ${server.origin}.*connector\\.test\\.ts:${markedLine(import.meta.url, 'warned holder').line}:`));
  await held.text();
  for (const wait of waits) await (await wait).text();
}));

test('a busy pool, where each waits for a moment, does not make the process warn', onLoopback(async (net, t) => {
  const told = waitWarnings(t);
  const server = await net.serve({ onRequest: echo });
  const { client } = net.client({ maxConnsPerHost: 1 });
  const first = await client.get(server.origin);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const second = client.get(server.origin);
  t.mock.timers.tick(4000);
  await first.text();
  await second;
  const third = client.get(server.origin);
  t.mock.timers.tick(4000);
  t.mock.timers.reset();
  await turn();
  assert.deepEqual(told, []);
  await (await second).text();
  await (await third).text();
}));

/** What there is at the moment; `stats.test.ts` is about what has happened. */
function counted(transport: Transport): object {
  const { idle, active, dialling, waiting, hosts, opened, closed } = transport.stats();
  return { idle, active, dialling, waiting, hosts: hosts.map(({ key, ...host }) => ({ key, idle: host.idle, active: host.active, dialling: host.dialling, waiting: host.waiting })), opened, closed };
}

describe('a transport', () => {
  test('counts what it has, host by host, and what it has made and ended', onLoopback(async (net) => {
    const [a, b] = [await net.serve({ onRequest: echo }), await net.serve({ onRequest: echo })];
    const { client, transport } = net.client({ maxConnsPerHost: 1 });
    assert.deepEqual(counted(transport), { idle: 0, active: 0, dialling: 0, waiting: 0, hosts: [], opened: 0, closed: 0 });
    await (await client.get(a.origin)).text();
    const held = await client.get(b.origin);
    const waits = client.get(b.origin);
    await turn();
    const stats = transport.stats();
    assert.deepEqual(counted(transport), {
      idle: 1, active: 1, dialling: 0, waiting: 1,
      hosts: [{ key: a.origin, idle: 1, active: 0, dialling: 0, waiting: 0 }, { key: b.origin, idle: 0, active: 1, dialling: 0, waiting: 1 }],
      opened: 2, closed: 0,
    });
    await held.close();
    await (await waits).close();
    assert.equal(stats.closed, 0, 'a snapshot does not change');
    assert.deepEqual({ ...counted(transport), hosts: 0 }, { idle: 1, active: 0, dialling: 0, waiting: 0, hosts: 0, opened: 3, closed: 2 });
  }));

  test('cloned has the same options and no connections', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const transport = net.adopt(new Transport({ maxConnsPerHost: 1, disableCompression: true }));
    await (await transport.roundTrip({ url: server.origin })).text();
    const clone = net.adopt(transport.clone());
    assert.equal(clone.stats().idle, 0);
    const held = await clone.roundTrip({ url: server.origin });
    assert.equal(server.requests[1].header('accept-encoding'), undefined);
    assert.equal(server.connections.length, 2);
    const waits = clone.roundTrip({ url: server.origin });
    await turn();
    assert.equal(clone.stats().waiting, 1);
    await held.text();
    await (await waits).text();
  }));

  test('closed ends everything: idle, busy, dialled for, waiting; later requests are refused', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const hanging = await net.serve();
    let dials = 0;
    const { client, transport } = net.client({ maxConnsPerHost: 1, dial: ({ port }) => (dials++ < 2 ? net_.connect(port, '127.0.0.1') : new Promise<never>(() => {})) });
    const unread = await client.get(server.origin);
    const closed = { name: 'TransportError', code: 'ERR_TRANSPORT_CLOSED' };
    const rejected = [
      assert.rejects(client.get(server.origin), closed),
      assert.rejects(client.get(hanging.origin), closed),
      assert.rejects(client.get('http://127.0.0.1:9/'), closed),
    ];
    await until('the server was asked', () => hanging.requests.length === 1);
    await transport.close();
    await Promise.all(rejected);
    await assert.rejects(unread.text(), closed);
    assert.equal(taskCount(), 1);
    await assert.rejects(client.get(server.origin), closed);
    await transport.close();
  }));

  test('is closed by await using', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    {
      await using transport = new Transport();
      await (await transport.roundTrip({ url: server.origin })).text();
      assert.equal(taskCount(), 3);
    }
    assert.equal(taskCount(), 1);
    assert.equal(await server.settlesAt(0), 0);
  }));
});
