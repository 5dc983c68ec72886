/** The server ends an idle connection at the moment in which it is used. */

import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertWorks, onLoopback, settle } from '../fixtures/loopback.js';
import { RawServer, type RawRequest } from '../fixtures/raw-server.js';
import { SeededRandom } from '../fixtures/seeded-random.js';

/** Occupies the thread, so that the end of a connection lies in the socket while the next request is written. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE']) {
  test(`200 ${method}s against a server that closes idle connections as they come: none fails`, onLoopback(async (loop) => {
    const random = new SeededRandom(23);
    const server = await loop.serve({
      onRequest: (request) => {
        request.reply(request.method === 'HEAD' ? '' : 'hello');
        const { connection } = request;
        const delay = random.below(3);
        if (delay === 0) connection.finish();
        else setTimeout(() => connection.finish(), delay);
      },
    });
    const { client } = loop.client();
    for (let i = 0; i < 200; i++) {
      const response = await client.request(server.origin, { method, timeout: 10_000 });
      await response.bytes();
      if (random.below(2) === 0) await sleep(random.below(3));
      else block(random.below(3));
    }
  }));
}

test('20 times 25 requests against a server that ends connections by surprise: none fails, none is stuck', onLoopback(async (loop) => {
  const server = await loop.serve({
    onRequest: (request) => {
      request.reply('hello');
      setImmediate(() => request.connection.finish());
    },
  });
  const { client } = loop.client();
  for (let round = 0; round < 20; round++) {
    const texts = await Promise.all(Array.from({ length: 25 }, async () => (await client.get(server.origin, { timeout: 5000 })).text()));
    assert.ok(texts.every((text) => text === 'hello'));
  }
}));

/** Answers the first request of each connection and dies at the second one, which it has read. */
const diesAtTheSecond = {
  onRequest: async (request: RawRequest) => {
    if (request.connection.requests.length > 1) return request.connection.reset();
    await request.body;
    request.reply('hello');
  },
};

test('a GET that dies with a used connection is asked again on a fresh one: 60 of 60 succeed', onLoopback(async (loop) => {
  const server = await loop.serve(diesAtTheSecond);
  const { client } = loop.client();
  for (let i = 0; i < 60; i++) assert.equal(await (await client.get(server.origin, { timeout: 5000 })).text(), 'hello');
}));

test('a POST that dies with a used connection is an error and has reached the server once', onLoopback(async (loop) => {
  const server = await loop.serve(diesAtTheSecond);
  const { client } = loop.client();
  for (let i = 0; i < 10; i++) {
    await assertWorks(client, server.origin);
    const { error } = await settle(client.post(server.origin, `order ${i}`, { timeout: 5000 }));
    assert.equal(typeof error!.code, 'string');
  }
  assert.equal(server.requests.filter(({ method }) => method === 'POST').length, 10);
}));

test('a POST with an Idempotency-Key may be asked again, as in Go', onLoopback(async (loop) => {
  const server = await loop.serve(diesAtTheSecond);
  const { client } = loop.client();
  await assertWorks(client, server.origin);
  const response = await client.post(server.origin, 'order', { headers: { 'Idempotency-Key': '1' }, timeout: 5000 });
  assert.equal(await response.text(), 'hello');
  const posts = server.requests.filter(({ method }) => method === 'POST');
  assert.deepEqual(await Promise.all(posts.map(async ({ body }) => (await body)?.toString())).then((bodies) => bodies.at(-1)), 'order');
}));

test('a response that has begun is never asked for again', onLoopback(async (loop) => {
  const server = await loop.serve({
    onRequest: (request) => {
      if (request.connection.requests.length === 1 && request.target === '/plain') return request.reply('hello');
      request.connection.write('HTTP/1.1 200 OK\r\n');
      setImmediate(() => request.connection.reset());
    },
  });
  const { client } = loop.client();
  await assertWorks(client, `${server.origin}/plain`);
  await assert.rejects(client.get(`${server.origin}/begun`, { timeout: 5000 }));
  assert.equal(server.requests.filter(({ target }) => target === '/begun').length, 1);
}));

for (const how of ['finish', 'reset'] as const) {
  test(`where every connection dies (${how}), a request is asked once on a fresh one and not for ever`, onLoopback(async (loop) => {
    const server = await loop.serve({ onRequest: (request) => (request.target === '/plain' ? request.reply('hello') : request.connection[how]()) });
    const { client } = loop.client();
    await assert.rejects(client.get(`${server.origin}/fresh`, { timeout: 5000 }));
    assert.equal(server.requests.length, 1, 'a fresh connection is not retried');
    await assertWorks(client, `${server.origin}/plain`);
    await assert.rejects(client.get(`${server.origin}/used`, { timeout: 5000 }));
    assert.equal(server.requests.filter(({ target }) => target === '/used').length, 2, 'a used one is retried once');
  }));
}

for (const [kind, body] of [['replayable', () => 'order'], ['streamed', () => (async function* () { yield 'order'; })()]] as const) {
  test(`a ${kind} POST on an idle connection that was destroyed in the same tick reaches the server at most once`, onLoopback(async (loop) => {
    const server = await loop.serve({ onRequest: async (request) => (await request.body, request.reply('hello')) });
    const sockets: net.Socket[] = [];
    const dial = (): net.Socket => {
      const socket = net.connect(server.port, '127.0.0.1');
      sockets.push(socket);
      return socket;
    };
    const { client } = loop.client({ dial });
    for (let i = 0; i < 20; i++) {
      await assertWorks(client, server.origin);
      sockets.at(-1)!.destroy();
      const { value: response, error } = await settle(client.post(`${server.origin}/${i}`, body(), { timeout: 5000 }));
      if (response) assert.equal(await response.text(), 'hello');
      else assert.equal(typeof error.code, 'string');
      const posts = server.requests.filter(({ target }) => target === `/${i}`);
      assert.equal(posts.length, response ? 1 : 0);
    }
  }));
}

test('an unasked 408 on an idle connection is dropped without a word', onLoopback(async (loop, t) => {
  const spoken = [t.mock.method(console, 'error'), t.mock.method(console, 'warn'), t.mock.method(console, 'log'), t.mock.method(process, 'emitWarning')];
  const server = await loop.serve({
    onRequest: (request) => {
      request.reply('hello');
      setTimeout(() => {
        request.connection.write('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        request.connection.finish();
      }, 5);
    },
  });
  const { client, transport } = loop.client();
  for (let i = 0; i < 5; i++) {
    await assertWorks(client, server.origin);
    for (let turns = 0; turns < 500 && transport.stats().idle > 0; turns++) await sleep(10);
    assert.equal(transport.stats().idle, 0);
  }
  for (const method of spoken) assert.equal(method.mock.callCount(), 0);
}));

test('500 requests that meet the end of the idle time: none fails, no connection serves two at once', onLoopback(async (loop) => {
  const random = new SeededRandom(28);
  const busy = new Set<number>();
  const server = await loop.serve({
    onRequest: (request) => {
      assert.ok(!busy.has(request.connection.id), 'one connection serves two requests at once');
      busy.add(request.connection.id);
      setImmediate(() => {
        busy.delete(request.connection.id);
        request.reply('hello');
      });
    },
  });
  const { client } = loop.client({ idleConnTimeout: 5 });
  for (let i = 0; i < 500; i++) {
    assert.equal(await (await client.get(server.origin, { timeout: 5000 })).text(), 'hello');
    await sleep(4 + random.below(3));
  }
  assert.equal(server.requests.length, 500);
}));

test('a server that restarts on its port is found again by the first requests, and no dead socket stays pooled', onLoopback(async (loop) => {
  const onRequest = (request: RawRequest): void => request.reply('hello');
  let server = await RawServer.start({ onRequest: async (request) => (await sleep(20), onRequest(request)) });
  const { port, origin } = server;
  const { client, transport } = loop.client();
  const ask = async (): Promise<string> => (await client.get(origin, { timeout: 5000 })).text();
  await Promise.all(Array.from({ length: 50 }, ask));
  assert.equal(transport.stats().idle, 50);
  await server.stop();
  server = await RawServer.start({ port, onRequest });
  try {
    const texts = await Promise.all(Array.from({ length: 20 }, ask));
    assert.ok(texts.every((text) => text === 'hello'));
    for (let turns = 0; turns < 500 && transport.stats().idle !== server.open.length; turns++) await sleep(10);
    assert.equal(transport.stats().idle, server.open.length);
    transport.closeIdleConnections();
    assert.equal(await server.settlesAt(0), 0);
  } finally {
    await server.stop();
  }
}));
