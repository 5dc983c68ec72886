/** Faults while a request is sent. (`Expect: 100-continue` has a file of its own in `security`.) */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { assertWorks, onLoopback, settle } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';

const PIECE = Buffer.alloc(65_536, 'z');
const MIB = 1 << 20;

/** A body that counts what is taken of it, and how often its source was released. */
class Source {
  pulled = 0;
  released = 0;
  readonly #pieces: number;

  constructor(bytes: number) {
    this.#pieces = bytes / PIECE.length;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (let i = 0; i < this.#pieces; i++) {
        await Promise.resolve();
        this.pulled += PIECE.length;
        yield PIECE;
      }
    } finally {
      this.released++;
    }
  }
}

const hello = { onRequest: async (request: RawRequest) => (await request.body, request.reply('hello')) };

for (const how of ['is cancelled', 'times out'] as const) {
  test(`a server that does not read stops the source of the body; the request ${how}`, onLoopback(async (loop) => {
    const server = await loop.serve({ parse: false });
    const { client, transport } = loop.client();
    const source = new Source(256 * MIB);
    const controller = new AbortController();
    const ask = settle(client.post(server.origin, source, { signal: controller.signal, timeout: how === 'times out' ? 400 : 20_000 }));
    await sleep(300);
    // What the system buffers on both ends of loopback is some megabytes.
    assert.ok(source.pulled < 32 * MIB, `${source.pulled} bytes were taken from the source`);
    const { pulled } = source;
    if (how === 'is cancelled') controller.abort();
    assert.equal((await ask).error!.name, how === 'is cancelled' ? 'AbortError' : 'TimeoutError');
    await sleep(10);
    assert.equal(source.released, 1);
    assert.ok(source.pulled <= pulled + PIECE.length);
    assert.equal(transport.stats().active, 0);
    server.connections[0].socket.resume();
    assert.equal(await server.settlesAt(0), 0);
  }));
}

for (const ending of ['keeps the connection', 'closes'] as const) {
  test(`a final status while the body is being sent is handed out 30 of 30 times when the server ${ending}`, onLoopback(async (loop) => {
    const server = await loop.serve({
      onRequest: (request) => {
        if (request.method !== 'POST') return request.reply('hello');
        request.reply('too large', { status: '413 Content Too Large', fields: ending === 'closes' ? ['Connection: close'] : [] });
        if (ending === 'closes') request.connection.finish();
      },
    });
    const { client } = loop.client();
    for (let i = 0; i < 30; i++) {
      const source = new Source(MIB);
      const response = await client.post(server.origin, source, { timeout: 10_000 });
      assert.equal(response.status, 413);
      assert.equal(await response.text(), 'too large');
    }
    await assertWorks(client, server.origin);
    for (const { requests } of server.connections) {
      const [first, second] = requests;
      if (second) assert.equal((await first.body)?.length, MIB, 'a connection with a body outstanding served another request');
    }
  }));
}

for (const scheme of ['http', 'https'] as const) {
  test(`an early answer and a reset in one, over ${scheme}: the answer or an error, promptly, and nothing is left`, onLoopback(async (loop) => {
    const ca = new CertificateAuthority();
    const server = await loop.serve({
      tls: scheme === 'https' ? ca.issue({ names: ['127.0.0.1'] }) : undefined,
      onRequest: async (request) => {
        const { socket } = request.connection;
        if (request.method !== 'POST') return request.reply('hello');
        socket.pause();
        await request.connection.send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\n\r\ntoo large');
        socket.destroy();
      },
    });
    const { client, transport } = loop.client({ tls: { ca: ca.cert } });
    for (let i = 0; i < 10; i++) {
      // Whether the answer is read before the system tells of the reset is a race, for node:http as well.
      const { value: response, error } = await settle(client.post(server.origin, new Source(32 * MIB)));
      if (response === undefined) assert.equal(error.code, 'ERR_CONNECTION_LOST');
      else {
        assert.equal(response.status, 413);
        assert.equal(await response.text(), 'too large');
      }
      assert.equal(transport.stats().active, 0);
    }
    await assertWorks(client, server.origin);
  }));
}

test('the connection of an early response serves no other request, and the source is released', onLoopback(async (loop) => {
  const server = await loop.serve({
    onRequest: (request) => request.reply(request.method, request.method === 'POST' ? { status: '413 Content Too Large' } : {}),
  });
  const { client } = loop.client();
  let released = 0;
  const endless = {
    [Symbol.asyncIterator]: () => ({
      next: async () => (await sleep(5), { done: false, value: Buffer.alloc(100) }),
      return: () => (released++, Promise.resolve({ done: true, value: undefined })),
    }),
  };
  const response = await client.post(server.origin, endless as never, { timeout: 10_000 });
  assert.equal(await response.text(), 'POST');
  await assertWorks(client, server.origin);
  assert.equal(server.connections.length, 2);
  assert.equal(server.connections[0].requests.length, 1);
  await sleep(20);
  assert.equal(released, 1);
}));

test('a source that cancels its request when it is stopped by an early answer rejects it with the reason, and nothing else', onLoopback(async (loop) => {
  const server = await loop.serve({
    onRequest: (request) => request.reply(request.method, request.method === 'POST' ? { status: '413 Content Too Large' } : {}),
  });
  const { client } = loop.client();
  const controller = new AbortController();
  const reason = new Error('stopped');
  const stream = new ReadableStream<Uint8Array>({
    start: (into) => into.enqueue(Buffer.alloc(100)),
    cancel: () => controller.abort(reason),
  });
  await assert.rejects(client.post(server.origin, stream, { signal: controller.signal, timeout: 10_000 }), reason);
  await assertWorks(client, server.origin);
  assert.equal(server.connections.length, 2);
}));

const failure = new Error('the source failed');

const SOURCES: [name: string, body: () => AsyncIterable<Buffer>, length: string | null][] = [
  ['fails at once', () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure) }) }), null],
  ['fails halfway', async function* () { yield PIECE; throw failure; }, null],
  ['ends early', async function* () { yield PIECE; }, String(2 * PIECE.length)],
  ['ends late', async function* () { yield PIECE; yield PIECE; }, String(PIECE.length)],
];

for (const [what, body, length] of SOURCES) {
  test(`a source that ${what} fails its request; nothing is sent that makes it look whole`, onLoopback(async (loop) => {
    const server = await loop.serve(hello);
    const { client, transport } = loop.client();
    const headers: Record<string, string> = length === null ? {} : { 'Content-Length': length };
    const { error } = await settle(client.post(server.origin, body(), { headers, timeout: 10_000 }));
    assert.ok(error);
    assert.notEqual(error.name, 'TimeoutError');
    if (length === null) assert.ok(error === failure || error.cause === failure);
    await assertWorks(client, server.origin);
    assert.equal(transport.stats().active, 0);
    const [post] = server.requests;
    // What is too long is cut at the length that was announced, and its connection ends.
    if (what === 'ends late') assert.deepEqual(await post.body, PIECE);
    else assert.equal(await post.body, null);
    assert.equal(server.connections[0].requests.length, 1);
  }));
}

test('a source that never yields ends in the timeout, and is released', onLoopback(async (loop) => {
  const server = await loop.serve(hello);
  const { client } = loop.client();
  let released = 0;
  const body = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), return: () => (released++, Promise.resolve({ done: true, value: undefined })) }) };
  const { error } = await settle(client.post(server.origin, body as never, { timeout: 100 }));
  assert.equal(error!.name, 'TimeoutError');
  await sleep(10);
  assert.equal(released, 1);
  assert.equal(await server.settlesAt(0), 0);
}));

test('a source that yields after the cancel sends nothing more', onLoopback(async (loop) => {
  const server = await loop.serve(hello);
  const { client } = loop.client();
  let yieldLate: (result: IteratorResult<Buffer>) => void = () => {};
  let asked = 0;
  const body = {
    [Symbol.asyncIterator]: () => ({
      next: () => (asked++ === 0 ? Promise.resolve({ done: false, value: Buffer.from('first') }) : new Promise<IteratorResult<Buffer>>((resolve) => (yieldLate = resolve))),
      return: () => Promise.resolve({ done: true, value: undefined }),
    }),
  };
  const controller = new AbortController();
  const ask = settle(client.post(server.origin, body as never, { signal: controller.signal }));
  await sleep(50);
  controller.abort();
  await ask;
  yieldLate({ done: false, value: Buffer.from('too late') });
  assert.equal(await server.settlesAt(0), 0);
  assert.doesNotMatch(server.connections[0].text, /too late/);
}));

for (const [what, body] of [
  ['replayable', () => 'z'.repeat(MIB)],
  ['streamed', () => new Source(MIB)],
] as const) {
  test(`a reset inside a ${what} POST body is an error; it reaches the server once`, onLoopback(async (loop) => {
    const server = await loop.serve({ onRequest: (request) => (request.method === 'POST' ? setImmediate(() => request.connection.reset()) : request.reply('hello')) });
    const { client } = loop.client();
    await assertWorks(client, server.origin);
    const { error } = await settle(client.post(server.origin, body(), { timeout: 10_000 }));
    assert.ok(error);
    assert.notEqual(error.name, 'TimeoutError');
    assert.equal(typeof error.code, 'string');
    assert.equal(server.requests.filter(({ method }) => method === 'POST').length, 1);
    await assertWorks(client, server.origin);
  }));
}
