/** The progress of uploads and downloads: what is counted, when, and what a function that throws does. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { BodyInit, Progress } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { assertWorks, onLoopback } from '../fixtures/loopback.js';
import { reply } from '../fixtures/raw-server.js';
import { SeededRandom } from '../fixtures/seeded-random.js';

const bytes = new SeededRandom(51).bytes(400_000);

function assertGrows(seen: readonly Progress[], length: number, total: number | null): void {
  assert.deepEqual(seen.at(-1), { transferred: length, total });
  assert.ok(seen.every((each, i) => each.total === total && (i === 0 || each.transferred > seen[i - 1].transferred)), JSON.stringify(seen));
}

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

  test('whose function throws fails with what it threw as the cause, and the next request works', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('ok') });
    const { client } = net.client();
    const thrown = new Error('no more');
    for (const body of [bytes, chunks(), 'x']) {
      await assert.rejects(client.post(server.origin, body, { onUploadProgress: () => { throw thrown; } }), { name: 'RequestBodyError', cause: thrown });
      assert.equal(taskCount(), 1);
      await assertWorks(client, server.origin);
      client.closeIdleConnections();
    }
  }));
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

  test('whose function throws is closed, and the read rejects', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply(bytes).subarray(0, -10)) });
    const { client } = net.client();
    const thrown = new Error('no more');
    for (const how of ['bytes', 'into', 'iterate'] as const) {
      const response = await client.get(server.origin, { onDownloadProgress: () => { throw thrown; } });
      await assert.rejects(async () => {
        if (how === 'bytes') await response.bytes();
        else if (how === 'into') await response.body.read({ into: new Uint8Array(10) });
        else for await (const part of response.body) assert.fail(`${part.length} bytes`);
      }, { name: 'BodyError', cause: thrown });
      assert.equal(response.body.state, 'errored');
      assert.equal(taskCount(), 1);
    }
  }));
});

test('what is no function is refused', onLoopback(async (net) => {
  const { client } = net.client();
  for (const name of ['onUploadProgress', 'onDownloadProgress']) await assert.rejects(client.get('http://127.0.0.1/', { [name]: 5 }), { code: 'ERR_INVALID_OPTION' });
}));
