/** A request can be cancelled at any moment: its promise rejects with the caller's reason, and nothing is left. */

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, TransportOptions } from 'watertight';
import { gzipSync } from 'node:zlib';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { assertWorks, onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import { reply, type RawRequest, type RawServer, type RawServerOptions } from '../fixtures/raw-server.js';
import { SeededRandom } from '../fixtures/seeded-random.js';

const reason = new Error('no longer wanted');
const never = new Promise<never>(() => {});

/** Whether it settles while the event loop turns so often: "at once", on a slow machine too. */
async function withinTurns(promise: Promise<unknown>, turns: number): Promise<boolean> {
  let settled = false;
  const note = (): void => void (settled = true);
  promise.then(note, note);
  for (let turn = 0; turn < turns && !settled; turn++) await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

interface Phase {
  name: string;
  serve?: (request: RawRequest) => unknown;
  listen?: RawServerOptions;
  options?: (server: RawServer) => TransportOptions;
  url?: (server: RawServer) => string;
  /** Ends once the phase has begun. */
  ask?: (client: Client, url: string, signal: AbortSignal) => Promise<unknown>;
}

const PHASES: Phase[] = [
  { name: 'the look-up', options: () => ({ lookup: (() => {}) }), url: ({ port }) => `http://a.test:${port}/` },
  { name: 'the dial', options: () => ({ dial: () => never }) },
  { name: 'the handshake', listen: { parse: false }, url: ({ port }) => `https://127.0.0.1:${port}/` },
  { name: 'waiting for the head', serve: () => {} },
  { name: 'a head that is half in', serve: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-') },
  { name: 'waiting after an interim response', serve: ({ connection }) => connection.write('HTTP/1.1 103 Early Hints\r\n\r\n') },
  { name: 'the body', serve: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello') },
  { name: 'a chunked body', serve: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n') },
  { name: 'decoding', serve: ({ connection }) => connection.write(reply(gzipSync(new SeededRandom(1).bytes(10_000)), { fields: ['Content-Encoding: gzip'] }).subarray(0, 5000)) },
  { name: 'the second of two redirects', serve: (request) => request.target === '/' && request.reply('', { status: '302 Found', fields: ['Location: /next'] }) },
  {
    name: 'sending a body that the server does not take',
    listen: { parse: false },
    ask: (client, url, signal) => client.post(url, (async function* () { for (;;) yield Buffer.alloc(65_536); })(), { signal }),
  },
  {
    name: 'waiting for the body’s source',
    serve: () => {},
    ask: (client, url, signal) => client.post(url, { [Symbol.asyncIterator]: () => ({ next: () => never }) }, { signal }),
  },
  {
    name: 'waiting for 100 Continue',
    serve: () => {},
    options: () => ({ expectContinueTimeout: 10_000 }),
    ask: (client, url, signal) => client.post(url, 'hello', { signal, headers: { Expect: '100-continue' } }),
  },
];

for (const phase of PHASES) {
  test(`cancelled during ${phase.name}: rejects with the caller's own reason at once, and the next request works`, onLoopback(async (loop) => {
    const server = await loop.serve({ onRequest: (request) => phase.serve?.(request), ...phase.listen });
    const { client, transport } = loop.client(phase.options?.(server));
    const controller = new AbortController();
    const ask = phase.ask ?? (async (via, url, signal) => (await via.get(url, { signal })).bytes());
    const asking = settle(ask(client, phase.url?.(server) ?? server.origin, controller.signal));
    await sleep(30);
    controller.abort(reason);
    assert.equal(await withinTurns(asking, 100), true, 'it waits for something else');
    assert.equal((await asking).error, reason);
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
    const { active, waiting } = transport.stats();
    assert.deepEqual({ active, waiting }, { active: 0, waiting: 0 });
    for (const { socket } of server.connections) socket.resume();
    assert.equal(await server.settlesAt(0), 0);
    await worksOnAPlainServer(loop);
  }));
}

async function worksOnAPlainServer(loop: Loopback): Promise<void> {
  const plain = await loop.serve({ onRequest: (request) => request.reply('hello') });
  await assertWorks(loop.client().client, plain.origin);
}

test('cancelled before its start, a request opens nothing', onLoopback(async (loop) => {
  const server = await loop.serve();
  const { client } = loop.client();
  const { error } = await settle(client.get(server.origin, { signal: AbortSignal.abort(reason) }));
  assert.equal(error, reason);
  assert.equal(server.connections.length, 0);
}));

test('cancelled in the queue, a request leaves it and holds up nobody', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: (request) => request.reply('hello') });
  const { client, transport } = loop.client({ maxConnsPerHost: 1 });
  const holding = await client.get(server.origin);
  const controller = new AbortController();
  const cancelled = settle(client.get(server.origin, { signal: controller.signal }));
  const behind = client.get(server.origin);
  await sleep(10);
  assert.equal(transport.stats().waiting, 2);
  controller.abort(reason);
  assert.equal((await cancelled).error, reason);
  await holding.bytes();
  assert.equal(await (await behind).text(), 'hello');
}));

test('cancelled after the end of the body, nothing happens and the connection stays pooled', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: (request) => request.reply('hello') });
  const { client, transport } = loop.client();
  const controller = new AbortController();
  const response = await client.get(server.origin, { signal: controller.signal });
  assert.equal(await response.text(), 'hello');
  controller.abort(reason);
  await sleep(10);
  assert.equal(transport.stats().idle, 1);
  await assertWorks(client, server.origin);
  assert.equal(server.connections.length, 1);
}));

test('a cancelled handshake over a private authority leaves no socket', onLoopback(async (loop) => {
  const ca = new CertificateAuthority();
  const server = await loop.serve({ tls: ca.issue({ names: ['127.0.0.1'] }), onRequest: (request) => request.reply('hello') });
  const { client } = loop.client({ tls: { ca: ca.cert } });
  for (let i = 0; i < 20; i++) {
    const controller = new AbortController();
    const asking = settle(client.get(server.origin, { signal: controller.signal }).then((response) => response.bytes()));
    setTimeout(() => controller.abort(reason), i / 4);
    await asking;
  }
  await assertWorks(client, server.origin);
}));

test('1,000 requests cancelled at random within 5 ms: each ends with its reason or its response', onLoopback(async (loop) => {
  const random = new SeededRandom(30);
  const server = await loop.serve({
    onRequest: async (request) => {
      await sleep(random.below(4));
      request.connection.write(reply('hello').subarray(0, 40));
      await sleep(random.below(2));
      request.connection.write(reply('hello').subarray(40));
    },
  });
  const { client, transport } = loop.client();
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 50 }, async () => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), random.next() * 5);
      const { value, error } = await settle(client.get(server.origin, { signal: controller.signal }).then((response) => response.text()));
      if (error) assert.equal(error, reason);
      else assert.equal(value, 'hello');
    }));
    assert.equal(transport.stats().active, 0);
  }
  await assertWorks(client, server.origin);
}));

test('cancelling one of two requests that wait for the same dial leaves the other its connection', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: (request) => request.reply('hello') });
  const dial = async (): Promise<net.Socket> => (await sleep(50), net.connect(server.port, '127.0.0.1'));
  const { client } = loop.client({ dial, maxConnsPerHost: 1 });
  const controller = new AbortController();
  const cancelled = settle(client.get(server.origin, { signal: controller.signal }));
  const other = client.get(server.origin, { timeout: 10_000 });
  await sleep(10);
  controller.abort(reason);
  assert.equal((await cancelled).error, reason);
  assert.equal(await (await other).text(), 'hello');
}));

test('cancelled in the tick of the last byte, 300 times: a response or the reason, and the connection counted once', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: (request) => request.reply('hello') });
  const { client, transport } = loop.client();
  for (let i = 0; i < 300; i++) {
    const controller = new AbortController();
    const response = await client.get(server.origin, { signal: controller.signal });
    const reading = settle(response.text());
    if (i % 3 === 0) controller.abort(reason);
    else if (i % 3 === 1) queueMicrotask(() => controller.abort(reason));
    else void reading.then(() => controller.abort(reason));
    const { value, error } = await reading;
    assert.ok(error === reason || value === 'hello');
    const { idle, active } = transport.stats();
    assert.ok(active === 0 && idle <= 1, `${idle} idle, ${active} active`);
  }
}));

test('one signal for 10,000 requests keeps no listener and raises no warning', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = loop.client({ maxConnsPerHost: 50 });
  const { signal } = new AbortController();
  for (let i = 0; i < 100; i++) {
    await Promise.all(Array.from({ length: 100 }, async () => (await client.get(server.origin, { signal })).bytes()));
  }
  assert.equal(getEventListeners(signal, 'abort').length, 0);
}));

test('close() with 100 requests in all phases: every one settles, later ones are refused at once', onLoopback(async (loop) => {
  const random = new SeededRandom(32);
  const server = await loop.serve({ onRequest: async (request) => (await sleep(random.below(40)), request.reply(Buffer.alloc(100_000))) });
  const { client, transport } = loop.client({ maxConnsPerHost: 30 });
  const settled = Array.from({ length: 100 }, () => settle(client.get(server.origin, { timeout: 10_000 }).then((response) => response.bytes())));
  await sleep(25);
  await transport.close();
  for (const { error } of await Promise.all(settled)) {
    if (error) assert.equal(typeof error.code, 'string');
    if (error) assert.notEqual(error.name, 'TimeoutError');
  }
  await assert.rejects(client.get(server.origin), (error: Error & { code?: string }) => typeof error.code === 'string' && error.name !== 'TimeoutError');
}));
