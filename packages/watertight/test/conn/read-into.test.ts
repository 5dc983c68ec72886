/** `read({ into })`: the program brings the memory, and no byte is lost, doubled or out of order. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Body } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import { reply, type RawConnection } from '../fixtures/raw-server.js';
import { SeededRandom } from '../fixtures/seeded-random.js';

async function open(net: Loopback, first: string | Buffer): Promise<{ body: Body; connection: RawConnection }> {
  const server = await net.serve({ onRequest: ({ connection }) => connection.write(first) });
  const { client } = net.client();
  const { body } = await client.get(server.origin);
  return { body, connection: server.connections[0] };
}

const head = (length: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;

async function fillAll(body: Body, size: number): Promise<Buffer> {
  const into = new Uint8Array(size);
  const parts: Buffer[] = [];
  for (let count = await body.read({ into }); count !== null; count = await body.read({ into })) {
    assert.ok(count > 0 && count <= size);
    parts.push(Buffer.from(into.subarray(0, count)));
  }
  return Buffer.concat(parts);
}

test('it fills what has come, waits for more, and gives null at EOF and ever after', onLoopback(async (net) => {
  const { body, connection } = await open(net, `${head(10)}hello`);
  const into = new Uint8Array(8).fill(0x2e);
  assert.equal(await body.read({ into }), 5);
  assert.equal(Buffer.from(into).toString(), 'hello...');
  const pending = body.read({ into: into.subarray(4, 6) });
  connection.write('world');
  assert.equal(await pending, 2);
  assert.equal(Buffer.from(into).toString(), 'hellwo..');
  assert.equal(await body.read({ into }), 3);
  assert.equal(Buffer.from(into).toString(), 'rldlwo..');
  assert.equal(body.state, 'eof');
  assert.equal(await body.read({ into }), null);
  assert.equal(await body.read({ into }), null);
}));

test('the read that takes the last byte releases the connection', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: ({ connection }) => connection.write(`${head(5)}hello`) });
  const { client, transport } = net.client();
  const { body } = await client.get(server.origin);
  assert.equal(await body.read({ into: new Uint8Array(5) }), 5);
  assert.equal(transport.stats().idle, 1);
}));

describe('the bytes are those that were sent', () => {
  const bytes = new SeededRandom(21).bytes(700_000);
  for (const framing of ['length', 'chunked', 'close'] as const) {
    for (const size of [1000, 16_384, 65_536, 1 << 20]) {
      test(`${framing}, memory of ${size} bytes`, onLoopback(async (net) => {
        const server = await net.serve({
          onRequest: ({ connection }) => {
            connection.write(reply(bytes, { framing }));
            if (framing === 'close') connection.finish();
          },
        });
        const { client } = net.client();
        assert.ok(bytes.equals(await fillAll((await client.get(server.origin)).body, size)));
      }));
    }
  }

  test('in many small chunks', onLoopback(async (net) => {
    const chunks: Buffer[] = [];
    for (let at = 0; at < 60_000; at += 61) {
      const chunk = bytes.subarray(at, at + 61);
      chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
    }
    const { body } = await open(net, Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'), ...chunks, Buffer.from('0\r\n\r\n')]));
    const all = await fillAll(body, 4096);
    assert.ok(bytes.subarray(0, all.length).equals(all) && all.length >= 60_000);
  }));

  test('over TLS', onLoopback(async (net) => {
    const authority = new CertificateAuthority();
    const server = await net.serve({ tls: authority.issue({ names: ['127.0.0.1'] }), onRequest: ({ connection }) => connection.write(reply(bytes)) });
    const { client } = net.client({ tls: { ca: authority.cert } });
    assert.ok(bytes.equals(await fillAll((await client.get(server.origin)).body, 50_000)));
  }));

  test('decoded from gzip', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply(gzipSync(bytes), { fields: ['Content-Encoding: gzip'] })) });
    const { client } = net.client();
    assert.ok(bytes.equals(await fillAll((await client.get(server.origin)).body, 10_000)));
  }));

  test('whichever kind of read takes them, and however late', onLoopback(async (net) => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new SeededRandom(seed);
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply(bytes, { framing: seed % 2 ? 'length' : 'chunked' })) });
      const { client } = net.client();
      const { body } = await client.get(server.origin);
      const parts: Uint8Array[] = [];
      const kept: Buffer[] = [];
      for (;;) {
        if (random.below(3) === 0) await turn();
        const size = 1 + random.below(100_000);
        if (random.below(2) === 0) {
          const chunk = await body.read(size);
          if (chunk === null) break;
          parts.push(chunk);
          kept.push(Buffer.from(chunk));
        } else {
          const into = new Uint8Array(size);
          const count = await body.read({ into });
          if (count === null) break;
          parts.push(into.subarray(0, count));
          kept.push(Buffer.from(into.subarray(0, count)));
        }
      }
      assert.ok(bytes.equals(Buffer.concat(kept)), `seed ${seed}`);
      // A chunk that was given out is never written to again.
      assert.ok(bytes.equals(Buffer.concat(parts)), `seed ${seed}`);
    }
  }));
});

test('a reader that is slow stops the server, and gets everything', onLoopback(async (net) => {
  const bytes = new SeededRandom(2).bytes(8 << 20);
  const { body, connection } = await open(net, Buffer.concat([Buffer.from(head(bytes.length)), bytes]));
  const into = new Uint8Array(100);
  assert.ok((await body.read({ into }))! > 0);
  for (let i = 0; i < 50; i++) await turn();
  assert.ok(connection.socket.writableLength > 0, 'the server still has bytes to send');
  const rest = await fillAll(body, 1 << 18);
  assert.ok(bytes.subarray(bytes.length - rest.length).equals(rest));
}));

describe('it is refused', () => {
  test('for what is no Uint8Array; none of its bytes are no read', onLoopback(async (net) => {
    const { body } = await open(net, `${head(5)}hello`);
    for (const wrong of [undefined, null, 'x', [1], new ArrayBuffer(1), new DataView(new ArrayBuffer(1))]) {
      await assert.rejects(body.read({ into: wrong as unknown as Uint8Array }), { name: 'RequestError', code: 'ERR_INVALID_OPTION' });
    }
    assert.equal(await body.read({ into: new Uint8Array(0) }), 0);
    assert.equal(body.state, 'unread');
    await body.close();
  }));

  test('beside another read, whichever kind', onLoopback(async (net) => {
    const { body, connection } = await open(net, head(5));
    const into = new Uint8Array(5);
    const first = body.read({ into });
    await assert.rejects(body.read({ into: new Uint8Array(1) }), { code: 'ERR_BODY_READING' });
    await assert.rejects(body.read(), { code: 'ERR_BODY_READING' });
    connection.write('hello');
    assert.equal(await first, 5);
  }));

  test('after close(); close() and an abort end one that waits', onLoopback(async (net) => {
    const { body } = await open(net, head(5));
    const rejected = assert.rejects(body.read({ into: new Uint8Array(5) }), { code: 'ERR_BODY_CLOSED' });
    await body.close();
    await rejected;
    await assert.rejects(body.read({ into: new Uint8Array(5) }), { code: 'ERR_BODY_CLOSED' });

    const server = await net.serve({ onRequest: ({ connection }) => connection.write(`${head(5)}he`) });
    const abort = new AbortController();
    const { client } = net.client();
    const aborted = (await client.get(server.origin, { signal: abort.signal })).body;
    assert.equal(await aborted.read({ into: new Uint8Array(5) }), 2);
    const waiting = settle(aborted.read({ into: new Uint8Array(5) }));
    abort.abort(new Error('enough'));
    assert.equal((await waiting).error?.message, 'enough');
    assert.equal(taskCount(), 1);
  }));

  test('if its memory was transferred while it waited; the bytes are still there', onLoopback(async (net) => {
    const { body, connection } = await open(net, head(5));
    const into = new Uint8Array(5);
    const rejected = assert.rejects(body.read({ into }), { code: 'ERR_INVALID_OPTION', message: /transferred/ });
    structuredClone(into, { transfer: [into.buffer] });
    connection.write('hello');
    await rejected;
    assert.equal(Buffer.from(await body.readAll()).toString(), 'hello');
  }));
});

test('what came before a fault is read before the fault is reported', onLoopback(async (net) => {
  const { body, connection } = await open(net, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  const into = new Uint8Array(10);
  const pending = body.read({ into });
  connection.write('5\r\nhello\r\nnonsense');
  assert.equal(await pending, 5);
  assert.equal(Buffer.from(into.subarray(0, 5)).toString(), 'hello');
  await assert.rejects(body.read({ into }), { name: 'ProtocolError' });
}));

describe('a large body, which the connection reads into buffers in turn,', () => {
  const large = new SeededRandom(77).bytes(12_000_000);
  const authority = new CertificateAuthority();
  const hash = createHash('sha256').update(large).digest('hex');

  for (const over of ['http', 'https'] as const) {
    for (const [how, pause] of [['fast', 0], ['slow now and then', 40]] as const) {
      test(`comes whole, in order, to a reader that is ${how}, and chunks taken in between stay what they were: ${over}`, onLoopback(async (net) => {
        const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply(large)), ...(over === 'https' && { tls: authority.issue({ names: ['127.0.0.1'] }) }) });
        const { client } = net.client(over === 'https' ? { tls: { ca: authority.cert } } : {});
        const { body } = await client.get(server.origin);
        const random = new SeededRandom(78);
        const parts: Uint8Array[] = [];
        let into = new Uint8Array(65_536);
        for (let i = 0; ; i++) {
          if (pause > 0 && i % pause === 0) await sleep(5);
          if (random.below(20) === 0) {
            const chunk = await body.read(random.below(4) === 0 ? 5000 : undefined);
            if (chunk === null) break;
            parts.push(chunk);
            continue;
          }
          if (random.below(10) === 0) into = new Uint8Array(1 + random.below(300_000));
          const count = await body.read({ into });
          if (count === null) break;
          parts.push(into.slice(0, count));
        }
        // Hashed at the end: by then, every buffer was read into many times.
        const all = createHash('sha256');
        for (const part of parts) all.update(part);
        assert.equal(all.digest('hex'), hash);
      }));
    }
  }
});
