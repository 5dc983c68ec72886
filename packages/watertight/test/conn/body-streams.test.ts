/** A body as a Node stream and as a WHATWG stream of bytes: what they give, and what their end does to the body. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Body } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import { reply, type RawServer } from '../fixtures/raw-server.js';
import { SeededRandom } from '../fixtures/seeded-random.js';

const bytes = new SeededRandom(31).bytes(600_000);
const silent = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';

async function open(net: Loopback, first: string | Buffer): Promise<{ body: Body; server: RawServer; idle: () => number }> {
  const server = await net.serve({ onRequest: ({ connection }) => connection.write(first) });
  const { client, transport } = net.client();
  return { body: (await client.get(server.origin)).body, server, idle: () => transport.stats().idle };
}

describe('a Node stream', () => {
  for (const framing of ['length', 'chunked'] as const) {
    test(`has the bytes that were sent, and the connection serves the next request: ${framing}`, onLoopback(async (net) => {
      const { body, idle } = await open(net, reply(bytes, { framing }));
      const parts: Buffer[] = [];
      await pipeline(body.toReadable(), new Writable({
        write(chunk: Buffer, _encoding, done) {
          parts.push(chunk);
          done();
        },
      }));
      assert.ok(bytes.equals(Buffer.concat(parts)));
      assert.equal(body.state, 'eof');
      await turn();
      assert.equal(idle(), 1);
    }));
  }

  test('of an empty body ends', onLoopback(async (net) => {
    const { body } = await open(net, reply(Buffer.alloc(0)));
    assert.deepEqual(await body.toReadable().toArray(), []);
  }));

  test('reads nothing before it is consumed', onLoopback(async (net) => {
    const { body } = await open(net, reply(bytes));
    const stream = body.toReadable();
    await turn();
    assert.equal(body.state, 'unread');
    stream.destroy();
    assert.equal(body.state, 'closed');
  }));

  test('in a pipeline whose other end goes while the server is silent closes the body at once', onLoopback(async (net) => {
    const { body, server } = await open(net, silent);
    const browser = new PassThrough();
    const piped = settle(pipeline(body.toReadable(), browser));
    await once(browser, 'data');
    assert.equal(taskCount(), 3);
    browser.destroy();
    assert.equal((await piped).error?.code, 'ERR_STREAM_PREMATURE_CLOSE');
    assert.equal(body.state, 'closed');
    assert.equal(taskCount(), 1);
    assert.equal(await server.settlesAt(0), 0);
  }));

  test('in a pipeline whose other end fails while the server is silent closes the body at once', onLoopback(async (net) => {
    const { body, server } = await open(net, silent);
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('the disk is full')) });
    assert.equal((await settle(pipeline(body.toReadable(), full))).error?.message, 'the disk is full');
    assert.equal(body.state, 'closed');
    assert.equal(taskCount(), 1);
    assert.equal(await server.settlesAt(0), 0);
  }));

  test('destroyed with an error, with drainOnClose or inside a read: the body is closed, and nothing fails unheard', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(silent) });
    const { client } = net.client({ drainOnClose: 1 << 20 });
    const { body } = await client.get(server.origin);
    const stream = body.toReadable();
    const failed = once(stream, 'error');
    stream.resume();
    await turn();
    stream.destroy(new Error('no more'));
    assert.equal(((await failed.catch((error: unknown) => [error])) as [Error])[0].message, 'no more');
    assert.equal(body.state, 'closed');
    assert.equal(taskCount(), 1);
  }));

  test('fails as the body does, after the bytes before', onLoopback(async (net) => {
    const { body, server } = await open(net, silent);
    const stream = body.toReadable();
    const parts: string[] = [];
    const failed = assert.rejects(async () => {
      for await (const part of stream) parts.push(String(part));
    }, { code: 'ERR_CONNECTION_CLOSED' });
    await turn();
    server.connections[0].finish();
    await failed;
    assert.deepEqual(parts, ['hello']);
  }));
});

describe('a WHATWG stream of bytes', () => {
  for (const framing of ['length', 'chunked'] as const) {
    for (const size of [1000, 65_536, 1 << 20]) {
      test(`fills the memory of its reader: ${framing}, ${size} bytes`, onLoopback(async (net) => {
        const { body, idle } = await open(net, reply(bytes, { framing }));
        const reader = body.toReadableStream().getReader({ mode: 'byob' });
        const parts: Buffer[] = [];
        let memory = new ArrayBuffer(size);
        for (;;) {
          const { done, value } = await reader.read(new Uint8Array(memory));
          if (value !== undefined) {
            parts.push(Buffer.from(value.slice()));
            memory = value.buffer;
          }
          if (done) break;
        }
        assert.equal(memory.byteLength, size, 'the memory is handed back');
        assert.ok(bytes.equals(Buffer.concat(parts)));
        assert.equal(body.state, 'eof');
        await turn();
        assert.equal(idle(), 1);
      }));
    }

    test(`gives chunks to a reader without memory, and its transfers touch no byte of others: ${framing}`, onLoopback(async (net) => {
      const { body } = await open(net, reply(bytes, { framing }));
      const first = (await body.read(10))!;
      const parts: Uint8Array[] = [first];
      for await (const part of body.toReadableStream()) parts.push(part);
      assert.ok(bytes.equals(Buffer.concat(parts)));
    }));
  }

  test('has the bytes of a body that is decoded, whose chunks are views of one memory', onLoopback(async (net) => {
    const { body } = await open(net, reply(gzipSync(bytes), { fields: ['Content-Encoding: gzip'] }));
    const parts: Uint8Array[] = [];
    for await (const part of body.toReadableStream()) parts.push(part);
    assert.ok(bytes.equals(Buffer.concat(parts)));
  }));

  test('of an empty body ends for either reader', onLoopback(async (net) => {
    const { body } = await open(net, reply(Buffer.alloc(0)));
    const { done } = await body.toReadableStream().getReader({ mode: 'byob' }).read(new Uint8Array(8));
    assert.equal(done, true);
    const { body: other } = await open(net, reply(Buffer.alloc(0), { framing: 'chunked' }));
    assert.equal((await other.toReadableStream().getReader().read()).done, true);
  }));

  test('is of use to Response, to tee() and to a pipe', onLoopback(async (net) => {
    const { body } = await open(net, reply(bytes));
    const [one, two] = body.toReadableStream().tee();
    const [left, right] = await Promise.all([new Response(one).arrayBuffer(), new Response(two.pipeThrough(new TransformStream())).arrayBuffer()]);
    assert.ok(bytes.equals(Buffer.from(left)) && bytes.equals(Buffer.from(right)));
  }));

  test('cancelled during a read closes the body at once', onLoopback(async (net) => {
    const { body } = await open(net, silent);
    const reader = body.toReadableStream().getReader({ mode: 'byob' });
    assert.equal((await reader.read(new Uint8Array(10))).value?.length, 5);
    const pending = reader.read(new Uint8Array(10));
    await reader.cancel();
    assert.equal((await pending).done, true);
    assert.equal(body.state, 'closed');
    assert.equal(taskCount(), 1);
  }));

  test('fails as the body does, for a reader with memory too', onLoopback(async (net) => {
    const { body, server } = await open(net, silent);
    const reader = body.toReadableStream().getReader({ mode: 'byob' });
    await reader.read(new Uint8Array(10));
    const pending = reader.read(new Uint8Array(10));
    server.connections[0].finish();
    await assert.rejects(pending, { code: 'ERR_CONNECTION_CLOSED' });
  }));
});
