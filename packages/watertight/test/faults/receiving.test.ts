/** Faults while a response is awaited and read. Cut and stalled messages, byte by byte, are in `corpus`. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertWorks, onLoopback, settle } from '../fixtures/loopback.js';
import { reply, type RawRequest } from '../fixtures/raw-server.js';

const MIB = 1 << 20;

const SLOW_HEADS: [name: string, respond: (request: RawRequest) => unknown][] = [
  ['silence', () => {}],
  ['half a head', ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Le')],
  ['a head of which a byte comes every 20 ms', async ({ connection }) => {
    for (const byte of reply('hello', { fields: [`X-Fill: ${'x'.repeat(500)}`] })) {
      if (!(await connection.send(Buffer.of(byte)))) return;
      await sleep(20);
    }
  }],
  ['interim responses every 20 ms', async ({ connection }) => {
    while (await connection.send('HTTP/1.1 103 Early Hints\r\n\r\n')) await sleep(20);
  }],
];

for (const [what, respond] of SLOW_HEADS) {
  test(`${what} ends in the timeout for the whole head`, onLoopback(async (loop) => {
    const server = await loop.serve({ onRequest: (request) => (request.target === '/plain' ? request.reply('hello') : respond(request)) });
    const { client, transport } = loop.client({ responseHeaderTimeout: 300 });
    const { error } = await settle(client.get(server.origin, { timeout: 60_000 }));
    // Enough interim responses are refused before their time is over; that is a limit of its own.
    if (error!.name === 'TimeoutError') assert.match(error!.message, /responseHeaderTimeout/);
    else assert.match(what, /interim/);
    assert.equal(await server.settlesAt(0), 0);
    assert.equal(transport.stats().active, 0);
    await assertWorks(client, `${server.origin}/plain`);
  }));
}

test('the time for the head starts when the request has been sent', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: async (request) => (await request.body, request.reply('hello')) });
  const { client } = loop.client({ responseHeaderTimeout: 300 });
  const slow = (async function* () {
    for (let i = 0; i < 10; i++) {
      await sleep(60);
      yield 'part';
    }
  })();
  assert.equal(await (await client.post(server.origin, slow)).text(), 'hello');
}));

test('100 bodies of which a byte comes every 50 ms: the idle timeout does not fire, the deadline does', onLoopback(async (loop) => {
  const server = await loop.serve({
    onRequest: async ({ connection }) => {
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
      while (await connection.send('z')) await sleep(50);
    },
  });
  const { client } = loop.client({ bodyIdleTimeout: 2000 });
  const outcomes = await Promise.all(Array.from({ length: 100 }, async () => {
    const response = await client.get(server.origin, { timeout: 2500 });
    return (await settle(response.bytes())).error;
  }));
  for (const error of outcomes) {
    assert.equal(error!.name, 'TimeoutError');
    assert.doesNotMatch(error!.message, /bodyIdleTimeout/);
  }
}));

test('a body that stops coming ends in the idle timeout', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello') });
  const { client } = loop.client({ bodyIdleTimeout: 150 });
  const response = await client.get(server.origin, { timeout: 20_000 });
  assert.equal((await settle(response.bytes())).error!.name, 'TimeoutError');
  assert.equal(await server.settlesAt(0), 0);
}));

test('the caller’s own pause is not the server’s: no idle timeout while nobody reads', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: (request) => request.reply(Buffer.alloc(MIB)) });
  const { client } = loop.client({ bodyIdleTimeout: 100 });
  const response = await client.get(server.origin);
  await response.body.read(10);
  await sleep(400);
  assert.equal((await response.body.readAll()).length, MIB - 10);
}));

for (const framing of ['length', 'chunked', 'close'] as const) {
  test(`cancelling a body (${framing}) is an error to its reader, never a short success`, onLoopback(async (loop) => {
    const server = await loop.serve({
      onRequest: ({ connection }) => connection.write(reply(Buffer.alloc(1000), { framing }).subarray(0, 500)),
    });
    const { client } = loop.client();
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const response = await client.get(server.origin, { signal: controller.signal });
    const reading = settle(response.bytes());
    await sleep(20);
    controller.abort(reason);
    assert.equal((await reading).error, reason);
  }));
}

test('one reader that stops holds up nobody else', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: (request) => request.reply(request.target === '/large' ? Buffer.alloc(32 * MIB) : 'hello') });
  const { client } = loop.client();
  const stalled = await client.get(`${server.origin}/large`);
  await stalled.body.read(10);
  for (let i = 0; i < 100; i++) assert.equal(await (await client.get(server.origin)).text(), 'hello');
  assert.equal((await stalled.body.readAll()).length, 32 * MIB - 10);
}));

test('the small rest of a closed body is drained and its connection kept, if that is asked for', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: (request) => request.reply(Buffer.alloc(request.target === '/large' ? MIB : 2000)) });
  const { client } = loop.client({ drainOnClose: 4096 });
  for (let i = 0; i < 20; i++) {
    const response = await client.get(server.origin);
    await response.body.close();
  }
  assert.equal(server.connections.length, 1);
  const large = await client.get(`${server.origin}/large`);
  await large.body.close();
  await assertWorks(client, server.origin);
  assert.equal(server.connections.length, 2);
}));

test('a server that ends its side after the response is not asked again on that connection', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: (request) => (request.reply('hello'), request.connection.finish()) });
  const { client, transport } = loop.client();
  for (let i = 0; i < 20; i++) {
    assert.equal(await (await client.get(server.origin)).text(), 'hello');
    // The server's end comes when it comes: a request before it would be the race that is retried.
    for (let looks = 0; transport.stats().idle > 0 && looks < 500; looks++) await sleep(2);
    assert.equal(transport.stats().idle, 0);
  }
  assert.ok(server.connections.every(({ requests }) => requests.length === 1));
}));

test('a server that ends its side after the head cuts the body: an error', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: ({ connection }) => (connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'), connection.finish()) });
  const { client } = loop.client();
  const response = await client.get(server.origin);
  assert.equal(typeof (await settle(response.bytes())).error!.code, 'string');
}));

test('an idle connection whose host has gone without a word costs one timeout at most and is not used again', onLoopback(async (loop) => {
  let gone = false;
  const server = await loop.serve({
    // The first connection's host disappears after one response; nothing arrives, nothing is refused.
    onRequest: (request) => {
      if (request.connection.id === 0 && gone) return;
      request.reply('hello');
    },
  });
  const { client, transport } = loop.client({ responseHeaderTimeout: 200 });
  await assertWorks(client, server.origin);
  gone = true;
  const { value: response, error } = await settle(client.get(server.origin, { timeout: 10_000 }));
  if (response) await response.bytes();
  else assert.equal(error.name, 'TimeoutError');
  assert.ok(server.connections[0].hasLeft || (await server.settlesAt(transport.stats().idle)) === transport.stats().idle);
  await assertWorks(client, server.origin);
  assert.equal(server.connections.length, 2);
}));
