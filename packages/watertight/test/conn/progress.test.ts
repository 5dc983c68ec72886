/** The progress of uploads and downloads: what is counted, when, and what a function that throws does. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BodyInit, Progress, Response } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { assertWorks, onLoopback } from '../fixtures/loopback.js';
import { reply } from '../fixtures/raw-server.js';
import { SeededRandom } from '../fixtures/seeded-random.js';

const bytes = new SeededRandom(51).bytes(400_000);

function assertGrows(seen: readonly Progress[], length: number, total: number | null): void {
  assert.deepEqual(seen.at(-1), { transferred: length, total });
  assert.ok(seen.every((each, i) => each.total === total && (i === 0 || each.transferred > seen[i - 1].transferred)), JSON.stringify(seen));
}

const thrown = new Error('no more');

/** The ways in which the program's function can fail. The last one fails after other work. */
const FAILURES: Record<string, () => (progress: Progress) => unknown> = {
  'throws': () => () => { throw thrown; },
  'returns a promise that is rejected': () => async () => { throw thrown; },
  'returns a promise that is rejected later': () => async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    throw thrown;
  },
};

async function* chunks(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
}

describe('an upload', () => {
  for (const [what, make, total] of [
    ['of bytes in memory', () => bytes, bytes.length],
    ['of a Blob', () => new Blob([bytes]), bytes.length],
    ['of a stream', () => chunks(), null],
  ] as [string, () => BodyInit, number | null][]) {
    test(`${what} is reported as it leaves, and arrives whole`, onLoopback(async (net) => {
      const server = await net.serve({
        onRequest: async (request) => {
          await request.body;
          request.reply('ok');
        },
      });
      const { client } = net.client();
      const seen: Progress[] = [];
      await (await client.post(server.origin, make(), { onUploadProgress: (progress) => seen.push(progress) })).text();
      assertGrows(seen, bytes.length, total);
      assert.ok(seen.length > 3, `${seen.length} reports`);
      assert.ok(bytes.equals((await server.requests[0].body)!));
    }));
  }

  test('that the server does not take is not reported further than the kernel took it', onLoopback(async (net) => {
    const large = Buffer.alloc(64 << 20);
    const server = await net.serve({ onConnection: ({ socket }) => socket.pause() });
    const { client } = net.client();
    let last = 0;
    await assert.rejects(client.post(server.origin, large, { timeout: 300, onUploadProgress: ({ transferred }) => (last = transferred) }), { code: 'ERR_TIMEOUT' });
    assert.ok(last > 0 && last < large.length, `${last} bytes`);
    server.connections[0].socket.destroy();
  }));

  for (const [how, make] of Object.entries(FAILURES)) {
    test(`whose function ${how} fails with what it threw as the cause, and the next request works`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: async (request) => {
        // Later than the latest failure.
        if (request.method === 'POST') await new Promise((resolve) => setTimeout(resolve, 100));
        request.reply('ok');
      } });
      const { client } = net.client();
      for (const body of [bytes, chunks(), 'x']) {
        await assert.rejects(client.post(server.origin, body, { onUploadProgress: make() }), { name: 'RequestBodyError', cause: thrown, message: /^onUploadProgress threw: no more/ });
        assert.equal(taskCount(), 1);
        await assertWorks(client, server.origin);
        client.closeIdleConnections();
      }
    }));
  }
});

describe('a download', () => {
  for (const [what, answer, length, total] of [
    ['of known length', reply(bytes), bytes.length, bytes.length],
    ['in chunks', reply(bytes, { framing: 'chunked' }), bytes.length, null],
    ['that is decoded, by the bytes that came', reply(gzipSync(bytes), { fields: ['Content-Encoding: gzip'] }), gzipSync(bytes).length, gzipSync(bytes).length],
  ] as const) {
    test(`${what} is reported as it is read`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(answer) });
      const { client } = net.client();
      const seen: Progress[] = [];
      const onDownloadProgress = (progress: Progress): void => void seen.push(progress);
      const response = await client.get(server.origin, { onDownloadProgress });
      assert.equal(seen.length, 0);
      assert.ok(bytes.equals(await response.bytes()));
      assertGrows(seen, length, total);
      seen.length = 0;
      const { body } = await client.get(server.origin, { onDownloadProgress });
      const into = new Uint8Array(30_000);
      while ((await body.read({ into })) !== null);
      assertGrows(seen, length, total);
    }));
  }

  test('after a redirect is that of the last response', onLoopback(async (net) => {
    const server = await net.serve({
      onRequest: (request) => {
        if (request.target === '/there') request.reply(bytes);
        else request.connection.write('HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 5\r\n\r\nthere');
      },
    });
    const { client } = net.client();
    const seen: Progress[] = [];
    await (await client.get(server.origin, { onDownloadProgress: (progress) => seen.push(progress) })).bytes();
    assertGrows(seen, bytes.length, bytes.length);
  }));

  const WAYS: Record<string, (response: Response) => Promise<unknown>> = {
    'bytes()': (response) => response.bytes(),
    'text()': (response) => response.text(),
    'read()': async ({ body }) => { while ((await body.read()) !== null); },
    'read({ into })': async ({ body }) => { while ((await body.read({ into: new Uint8Array(100) })) !== null); },
    'iteration': async ({ body }) => { for await (const part of body) assert.ok(part.length > 0); },
    'toReadable()': ({ body }) => pipeline(body.toReadable(), new Writable({ write: (_chunk, _encoding, done) => done() })),
    'toReadableStream()': async ({ body }) => {
      const reader = body.toReadableStream().getReader();
      while (!(await reader.read()).done);
    },
    'a BYOB reader': async ({ body }) => {
      const reader = body.toReadableStream().getReader({ mode: 'byob' });
      while (!(await reader.read(new Uint8Array(100))).done);
    },
  };

  for (const [how, make] of Object.entries(FAILURES)) {
    for (const [way, take] of Object.entries(WAYS)) {
      test(`whose function ${how} is closed, and ${way} rejects with what it threw as the cause`, onLoopback(async (net) => {
        const late = how.endsWith('later');
        const silent = reply(bytes).subarray(0, -10);
        // What is here in one piece, and ends with it, is over before a function can fail later.
        for (const answer of late ? [silent] : [silent, reply(bytes), reply('short'), reply('short', { framing: 'chunked' }), reply(gzipSync('short'), { fields: ['Content-Encoding: gzip'] })]) {
          const server = await net.serve({ onRequest: ({ connection }) => connection.write(answer) });
          const { client, transport } = net.client();
          const response = await client.get(server.origin, { onDownloadProgress: make() });
          await assert.rejects(take(response), { name: 'BodyError', cause: thrown, message: /^onDownloadProgress threw: no more/ });
          assert.equal(response.body.state, 'errored');
          assert.equal(transport.stats().active, 0);
        }
      }));
    }
  }

  test('that has ended does not fail any more, whatever its function\'s promises come to', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply('short')) });
    const response = await net.client().client.get(server.origin, { onDownloadProgress: FAILURES['returns a promise that is rejected later']() });
    assert.equal(await response.text(), 'short');
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(response.body.state, 'eof');
  }));

  test('is read as usual where its function is async; a second read meanwhile is refused', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply(bytes)) });
    const seen: Progress[] = [];
    const onDownloadProgress = (progress: Progress): unknown => Promise.resolve(seen.push(progress));
    const { body } = await net.client().client.get(server.origin, { onDownloadProgress });
    const into = new Uint8Array(7000);
    const parts: Uint8Array[] = [];
    for (;;) {
      const reading = body.read({ into });
      if (body.state !== 'eof') await assert.rejects(body.read(), { code: 'ERR_BODY_READING' });
      const count = await reading;
      if (count === null) break;
      parts.push(into.slice(0, count));
    }
    assert.ok(bytes.equals(Buffer.concat(parts)));
    assertGrows(seen, bytes.length, bytes.length);
  }));
});

test('what is no function is refused', onLoopback(async (net) => {
  const { client } = net.client();
  for (const name of ['onUploadProgress', 'onDownloadProgress']) await assert.rejects(client.get('http://127.0.0.1/', { [name]: 5 }), { code: 'ERR_INVALID_OPTION' });
}));
