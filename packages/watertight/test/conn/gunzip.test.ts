/** gzip as Go's transport undoes it: transparently, member by member, bounded, and pinning until it is read. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import { setImmediate as turn } from 'node:timers/promises';
import { taskCount } from 'watertight/tasks';
import { CODING_NAMES } from '#coding';
import { onLoopback } from '../fixtures/loopback.js';
import { SeededRandom } from '../fixtures/seeded-random.js';
import { reply, type RawServerOptions } from '../fixtures/raw-server.js';

const text = 'hello, '.repeat(2000);
const gzip = { fields: ['Content-Encoding: gzip', 'X-Kept: yes'] };

function answering(body: Buffer, options: Parameters<typeof reply>[1] = gzip): RawServerOptions {
  return { onRequest: ({ connection }) => connection.write(reply(body, options)) };
}

test('a gzip body that we asked for is decoded, and says so', onLoopback(async (net) => {
  const server = await net.serve(answering(gzipSync(text)));
  const { client, transport } = net.client();
  const response = await client.get(server.origin);
  assert.equal(response.uncompressed, true);
  assert.equal(response.contentLength, -1);
  assert.deepEqual(response.headers.raw, [['X-Kept', 'yes']]);
  assert.equal(await response.text(), text);
  assert.equal(response.body.state, 'eof');
  assert.equal(server.requests[0].header('accept-encoding'), CODING_NAMES.join(', '));
  await turn();
  assert.equal(transport.stats().idle, 1);
}));

for (const framing of ['length', 'chunked', 'close'] as const) {
  test(`also in ${framing === 'length' ? 'a body of known length' : framing === 'chunked' ? 'chunks' : 'a body that ends with its connection'}, iterated`, onLoopback(async (net) => {
    const bytes = new SeededRandom(3).bytes(300_000);
    const server = await net.serve({
      onRequest: ({ connection }) => {
        connection.write(reply(gzipSync(bytes), { ...gzip, framing }));
        if (framing === 'close') connection.finish();
      },
    });
    const { client } = net.client();
    const parts: Uint8Array[] = [];
    for await (const part of (await client.get(server.origin)).body) parts.push(part);
    assert.ok(bytes.equals(Buffer.concat(parts)));
  }));
}

test('several members are one body', onLoopback(async (net) => {
  const server = await net.serve(answering(Buffer.concat([gzipSync('one '), gzipSync(''), gzipSync('two')])));
  const { client } = net.client();
  assert.equal(await (await client.get(server.origin)).text(), 'one two');
}));

test('an empty body is an empty text', onLoopback(async (net) => {
  const server = await net.serve(answering(Buffer.alloc(0), { ...gzip, framing: 'chunked' }));
  const { client, transport } = net.client();
  assert.equal(await (await client.get(server.origin)).text(), '');
  await turn();
  assert.equal(transport.stats().idle, 1);
}));

describe('it is not ours to undo', () => {
  for (const [what, method, init, options] of [
    ['if the caller said what it accepts', 'GET', { headers: { 'Accept-Encoding': 'gzip' } }, {}],
    ['of a range', 'GET', { headers: { Range: 'bytes=0-' } }, {}],
    ['if compression is disabled', 'GET', {}, { disableCompression: true }],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const bytes = gzipSync(text);
      const server = await net.serve(answering(bytes));
      const { client } = net.client(options);
      const response = await client.request(server.origin, { method, ...init });
      assert.equal(response.uncompressed, false);
      assert.equal(response.headers.get('content-encoding'), 'gzip');
      assert.equal(response.contentLength, bytes.length);
      assert.ok(bytes.equals(await response.bytes()));
    }));
  }

  test('if there is no body, as with HEAD', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n') });
    const { client } = net.client();
    const response = await client.head(server.origin);
    assert.equal(response.uncompressed, false);
    assert.equal(response.headers.get('content-encoding'), 'gzip');
    assert.equal(server.requests[0].header('accept-encoding'), undefined);
  }));
});

describe('a body that is no whole gzip is an error, and nothing is left', () => {
  const whole = gzipSync(text);
  for (const [what, bytes] of [
    ['no gzip at all', Buffer.from('hello, I am plain')],
    ['cut', whole.subarray(0, -20)],
    ['with a wrong checksum', Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8, 1)])],
    ['a header alone', whole.subarray(0, 10)],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const server = await net.serve(answering(bytes));
      const { client } = net.client();
      const response = await client.get(server.origin);
      await assert.rejects(response.text(), { name: 'BodyError', code: 'ERR_BODY_ENCODING' });
      assert.equal(response.body.state, 'errored');
      await assert.rejects(response.body.read(), { code: 'ERR_BODY_ENCODING' });
    }));
  }

  test('cut by the connection, it is the connection\'s error', onLoopback(async (net) => {
    const server = await net.serve({
      onRequest: ({ connection }) => {
        connection.write(reply(whole, gzip).subarray(0, -20));
        connection.finish();
      },
    });
    const { client } = net.client();
    const response = await client.get(server.origin);
    await assert.rejects(response.text(), { name: 'ConnectionError', code: 'ERR_CONNECTION_CLOSED' });
  }));
});

describe('zero bytes behind the gzip data are padding, as for fetch, got and axios', () => {
  const member = gzipSync(text);
  for (const [what, parts] of [
    ['one zero', [Buffer.concat([member, Buffer.alloc(1)])]],
    ['in the same packet', [Buffer.concat([member, Buffer.alloc(512)])]],
    ['in a later packet', [member, Buffer.alloc(16)]],
    ['many of them', [member, Buffer.alloc(100_000)]],
    ['after the second member', [member, gzipSync(''), Buffer.alloc(3)]],
    ['with other bytes behind them', [Buffer.concat([member, Buffer.alloc(4), Buffer.from('whatever')])]],
    ['with another member behind them', [Buffer.concat([member, Buffer.alloc(4), member])]],
  ] as const) {
    for (const framing of ['length', 'chunked'] as const) {
      test(`${what}, ${framing}: the text, EOF, and the connection serves the next request`, onLoopback(async (net) => {
        const whole = reply(Buffer.concat(parts), { ...gzip, framing });
        // Cut inside the last part, so that it arrives by itself.
        const cut = whole.length - Math.ceil(parts.at(-1)!.length / 2);
        const server = await net.serve({
          onRequest: async ({ connection }) => {
            connection.write(whole.subarray(0, cut));
            await turn();
            connection.write(whole.subarray(cut));
          },
        });
        const { client } = net.client();
        for (let i = 0; i < 2; i++) {
          const response = await client.get(server.origin);
          assert.equal(await response.text(), text);
          assert.equal(response.body.state, 'eof');
        }
        await turn();
        assert.equal(server.connections.length, 1);
      }));
    }
  }
});

describe('what was decoded before a fault is read before the fault is reported, as in a plain body', () => {
  const bytes = new SeededRandom(11).bytes(30_000);
  const member = gzipSync(bytes);
  // A full flush ends at a byte, and 0xff begins a block of a type that there is not.
  const flushed = Buffer.concat([member.subarray(0, 10), deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH })]);
  for (const [what, body, message] of [
    ['cut in its trailer', member.subarray(0, -3), /gzip.*cut/],
    ['without its trailer', member.subarray(0, -8), /gzip.*cut/],
    ['with a wrong checksum', Buffer.concat([member.subarray(0, -8), Buffer.alloc(4, 1), member.subarray(-4)]), /gzip.*data check/],
    ['with a wrong length', Buffer.concat([member.subarray(0, -4), Buffer.alloc(4, 1)]), /gzip.*length check/],
    ['with other bytes behind it', Buffer.concat([member, Buffer.from('\r\n')]), /behind the gzip data/],
    ['with a cut member behind it', Buffer.concat([member, member.subarray(0, 12)]), /gzip.*cut/],
    ['damaged in the middle', Buffer.concat([flushed, Buffer.alloc(20, 0xff)]), /gzip.*invalid block type/],
  ] as const) {
    for (const framing of ['length', 'chunked'] as const) {
      test(`${what}, ${framing}`, onLoopback(async (net) => {
        const server = await net.serve(answering(body, { ...gzip, framing }));
        const { client } = net.client();
        const { body: read } = await client.get(server.origin);
        const parts: Uint8Array[] = [];
        await assert.rejects(async () => {
          for await (const part of read) parts.push(part);
        }, { name: 'BodyError', code: 'ERR_BODY_ENCODING', message });
        const got = Buffer.concat(parts);
        assert.ok(bytes.equals(got.subarray(0, bytes.length)), `${got.length} of ${bytes.length} bytes`);
        assert.equal(read.state, 'errored');
        await assert.rejects(read.read(), { code: 'ERR_BODY_ENCODING' });
      }));
    }
  }

  test('cut by the connection', onLoopback(async (net) => {
    const server = await net.serve({
      onRequest: ({ connection }) => {
        connection.write(reply(member, gzip).subarray(0, -20));
        connection.finish();
      },
    });
    const { client } = net.client();
    const { body } = await client.get(server.origin);
    let length = 0;
    await assert.rejects(async () => {
      for await (const part of body) length += part.length;
    }, { code: 'ERR_CONNECTION_CLOSED' });
    assert.ok(length > bytes.length - 1000, `${length} bytes`);
  }));
});

test('a body that decodes to more than maxDecompressedBytes is closed', onLoopback(async (net) => {
  const server = await net.serve(answering(gzipSync(Buffer.alloc(1 << 20))));
  const { client } = net.client({ maxDecompressedBytes: 100_000 });
  const response = await client.get(server.origin);
  await assert.rejects(response.bytes(), { name: 'BodyError', code: 'ERR_BODY_TOO_LARGE', message: /100000 bytes when its gzip is decoded \(maxDecompressedBytes\)/ });
  await server.settlesAt(1);
  const { client: wider } = net.client({ maxDecompressedBytes: 1 << 20 });
  assert.equal((await (await wider.get(server.origin)).bytes()).length, 1 << 20);
}));

test('unread it pins, read in part it pins, closed it does not', onLoopback(async (net) => {
  const server = await net.serve(answering(gzipSync(new SeededRandom(5).bytes(200_000))));
  const { client, transport } = net.client();
  const response = await client.get(server.origin);
  await turn();
  assert.equal(taskCount(), 3);
  assert.equal((await response.body.read(10))?.length, 10);
  assert.equal(response.body.state, 'reading');
  assert.equal(transport.stats().active, 1);
  await response.close();
  assert.equal(response.body.state, 'closed');
  assert.equal(taskCount(), 1);
  await assert.rejects(response.body.read(), { code: 'ERR_BODY_CLOSED' });
}));

test('a second read beside the first is refused, a close during a read rejects it', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 500\r\n\r\n') });
  const { client } = net.client();
  const response = await client.get(server.origin);
  const rejected = assert.rejects(response.body.read(), { code: 'ERR_BODY_CLOSED' });
  await assert.rejects(response.body.read(), { code: 'ERR_BODY_READING' });
  await response.close();
  await rejected;
}));
