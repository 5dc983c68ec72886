/** Which idle connections are used again: none of which it can be known that the server has given it up. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, GotConnInfo, RequestInit } from 'watertight';
import { onLoopback } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';

/** Makes a request, reads its response, and says how it got its connection. */
async function gotConn(client: Client, url: string, init: RequestInit = {}): Promise<GotConnInfo> {
  let info: GotConnInfo | undefined;
  await (await client.request(url, { ...init, trace: { gotConn: (got) => (info = got) } })).text();
  return info!;
}

/** So much time passes at once: the event loop was blocked, or the machine asleep. */
function pass(t: TestContext, ms: number): void {
  const { performance } = globalThis;
  const real = performance.now.bind(performance);
  t.mock.method(performance, 'now', () => real() + ms);
}

const answer = (request: RawRequest): void => request.reply('x');

/** Answers and ends the connection in the same turn, and does not say so. */
function answerAndEnd(request: RawRequest): void {
  request.reply('x');
  request.connection.finish();
}

describe('a connection that has been idle for too long is not used', () => {
  test('although its timer has not come yet', onLoopback(async (net, t) => {
    const server = await net.serve({ onRequest: answer });
    const { client, transport } = net.client({ idleConnTimeout: 60_000 });
    await gotConn(client, server.origin);
    pass(t, 59_000);
    assert.equal((await gotConn(client, server.origin)).reused, true);
    pass(t, 60_000);
    assert.deepEqual(await gotConn(client, server.origin).then(({ reused, idleTime }) => ({ reused, idleTime })), { reused: false, idleTime: 0 });
    assert.deepEqual([transport.stats().opened, transport.stats().closed], [2, 1]);
    t.mock.restoreAll();
  }));

  test('of several, none is; each is closed', onLoopback(async (net, t) => {
    const server = await net.serve({ onRequest: answer });
    const { client, transport } = net.client({ idleConnTimeout: 60_000, maxConnsPerHost: 5 });
    await Promise.all(Array.from({ length: 5 }, () => gotConn(client, server.origin)));
    pass(t, 60_001);
    await Promise.all(Array.from({ length: 5 }, async () => assert.equal((await gotConn(client, server.origin)).idleTime, 0)));
    assert.equal(await server.settlesAt(5), 5);
    assert.ok(transport.stats().closed >= 5);
    t.mock.restoreAll();
  }));

  test('nor one for which the server\'s own time is nearly over (Keep-Alive)', onLoopback(async (net, t) => {
    const server = await net.serve({ onRequest: (request) => request.reply('x', { fields: ['Keep-Alive: timeout=5, max=100'] }) });
    const { client } = net.client();
    await gotConn(client, server.origin);
    pass(t, 3000);
    assert.equal((await gotConn(client, server.origin)).reused, true);
    pass(t, 7100);
    assert.equal((await gotConn(client, server.origin)).reused, false);
    t.mock.restoreAll();
  }));

  test('and one of a server that keeps none (Keep-Alive: timeout=0) is closed at once', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('x', { fields: ['Keep-Alive: timeout=0'] }) });
    const { client } = net.client();
    await gotConn(client, server.origin);
    assert.equal(await server.settlesAt(0), 0);
    assert.equal((await gotConn(client, server.origin)).reused, false);
  }));
});

describe('an end that came with a response is seen before the connection gets a request that can\'t be sent twice', () => {
  const stream = async function* (): AsyncGenerator<string> {
    yield 'x';
  };
  const sendOnce: [what: string, init: () => RequestInit][] = [
    ['a POST', () => ({ method: 'POST', body: 'x' })],
    ['a POST without a body', () => ({ method: 'POST' })],
    ['a PUT of a stream', () => ({ method: 'PUT', body: stream() })],
  ];
  for (const [what, init] of sendOnce) {
    test(what, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: async (request) => {
        await request.body;
        answerAndEnd(request);
      } });
      const { client } = net.client();
      for (let i = 0; i < 30; i++) await gotConn(client, server.origin, init());
      assert.equal(server.requests.length, 30);
    }));
  }

  test('also if the request waited for that connection', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => {
      await request.body;
      answerAndEnd(request);
    } });
    const { client } = net.client({ maxConnsPerHost: 1 });
    await Promise.all(Array.from({ length: 30 }, (_, i) => gotConn(client, `${server.origin}/${i}`, { method: 'POST', body: 'x' })));
    assert.deepEqual(server.requests.map(({ target }) => target), Array.from({ length: 30 }, (_, i) => `/${i}`));
    assert.equal(server.peak, 1);
  }));

  test('and an end that came just before the request', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    const { client } = net.client();
    await gotConn(client, server.origin);
    server.connections[0].finish();
    await once(server.connections[0].socket, 'finish');
    assert.equal((await gotConn(client, server.origin, { method: 'POST', body: 'x' })).reused, false);
    assert.equal(server.requests.length, 2);
  }));

  test('a server that keeps its connections gets all of them on one', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    const { client, transport } = net.client();
    for (let i = 0; i < 20; i++) await gotConn(client, server.origin, { method: 'POST', body: 'x' });
    assert.equal(transport.stats().opened, 1);
    const limited = net.client({ maxConnsPerHost: 2 });
    await Promise.all(Array.from({ length: 20 }, () => gotConn(limited.client, server.origin, { method: 'POST', body: 'x' })));
    assert.equal(limited.transport.stats().opened, 2);
  }));

  test('a cancel, a limit on time or the transport\'s end may come before it is known', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    const { client, transport } = net.client();
    await gotConn(client, server.origin);
    const cancel = new AbortController();
    const cancelled = client.post(server.origin, 'x', { signal: cancel.signal });
    assert.equal(transport.stats().waiting, 1);
    cancel.abort('enough');
    await assert.rejects(cancelled, (reason) => reason === 'enough');
    const late = client.post(server.origin, 'x', { timeout: 1 });
    for (const end = performance.now() + 20; performance.now() < end;);
    await late.then((response) => response.text(), (error: unknown) => assert.match((error as { phase: string }).phase, /waiting for/));
    const closed = client.post(server.origin, 'x');
    const other = client.get(server.origin);
    const ends = Promise.allSettled([closed, other]);
    await transport.close();
    for (const end of await ends) assert.equal((end as PromiseRejectedResult).reason.code, 'ERR_TRANSPORT_CLOSED');
  }));
});

test('what was seen just now is not looked at again: the next GET has the connection at once', onLoopback(async (net, t) => {
  const server = await net.serve({ onRequest: answer });
  const { client, transport } = net.client();
  t.mock.method(performance, 'now', () => 10_000);
  await gotConn(client, server.origin);
  for (const [later, counts] of [[4, { idle: 0, active: 1, waiting: 0 }], [5, { idle: 1, active: 0, waiting: 1 }]] as const) {
    t.mock.method(performance, 'now', () => 10_000 + later);
    const response = client.get(server.origin);
    const { idle, active, waiting } = transport.stats();
    assert.deepEqual({ idle, active, waiting }, counts);
    t.mock.method(performance, 'now', () => 10_000);
    assert.equal(await (await response).text(), 'x');
  }
  assert.equal(transport.stats().opened, 1);
  t.mock.restoreAll();
}));

test('a server that ends a connection directly after a response is trusted with a POST again after a pause', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => (request.index === 0 ? answerAndEnd(request) : request.reply('x')) });
  const { client } = net.client();
  const post = async (): Promise<boolean> => (await gotConn(client, server.origin, { method: 'POST', body: 'x' })).reused;
  assert.equal(await post(), false);
  assert.equal(await post(), false);
  // The end of this one may be on its way as well.
  assert.equal(await post(), false);
  await sleep(10);
  assert.equal(await post(), true);
  assert.equal((await gotConn(client, server.origin)).reused, true);
}));
