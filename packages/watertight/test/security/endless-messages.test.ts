/** What does not end is refused at a limit, long before it costs memory. The server is a process of its own. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChildServer, type ChildServer } from '../fixtures/child-server.js';
import { assertWorks, onLoopback } from '../fixtures/loopback.js';

const MIB = 1 << 20;

const WITHOUT_END = [
  '/fields', '/tiny-fields', '/name', '/value', '/blank-value', '/reason', '/leading-crlf', '/interim',
  '/interim-fields', '/chunk-size', '/chunk-ext', '/chunk-ext-flood', '/trailers', '/trailer',
];

/** The largest growth of the resident set while `run` runs. */
async function growth(run: () => Promise<void>): Promise<number> {
  global.gc?.();
  const base = process.memoryUsage.rss();
  let peak = base;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 5);
  await run().finally(() => clearInterval(timer));
  return Math.max(peak, process.memoryUsage.rss()) - base;
}

describe('messages without end', () => {
  let server: ChildServer;
  before(async () => {
    server = await startChildServer('fixtures/endless-server.js');
  });
  after(() => server.stop());

  for (const path of WITHOUT_END) {
    test(`${path.slice(1)} without end: an error, and less than 32 MB`, onLoopback(async (net) => {
      const { client, transport } = net.client();
      const refuses = (): Promise<void> =>
        assert.rejects(
          (async () => (await client.get(server.origin + path, { timeout: 20_000 })).bytes())(),
          (error: Error & { code?: string }) => error.name !== 'TimeoutError' && typeof error.code === 'string',
        );
      // The first one compiles code and grows buffers that stay; that is nobody's message.
      await refuses();
      const grown = await growth(refuses);
      assert.ok(grown < 32 * MIB, `grew by ${(grown / MIB).toFixed(1)} MB`);
      assert.equal(transport.stats().idle, 0);
      await assertWorks(client, `${server.origin}/plain`);
    }));
  }

  test('maxResponseHeaderBytes is a limit of the caller', onLoopback(async (net) => {
    const { client } = net.client({ maxResponseHeaderBytes: 4096 });
    await assert.rejects(client.get(`${server.origin}/fields`), { code: 'ERR_HEADERS_TOO_LARGE' });
    await assertWorks(client, `${server.origin}/plain`);
  }));

  test('a limit on what readAll takes holds for an endless body, plain and coded', onLoopback(async (net) => {
    const { client } = net.client();
    for (const path of ['/body', '/gzip-body']) {
      const response = await client.get(server.origin + path, { timeout: 20_000 });
      await assert.rejects(response.body.readAll(MIB), (error: Error) => error.name !== 'TimeoutError');
    }
    await assertWorks(client, `${server.origin}/plain`);
  }));

  test('maxDecompressedBytes ends a coded body that decodes to more', onLoopback(async (net) => {
    const { client } = net.client({ maxDecompressedBytes: MIB });
    const response = await client.get(`${server.origin}/gzip-body`, { timeout: 20_000 });
    const grown = await growth(() => assert.rejects(response.bytes(), (error: Error) => error.name !== 'TimeoutError'));
    assert.ok(grown < 64 * MIB, `grew by ${(grown / MIB).toFixed(1)} MB`);
    await assertWorks(client, `${server.origin}/plain`);
  }));

  for (const path of ['/body', '/gzip-body']) {
    test(`a reader of ${path.slice(1)} that stops stops the server too: less than 64 MB`, onLoopback(async (net) => {
      const { client } = net.client();
      const response = await client.get(server.origin + path, { timeout: 60_000 });
      const grown = await growth(async () => {
        for (let i = 0; i < 40; i++) {
          assert.ok((await response.body.read(65_536))!.length > 0);
          await sleep(25);
        }
      });
      await response.body.close();
      assert.ok(grown < 64 * MIB, `grew by ${(grown / MIB).toFixed(1)} MB`);
    }));
  }

  test('1 GiB of zeros under gzip streams through less than 64 MB', onLoopback(async (net) => {
    const { client } = net.client({ maxDecompressedBytes: 2048 * MIB });
    const response = await client.get(`${server.origin}/gzip-body`, { timeout: 60_000 });
    const grown = await growth(async () => {
      for (let seen = 0; seen < 1024 * MIB; ) seen += (await response.body.read())!.length;
    });
    await response.body.close();
    assert.ok(grown < 64 * MIB, `grew by ${(grown / MIB).toFixed(1)} MB`);
  }));
});
