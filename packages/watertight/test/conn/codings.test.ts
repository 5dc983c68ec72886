/** Content codings: what is offered is undone while it is read, each bounded, and cut data is never a short success. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import * as zlib from 'node:zlib';
import { goDefaults, type TransportOptions } from 'watertight';
import { CODING_NAMES, type CodingName } from '#coding';
import { onLoopback } from '../fixtures/loopback.js';
import { reply, type RawServer, type RawServerOptions } from '../fixtures/raw-server.js';
import { SeededRandom } from '../fixtures/seeded-random.js';

type Encode = (bytes: Uint8Array) => Buffer;

const ENCODE: Record<CodingName, Encode> = {
  gzip: (bytes) => zlib.gzipSync(bytes),
  deflate: (bytes) => zlib.deflateSync(bytes),
  br: (bytes) => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
  zstd: (bytes) => (zlib as unknown as { zstdCompressSync: Encode }).zstdCompressSync(bytes),
};

/** Every byte of it is needed: random letters, so that the codings have something to do. */
const random = new SeededRandom(5);
const TEXT = Array.from({ length: 20_000 }, () => String.fromCharCode(97 + random.below(20))).join('');

const BOMB = 24 << 20;

function answering(body: Uint8Array, codings: string, framing: 'length' | 'chunked' = 'length'): RawServerOptions {
  return { onRequest: ({ connection }) => connection.write(reply(body, { framing, fields: [`Content-Encoding: ${codings}`] })) };
}

function offered(server: RawServer): string | undefined {
  return server.requests[0].header('accept-encoding');
}

for (const name of ['gzip', 'deflate', 'br', 'zstd'] as const) {
  describe(name, { skip: CODING_NAMES.includes(name) ? false : `this Node has no ${name}` }, () => {
    const encoded = CODING_NAMES.includes(name) ? ENCODE[name](Buffer.from(TEXT)) : Buffer.alloc(0);
    const bomb = CODING_NAMES.includes(name) ? ENCODE[name](Buffer.alloc(BOMB)) : Buffer.alloc(0);

    test('is decoded where it was offered, and the fields of the coded body are gone', onLoopback(async (net) => {
      const server = await net.serve(answering(encoded, name));
      const { client, transport } = net.client();
      const response = await client.get(server.origin);
      assert.equal(response.uncompressed, true);
      assert.equal(response.contentLength, -1);
      assert.deepEqual(response.headers.raw, []);
      assert.equal(await response.text(), TEXT);
      assert.equal(offered(server), CODING_NAMES.join(', '));
      await turn();
      assert.equal(transport.stats().idle, 1);
    }));

    test('is left as it is where it was not offered', onLoopback(async (net) => {
      const server = await net.serve(answering(encoded, name));
      const { client } = net.client({ acceptEncodings: CODING_NAMES.filter((each) => each !== name) });
      const response = await client.get(server.origin);
      assert.equal(response.uncompressed, false);
      assert.equal(response.contentLength, encoded.length);
      assert.equal(response.headers.get('content-encoding'), name);
      assert.ok(encoded.equals(await response.bytes()));
    }));

    test('comes in chunks of one byte', onLoopback(async (net) => {
      const short = ENCODE[name](Buffer.from('hello, hello'));
      const framed = [...short].map((byte) => `1\r\n${String.fromCharCode(byte)}\r\n`).join('');
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${name}\r\nTransfer-Encoding: chunked\r\n\r\n${framed}0\r\n\r\n`) });
      const { client } = net.client();
      assert.equal(await (await client.get(server.origin)).text(), 'hello, hello');
    }));

    test('cut anywhere is an error that names it, after the bytes before', onLoopback(async (net) => {
      let body = encoded;
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply(body, { fields: [`Content-Encoding: ${name}`] })) });
      const { client } = net.client();
      for (const length of [1, 3, encoded.length >> 1, encoded.length - 1]) {
        body = encoded.subarray(0, length);
        const response = await client.get(server.origin);
        const parts: Uint8Array[] = [];
        await assert.rejects(async () => {
          for await (const part of response.body) parts.push(part);
        }, { name: 'BodyError', code: 'ERR_BODY_ENCODING', message: new RegExp(`said to be ${name} .*(end of file|cut)`) }, `cut at ${length}`);
        assert.equal(response.body.state, 'errored');
        assert.ok(TEXT.startsWith(Buffer.concat(parts).toString()));
      }
    }));

    test('that is something else is an error that names it', onLoopback(async (net) => {
      const server = await net.serve(answering(Buffer.from([0xff, ...Buffer.from(TEXT)]), name));
      const { client } = net.client();
      await assert.rejects((await client.get(server.origin)).bytes(), { code: 'ERR_BODY_ENCODING', message: new RegExp(`said to be ${name} `) });
    }));

    test('a bomb is closed at maxDecompressedBytes, and is not unpacked further', onLoopback(async (net) => {
      const server = await net.serve(answering(bomb, name));
      const { client } = net.client({ maxDecompressedBytes: 1 << 20 });
      const before = process.memoryUsage().arrayBuffers;
      const response = await client.get(server.origin);
      let most = 0;
      let got = 0;
      await assert.rejects(async () => {
        for (let bytes = await response.body.read(); bytes !== null; bytes = await response.body.read()) {
          got += bytes.length;
          most = Math.max(most, process.memoryUsage().arrayBuffers - before);
        }
      }, { code: 'ERR_BODY_TOO_LARGE', message: new RegExp(`1048576 bytes when its ${name} is decoded \\(maxDecompressedBytes\\)`) });
      assert.ok(got <= 1 << 20, `${got} bytes were given out`);
      assert.ok(most < BOMB / 2, `${most} bytes of buffers`);
    }));

    test('is unpacked no further than it is read', onLoopback(async (net) => {
      // Gunzip gives out what 4 KiB of input decode to, the others stop within it.
      const server = await net.serve(answering(bomb, name));
      const { client } = net.client();
      const response = await client.get(server.origin);
      const before = process.memoryUsage().arrayBuffers;
      assert.equal((await response.body.read(10))!.length, 10);
      await turn();
      assert.ok(process.memoryUsage().arrayBuffers - before < BOMB / 2);
      let rest = 0;
      for await (const bytes of response.body) rest += bytes.length;
      assert.equal(rest, BOMB - 10);
    }));

    test('closed in the middle, it lets go', onLoopback(async (net) => {
      const server = await net.serve(answering(bomb, name));
      const { client } = net.client();
      const response = await client.get(server.origin);
      await response.body.read(10);
      await response.close();
      assert.equal(response.body.state, 'closed');
    }));
  });
}

describe('several codings', () => {
  const twice = zlib.brotliCompressSync(zlib.gzipSync(TEXT));

  test('are undone one after the other', onLoopback(async (net) => {
    const server = await net.serve(answering(twice, 'gzip, br'));
    const { client } = net.client();
    const response = await client.get(server.origin);
    assert.equal(response.uncompressed, true);
    assert.equal(await response.text(), TEXT);
  }));

  test('in two fields, too', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply(twice, { fields: ['Content-Encoding: gzip', 'Content-Encoding: br'] })) });
    const { client } = net.client();
    assert.equal(await (await client.get(server.origin)).text(), TEXT);
  }));

  test('are left if one of them was not offered', onLoopback(async (net) => {
    const server = await net.serve(answering(twice, 'gzip, br'));
    const { client } = net.client(goDefaults);
    const response = await client.get(server.origin);
    assert.equal(response.headers.get('content-encoding'), 'gzip, br');
    assert.ok(twice.equals(Buffer.from(await response.bytes())));
  }));

  test('may be five, and six are refused', onLoopback(async (net) => {
    let times = 5;
    const server = await net.serve({ onRequest: ({ connection }) => {
      let body: Uint8Array = Buffer.from(TEXT);
      for (let i = 0; i < times; i++) body = zlib.deflateSync(body);
      connection.write(reply(body, { fields: [`Content-Encoding: ${Array.from({ length: times }, () => 'deflate').join(', ')}`] }));
    } });
    const { client } = net.client();
    assert.equal(await (await client.get(server.origin)).text(), TEXT);
    times = 6;
    await assert.rejects(client.get(server.origin), { name: 'ProtocolError', code: 'ERR_HEADER_FIELD', message: /more than 5 content codings/ });
  }));

  test('each counts against the limit', onLoopback(async (net) => {
    const server = await net.serve(answering(zlib.gzipSync(ENCODE.br(Buffer.alloc(BOMB))), 'br, gzip'));
    const { client } = net.client({ maxDecompressedBytes: 1 << 20 });
    await assert.rejects((await client.get(server.origin)).bytes(), { code: 'ERR_BODY_TOO_LARGE', message: /its br is decoded/ });
  }));
});

describe('what is offered', () => {
  const cases: [what: string, options: TransportOptions, value: string | undefined][] = [
    ['is all that Node has by default', {}, CODING_NAMES.join(', ')],
    ['is gzip alone with Go\'s defaults', goDefaults, 'gzip'],
    ['keeps its order, each once', { acceptEncodings: ['br', 'gzip', 'br'] }, 'br, gzip'],
    ['may come from any list', { acceptEncodings: new Set(['deflate'] as const) }, 'deflate'],
    ['is nothing with an empty list', { acceptEncodings: [] }, undefined],
    ['is nothing with disableCompression', { disableCompression: true, acceptEncodings: ['gzip'] }, undefined],
  ];
  for (const [what, options, value] of cases) {
    test(what, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => request.reply('x') });
      const { client } = net.client(options);
      await (await client.get(server.origin)).text();
      await (await client.get(server.origin, { headers: { A: 'b' } })).text();
      assert.deepEqual(server.requests.map((request) => request.header('accept-encoding')), [value, value]);
    }));
  }
});
