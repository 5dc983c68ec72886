/** Errors that come when nobody waits for them any more harm nobody. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'watertight';
import { gzipSync } from 'node:zlib';
import { assertWorks, onLoopback } from '../fixtures/loopback.js';
import { reply, type RawRequest } from '../fixtures/raw-server.js';
import { SeededRandom } from '../fixtures/seeded-random.js';

const body = Buffer.alloc(50_000, 'z');
const gzipped = gzipSync(new SeededRandom(1).bytes(20_000));

/** When the server resets the connection, in the order in which a request passes. */
const PHASES: [name: string, reset: (request: RawRequest) => unknown][] = [
  ['at once', ({ connection }) => connection.reset()],
  ['inside the status line', ({ connection }) => (connection.write('HTTP/1.1 2'), setImmediate(() => connection.reset()))],
  ['inside the head', ({ connection }) => (connection.write('HTTP/1.1 200 OK\r\nContent-Le'), setImmediate(() => connection.reset()))],
  ['after an interim response', ({ connection }) => (connection.write('HTTP/1.1 103 Early Hints\r\n\r\n'), setImmediate(() => connection.reset()))],
  ['after the head', ({ connection }) => (connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'), setImmediate(() => connection.reset()))],
  ['inside the body', ({ connection }) => (connection.write(reply(body).subarray(0, 10_000)), setImmediate(() => connection.reset()))],
  ['inside a coded body', ({ connection }) => (connection.write(reply(gzipped, { fields: ['Content-Encoding: gzip'] }).subarray(0, 10_000)), setImmediate(() => connection.reset()))],
  ['in the turn of the last byte', ({ connection }) => (connection.write(reply(body)), connection.reset())],
  ['right after the last byte', ({ connection }) => (connection.write(reply(body)), setImmediate(() => connection.reset()))],
  ['on the idle connection', ({ connection }) => (connection.write(reply(body)), setTimeout(() => connection.reset(), 3))],
];

const READERS: [name: string, read: (get: (signal: AbortSignal) => Promise<Response>) => Promise<unknown>][] = [
  ['reads', async (get) => (await get(new AbortController().signal)).bytes()],
  ['closes unread', async (get) => (await get(new AbortController().signal)).body.close()],
  ['cancels', async (get) => {
    const controller = new AbortController();
    const answered = get(controller.signal);
    setTimeout(() => controller.abort(), 1);
    await (await answered).bytes();
  }],
];

for (const [when, reset] of PHASES) {
  for (const [what, read] of READERS) {
    test(`100 resets ${when}, and a client that ${what}: every promise settles, nothing is thrown into the void`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => (request.target === '/plain' ? request.reply('hello') : reset(request)) });
      const { client, transport } = net.client();
      const settled = await Promise.allSettled(
        Array.from({ length: 100 }, (_, i) => sleep(i % 10).then(() => read((signal) => client.get(server.origin, { signal, timeout: 10_000 })))),
      );
      for (const outcome of settled) {
        if (outcome.status === 'rejected') assert.notEqual((outcome.reason as Error).name, 'TimeoutError');
      }
      await assertWorks(client, `${server.origin}/plain`);
      assert.equal(transport.stats().active, 0);
    }));
  }
}

test('a decoder that fails after the body was closed tells nobody', onLoopback(async (net) => {
  const broken = Buffer.from(gzipped);
  broken.fill(0xff, 8000, 9000);
  const server = await net.serve({ onRequest: (request) => request.reply(request.target === '/plain' ? '' : broken, request.target === '/plain' ? {} : { fields: ['Content-Encoding: gzip'] }) });
  const { client } = net.client();
  for (let i = 0; i < 50; i++) {
    const response = await client.get(server.origin);
    if (i % 2 === 0) await response.body.read(10).catch(() => {});
    await response.body.close();
  }
  await assertWorks(client, `${server.origin}/plain`);
}));

test('closing twice, reading after the close and closing after an error are no errors, and reading is one', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply(body) });
  const { client } = net.client();
  const response = await client.get(server.origin);
  await response.body.close();
  await response.body.close();
  await response.close();
  await assert.rejects(response.body.read());
  await assert.rejects(response.text());
  await response.close();
}));
