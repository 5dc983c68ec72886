/** Bodies of requests and responses as the tests of Go's transport and client pin them. docs/go-parity.md says which test is which. */

import assert from 'node:assert/strict';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex, Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { RequestBodyError, type BodyInit } from 'watertight';
import { assertWorks, loopbackLookup, onLoopback, settle } from '../fixtures/loopback.js';
import { reply, type RawRequest } from '../fixtures/raw-server.js';
import { until } from '../fixtures/until.js';

const echo = { onRequest: async (request: RawRequest): Promise<void> => request.reply((await request.body) ?? '') };

/** A source that counts how it is used. */
function counted(next: (n: number) => IteratorResult<string> | Promise<IteratorResult<string>>): { body: AsyncIterable<string>; counts: { opened: number; asked: number; stopped: number } } {
  const counts = { opened: 0, asked: 0, stopped: 0 };
  const body: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => {
      counts.opened++;
      return {
        next: async () => next(counts.asked++),
        return: async () => {
          counts.stopped++;
          await turn();
          return { done: true, value: undefined };
        },
      };
    },
  };
  return { body, counts };
}

describe('the writes of a request', () => {
  for (const [what, init] of [
    ['a GET', { method: 'GET' }],
    ['a form', { method: 'POST', body: new URLSearchParams({ foo: 'bar' }) }],
    ['a text', { method: 'POST', body: 'x'.repeat(10_000) }],
  ] as const) {
    test(`${what} is one`, onLoopback(async (net) => {
      const server = await net.serve(echo);
      let writes = 0;
      const { client } = net.client({ dial: ({ host, port }) => {
        const socket = connect(port, host);
        return new Duplex({
          read() {},
          write(chunk: Buffer, _encoding, done) {
            writes++;
            socket.write(chunk, done);
          },
          writev(chunks, done) {
            writes++;
            socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done);
          },
          destroy(error, done) {
            socket.destroy();
            done(error);
          },
          construct(done) {
            socket.on('data', (bytes) => this.push(bytes)).on('end', () => this.push(null)).on('error', () => {});
            done();
          },
        });
      } });
      await (await client.request(server.origin, init)).text();
      assert.equal(writes, 1);
    }));
  }

  test('a chunk of a body leaves before the next is there, and so does the head', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => (await request.body, request.reply('done')) });
    const { client } = net.client();
    const chunks = ['first', 'second', 'third'];
    const pending = client.post(server.origin, (async function* () {
      await until('the head has come', () => server.requests.length === 1);
      for (const chunk of chunks) {
        yield chunk;
        await until(`${chunk} has come`, () => server.connections[0].text.includes(`\r\n${chunk}\r\n`));
      }
    })());
    assert.equal(await (await pending).text(), 'done');
    assert.equal(String(await server.requests[0].body), chunks.join(''));
  }));

  test('of a file, with its length or in chunks, arrive whole', onLoopback(async (net) => {
    const folder = mkdtempSync(join(tmpdir(), 'watertight-'));
    try {
      const file = join(folder, 'data');
      writeFileSync(file, 'z'.repeat(100_000));
      const server = await net.serve(echo);
      const { client } = net.client();
      for (const length of [null, '100000']) {
        const response = await client.request(server.origin, { method: 'PUT', body: createReadStream(file), headers: length === null ? null : { 'Content-Length': length } });
        assert.equal((await response.bytes()).length, 100_000);
        assert.equal(server.requests.at(-1)!.header(length === null ? 'transfer-encoding' : 'content-length'), length ?? 'chunked');
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }));
});

describe('the source of a request\'s body', () => {
  test('that fails fails the request, is asked once and not told to stop, and the request is not tried again', onLoopback(async (net) => {
    const server = await net.serve(echo);
    const { client } = net.client();
    await assertWorks(client, server.origin);
    const failure = new Error('the disk is on fire');
    const { body, counts } = counted(() => Promise.reject(failure));
    await assert.rejects(client.post(server.origin, body), (error: Error) => error instanceof RequestBodyError && error.cause === failure);
    assert.deepEqual(counts, { opened: 1, asked: 1, stopped: 0 });
    assert.ok(server.requests.length <= 2, 'the request is not made again');
    await assertWorks(client, server.origin);
  }));

  test('is stopped once when the answer comes before its end, not at all when it has ended', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.connection.write('HTTP/1.1 204 No Content\r\n\r\n') });
    const { client } = net.client();
    for (let i = 0; i < 10; i++) {
      const { body, counts } = counted((n) => (n < 30 ? { done: false, value: 'x'.repeat(10_000) } : { done: true, value: undefined }));
      await (await client.post(server.origin, body)).close();
      assert.ok(counts.stopped <= 1, `stopped ${counts.stopped} times`);
      assert.equal(counts.opened, 1);
    }
  }));

  test('that never ends does not keep the answer from the program', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('sorry, denied.', { status: '401 Unauthorized' }) });
    const { client } = net.client();
    const { body, counts } = counted(async () => {
      await turn();
      return { done: false, value: 'a'.repeat(1000) };
    });
    const response = await client.post(server.origin, body);
    assert.deepEqual([response.status, await response.text()], [401, 'sorry, denied.']);
    assert.equal(counts.stopped, 1);
    await assert.rejects(client.get(server.origin, { signal: AbortSignal.abort('over') }), (error) => error === 'over');
  }));

  test('is let go of beside options that are none', onLoopback(async (net) => {
    const { client } = net.client();
    let released = false;
    const body = Readable.from(['a']).on('close', () => (released = true)).on('error', () => {});
    await assert.rejects(client.post('http://127.0.0.1:9/', body, 5 as never), { code: 'ERR_INVALID_OPTION' });
    await until('the stream is closed', () => released);
  }));

  for (const [what, fail] of [
    ['an invalid method', { method: ' ' }],
    ['a method that is no text', { method: 5 }],
    ['a header name that is none', { headers: { '💡': 'emoji' } }],
    ['a header value that can\'t be sent', { headers: { key: '\x19' } }],
    ['a length that is none', { headers: { 'Content-Length': 'x' } }],
    ['a Host that is none', { headers: { Host: 'a b' } }],
    ['a signal that is none', { signal: 5 }],
    ['a signal that has aborted', { signal: AbortSignal.abort() }],
    ['a time limit that is none', { timeout: NaN }],
    ['a URL of another scheme', { url: 'faux://a.example/' }],
    ['a URL without a host', { url: 'http://' }],
    ['a URL that is none', { url: 'a.example' }],
    ['a name that is not resolved', { url: 'http://nowhere.example/' }],
    ['a dial that fails', { url: 'http://dial.example/' }],
    ['a jar that fails', { jar: true }],
    ['a proxy that is none', { url: 'http://proxy.example/' }],
  ] as [string, Record<string, unknown> & { url?: string; jar?: true }][]) {
    test(`is let go of by a request that fails for ${what}`, onLoopback(async (net) => {
      const server = await net.serve(echo);
      const { lookup } = loopbackLookup();
      const { client } = net.client(
        {
          lookup: (host, options, done) => {
            if (host === 'nowhere.example') done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
            else lookup(host, options, done);
          },
          dial: fail.url?.includes('dial.') === true ? () => Promise.reject(new Error('no')) : undefined,
          proxy: fail.url?.includes('proxy.') === true ? () => 'ftp://a.example' : null,
        },
        fail.jar === undefined ? {} : { jar: { getCookieString: () => Promise.reject(new Error('no')), setCookie: () => undefined } },
      );
      for (const make of [
        () => Readable.from(['a', 'b']),
        () => new ReadableStream({ start: (controller) => (controller.enqueue('a'), controller.close()) }),
      ]) {
        let released = false;
        const body = make();
        if (body instanceof Readable) body.on('close', () => (released = true)).on('error', () => {});
        const { url = server.origin, jar: _jar, ...init } = fail;
        const { error } = await settle(client.request(url, { method: 'POST', ...init, body: body as BodyInit }));
        assert.notEqual(error, undefined);
        if (body instanceof Readable) await until('the stream is closed', () => released);
        else await assert.rejects(Promise.resolve().then(() => body.getReader().read().then(({ done }) => (done ? Promise.reject(new Error('ended')) : undefined))));
      }
      assert.equal(server.requests.length, 0);
    }));
  }
});

describe('the body of a response', () => {
  test('comes in the pieces in which the server sends it, as soon as each is there', onLoopback(async (net) => {
    let connection: RawRequest['connection'] | null = null;
    const server = await net.serve({ onRequest: (request) => {
      connection = request.connection;
      request.connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    } });
    const { client } = net.client();
    const { body } = await client.get(server.origin);
    for (const word of ['i', 'am', 'also', 'known', 'as', 'comet']) {
      connection!.write(`${word.length.toString(16)}\r\n${word}\r\n`);
      assert.equal(Buffer.from((await body.read())!).toString(), word);
    }
    connection!.write('0\r\n\r\n');
    assert.equal(await body.read(), null);
    assert.equal(await body.read(), null, 'and ever after');
  }));

  test('that is written while the request is still sent passes both ways', onLoopback(async (net) => {
    const server = await net.serve({ parse: false, onConnection: ({ socket }) => {
      let head = '';
      socket.on('data', (bytes: Buffer) => {
        const text = bytes.toString('latin1');
        if (head === '') {
          head = text;
          socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
        }
        for (const [, word] of text.matchAll(/\r\n(foo|bar|baz)\r\n/g)) socket.write(word.toUpperCase());
        if (text.endsWith('0\r\n\r\n')) socket.end();
      });
    } });
    const { client } = net.client();
    const said: (() => void)[] = [];
    const words = ['foo', 'bar', 'baz'];
    const response = await client.post(server.origin, (async function* () {
      for (const word of words) {
        await new Promise<void>((resolve) => void said.push(resolve));
        yield word;
      }
    })());
    for (const [i, word] of words.entries()) {
      await until('the source is asked', () => said.length === i + 1);
      said[i]();
      assert.equal(Buffer.from((await response.body.read(3))!).toString(), word.toUpperCase());
    }
    assert.equal(await response.body.read(), null);
  }));

  for (const chunked of [false, true]) {
    test(`of a megabyte in gzip, ${chunked ? 'in chunks' : 'with its length'}, comes whole, twice on one connection`, onLoopback(async (net) => {
      const large = Buffer.from(Array.from({ length: 1 << 20 }, (_, i) => (i * 7919) >> 3));
      const server = await net.serve({ onRequest: ({ connection }) => void connection.write(reply(gzipSync(large), { framing: chunked ? 'chunked' : 'length', fields: ['Content-Encoding: gzip'] })) });
      const { client } = net.client();
      for (let i = 0; i < 2; i++) {
        const response = await client.get(server.origin);
        assert.equal(response.contentLength, -1);
        assert.ok(large.equals(Buffer.from(await response.bytes())));
      }
      assert.equal(server.connections.length, 1);
    }));
  }

  test('in gzip that holds itself is unpacked once', onLoopback(async (net) => {
    const inner = gzipSync(gzipSync('inside'));
    const server = await net.serve({ onRequest: ({ connection }) => void connection.write(reply(inner, { fields: ['Content-Encoding: gzip'] })) });
    const { client } = net.client();
    assert.ok(gzipSync('inside').equals(Buffer.from(await (await client.get(server.origin)).bytes())));
  }));

  test('in gzip that is cut before its checksum is an error, never a short success', onLoopback(async (net) => {
    const whole = gzipSync('fooooooooo');
    const server = await net.serve({ onRequest: ({ connection }) => void connection.write(reply(whole.subarray(0, -5), { fields: ['Content-Encoding: gzip'] })) });
    const { client } = net.client();
    await assert.rejects((await client.get(server.origin)).text(), { name: 'BodyError', code: 'ERR_BODY_ENCODING' });
  }));

  test('closed in the middle, for a program that reads no more, closes the connection; a read afterwards is refused', onLoopback(async (net) => {
    let gone = false;
    const server = await net.serve({ onRequest: async ({ connection }) => {
      connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      while (await connection.send('3\r\nxyz\r\n')) await turn();
      gone = true;
    } });
    const { client } = net.client();
    const { body } = await client.get(server.origin);
    await body.read();
    await body.close();
    await assert.rejects(body.read(), { code: 'ERR_BODY_CLOSED' });
    await until('the server sees the end', () => gone);
  }));
});
