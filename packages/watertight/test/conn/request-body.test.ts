/** What a request carries: every kind of body on the wire, streams stopped and released, lengths kept. */

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { Request, type BodyInit } from 'watertight';
import { onLoopback } from '../fixtures/loopback.js';
import { reply } from '../fixtures/raw-server.js';

const URL_ = 'http://example.com/';

async function* chunks(...parts: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  for (const part of parts) {
    await turn();
    yield part;
  }
}

const KINDS: [what: string, make: () => BodyInit, sent: string, framing: string, type: string | undefined][] = [
  ['a string', () => 'hä', 'hä', 'Content-Length: 3', 'text/plain;charset=UTF-8'],
  ['an empty string', () => '', '', 'Content-Length: 0', 'text/plain;charset=UTF-8'],
  ['bytes', () => Buffer.from('hello'), 'hello', 'Content-Length: 5', undefined],
  ['a part of an array', () => new Uint8Array(Buffer.from('xhellox')).subarray(1, 6), 'hello', 'Content-Length: 5', undefined],
  ['an ArrayBuffer', () => new Uint8Array(Buffer.from('hello')).buffer, 'hello', 'Content-Length: 5', undefined],
  ['URLSearchParams', () => new URLSearchParams({ a: 'b c', d: 'ä' }), 'a=b+c&d=%C3%A4', 'Content-Length: 14', 'application/x-www-form-urlencoded;charset=UTF-8'],
  ['a Blob', () => new Blob(['hel', 'lo'], { type: 'text/css' }), 'hello', 'Content-Length: 5', 'text/css'],
  ['a Blob without a type', () => new Blob(['hello']), 'hello', 'Content-Length: 5', undefined],
  ['an async iterable', () => chunks('hel', Buffer.from('lo')), 'hello', 'Transfer-Encoding: chunked', undefined],
  ['an iterable', () => ['hel', 'lo'], 'hello', 'Transfer-Encoding: chunked', undefined],
  ['a Node stream', () => Readable.from([Buffer.from('hel'), Buffer.from('lo')]), 'hello', 'Transfer-Encoding: chunked', undefined],
  ['a web stream', () => new Blob(['hello']).stream() as ReadableStream<Uint8Array>, 'hello', 'Transfer-Encoding: chunked', undefined],
  ['chunks of no bytes among others', () => chunks('', 'hello', new Uint8Array(0)), 'hello', 'Transfer-Encoding: chunked', undefined],
  ['no chunks', () => chunks(), '', 'Transfer-Encoding: chunked', undefined],
  ['a function of a string', () => () => 'hello', 'hello', 'Content-Length: 5', 'text/plain;charset=UTF-8'],
  ['a function of a stream', () => () => chunks('hello'), 'hello', 'Transfer-Encoding: chunked', undefined],
];

type Classes = Pick<typeof globalThis, 'FormData' | 'File' | 'Blob' | 'URLSearchParams'>;

type BlobParts = ConstructorParameters<typeof Blob>[0];
type BlobOptions = ConstructorParameters<typeof Blob>[1];

/** Classes that are not the global ones, as a polyfill or a simulated browser has them; its Blob streams by an async iterator. */
function foreignClasses(): Classes {
  class ForeignBlob {
    readonly #blob: Blob;
    constructor(parts: BlobParts, options?: BlobOptions) { this.#blob = new Blob(parts, options); }
    get size(): number { return this.#blob.size; }
    get type(): string { return this.#blob.type; }
    arrayBuffer(): Promise<ArrayBuffer> { return this.#blob.arrayBuffer(); }
    async *stream(): AsyncGenerator<Uint8Array> { yield new Uint8Array(await this.#blob.arrayBuffer()); }
    get [Symbol.toStringTag](): string { return 'Blob'; }
  }
  class ForeignFile extends ForeignBlob {
    constructor(parts: BlobParts, readonly name: string, options?: BlobOptions) { super(parts, options); }
    override get [Symbol.toStringTag](): string { return 'File'; }
  }
  class ForeignFormData {
    readonly #entries: [string, unknown][] = [];
    append(name: string, value: unknown): void { this.#entries.push([name, value]); }
    getAll(name: string): unknown[] { return this.#entries.filter((entry) => entry[0] === name).map((entry) => entry[1]); }
    entries(): Iterator<[string, unknown]> { return this.#entries.values(); }
    [Symbol.iterator](): Iterator<[string, unknown]> { return this.#entries.values(); }
    get [Symbol.toStringTag](): string { return 'FormData'; }
  }
  class ForeignSearchParams {
    readonly #params: URLSearchParams;
    constructor(init: Record<string, string>) { this.#params = new URLSearchParams(init); }
    append(name: string, value: string): void { this.#params.append(name, value); }
    toString(): string { return this.#params.toString(); }
    get [Symbol.toStringTag](): string { return 'URLSearchParams'; }
  }
  return { FormData: ForeignFormData, File: ForeignFile, Blob: ForeignBlob, URLSearchParams: ForeignSearchParams } as unknown as Classes;
}

/** undici's own FormData, which is another class than the global one. */
async function undiciClasses(): Promise<Classes> {
  const { FormData } = (await import(process.version.startsWith('v20.') ? 'undici7' : 'undici')) as Pick<Classes, 'FormData'>;
  return { FormData, File, Blob, URLSearchParams };
}

const OTHERS: [whose: string, classes: Classes][] = [['another realm', foreignClasses()], ['undici', await undiciClasses()]];

describe('on the wire:', () => {
  for (const [what, make, sent, framing, type] of KINDS) {
    test(what, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: async (request) => request.reply((await request.body) ?? 'cut') });
      const { client, transport } = net.client();
      for (let i = 0; i < 2; i++) {
        const response = await client.post(server.origin, make());
        assert.equal(await response.text(), sent);
      }
      const [request] = server.requests;
      assert.ok(request.lines.includes(framing), request.head);
      assert.equal(request.all('content-length').length + request.all('transfer-encoding').length, 1);
      assert.equal(request.header('content-type'), type);
      assert.equal(transport.stats().opened, 1, 'the connection was used again');
    }));
  }

  for (const [whose, classes] of OTHERS) test(`FormData, Blob, File and URLSearchParams of ${whose}`, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => request.reply((await request.body) ?? 'cut') });
    const { client } = net.client();
    const { FormData, File, Blob, URLSearchParams } = classes;
    const form = new FormData();
    form.append('name', 'hä');
    form.append('file', new File(['content'], 'a.txt', { type: 'text/plain' }));
    const text = await (await client.post(server.origin, form)).text();
    assert.match(server.requests[0].header('content-type')!, /^multipart\/form-data; boundary=/);
    assert.equal(Number(server.requests[0].header('content-length')), Buffer.byteLength(text));
    assert.match(text, /name="name"\r\n\r\nhä\r\n/);
    assert.match(text, /name="file"; filename="a\.txt"\r\nContent-Type: text\/plain\r\n\r\ncontent\r\n/);
    assert.equal(await (await client.post(server.origin, new Blob(['hel', 'lo'], { type: 'text/css' }))).text(), 'hello');
    assert.equal(server.requests[1].header('content-type'), 'text/css');
    assert.equal(server.requests[1].header('content-length'), '5');
    assert.equal(await (await client.post(server.origin, new URLSearchParams({ a: 'b c' }))).text(), 'a=b+c');
    assert.match(server.requests[2].header('content-type')!, /^application\/x-www-form-urlencoded/);
  }));

  test('FormData, with its files', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => request.reply((await request.body) ?? 'cut') });
    const { client } = net.client();
    const form = new FormData();
    form.set('name', 'hä');
    form.set('file', new File(['content'], 'a.txt', { type: 'text/plain' }));
    const text = await (await client.post(server.origin, form)).text();
    const type = server.requests[0].header('content-type')!;
    const [, boundary] = /^multipart\/form-data; boundary=(\S+)$/.exec(type)!;
    const parts = text.split(`--${boundary}`);
    assert.deepEqual(parts.map((part) => part.trim().split('\r\n\r\n')), [
      [''],
      ['Content-Disposition: form-data; name="name"', 'hä'],
      ['Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain', 'content'],
      ['--'],
    ]);
    assert.equal(Number(server.requests[0].header('content-length')), Buffer.byteLength(text));
  }));

  test('the caller\'s Content-Type goes before ours', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply() });
    const { client } = net.client();
    await client.post(server.origin, '{}', { headers: { 'content-type': 'application/json' } });
    assert.deepEqual(server.requests[0].all('content-type'), ['application/json']);
  }));

  test('a stream of a length that the caller declares is sent with it', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => request.reply((await request.body) ?? 'cut') });
    const { client } = net.client();
    const response = await client.post(server.origin, chunks('hel', 'lo'), { headers: { 'Content-Length': '5' } });
    assert.equal(await response.text(), 'hello');
    assert.deepEqual(server.requests[0].all('content-length'), ['5']);
    assert.deepEqual(server.requests[0].all('transfer-encoding'), []);
  }));

  for (const method of ['GET', 'HEAD']) {
    test(`a ${method} can have a body whose length is known, or declared`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: async (request) => {
        await request.body;
        request.connection.write('HTTP/1.1 204 No Content\r\n\r\n');
      } });
      const { client } = net.client();
      await client.request(server.origin, { method, body: 'hello' });
      await client.request(server.origin, { method, body: chunks('hel', 'lo'), headers: { 'Content-Length': '5' } });
      assert.deepEqual((await Promise.all(server.requests.map(({ body }) => body))).map(String), ['hello', 'hello']);
      await assert.rejects(client.request(server.origin, { method, body: chunks('x') }), { code: 'ERR_INVALID_BODY', message: /declare its Content-Length/ });
    }));
  }

  test('a large stream is sent no faster than the server reads', onLoopback(async (net) => {
    let pulled = 0;
    const piece = Buffer.alloc(1 << 16, 'x');
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (; pulled < 400; pulled++) yield piece;
    };
    let received = 0;
    const server = await net.serve({
      parse: false,
      onConnection: ({ socket }) => {
        setTimeout(() => {
          socket.on('data', (bytes: Buffer) => {
            received += bytes.length;
            if (bytes.toString('latin1', bytes.length - 5) === '0\r\n\r\n') socket.write(reply('taken'));
          });
        }, 150);
      },
    });
    const { client } = net.client();
    const pending = client.post(server.origin, source());
    await sleep(100);
    assert.ok(pulled < 400, 'all was taken from the source, though the server read nothing');
    assert.equal(await (await pending).text(), 'taken');
    assert.ok(received > 400 * piece.length);
  }));
});

describe('a source that fails', () => {
  for (const [what, source] of [
    ['rejects', async function* () { yield 'hel'; throw new Error('disk on fire'); }],
    ['throws', function* () { yield 'hel'; throw new Error('disk on fire'); }],
  ] as const) {
    test(`(${what}) fails the request, with the error as the cause, and the server sees no whole body`, onLoopback(async (net) => {
      const server = await net.serve();
      const { client } = net.client();
      await assert.rejects(client.post(server.origin, source()), (error: { code: string; cause: Error; message: string }) => {
        assert.equal(error.code, 'ERR_REQUEST_BODY');
        assert.equal(error.cause.message, 'disk on fire');
        return true;
      });
      await server.settlesAt(0);
      assert.equal(await server.requests[0].body, null);
    }));
  }

  test('gives what is no bytes', onLoopback(async (net) => {
    const server = await net.serve();
    const { client } = net.client();
    await assert.rejects(client.post(server.origin, chunks('a', 5 as never)), { name: 'RequestBodyError', code: 'ERR_REQUEST_BODY' });
    await server.settlesAt(0);
  }));

  for (const [what, parts] of [['more', ['hello', '!']], ['fewer', ['hell']]] as const) {
    test(`gives ${what} bytes than declared`, onLoopback(async (net) => {
      const server = await net.serve();
      const { client } = net.client();
      await assert.rejects(client.post(server.origin, chunks(...parts), { headers: { 'Content-Length': '5' } }), { name: 'RequestBodyError', message: /Content-Length/ });
      await server.settlesAt(0);
    }));
  }
});

describe('a source is released', () => {
  const released = (): { body: AsyncIterable<string>; ended: Promise<void> } => {
    let end: () => void = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    const body = (async function* () {
      try {
        for (;;) {
          yield 'x';
          await turn();
        }
      } finally {
        end();
      }
    })();
    return { body, ended };
  };

  test('when the request is cancelled while it sends', onLoopback(async (net) => {
    const server = await net.serve();
    const { client } = net.client();
    const cancel = new AbortController();
    const { body, ended } = released();
    const pending = client.post(server.origin, body, { signal: cancel.signal });
    while (server.requests.length === 0) await turn();
    cancel.abort(new Error('enough'));
    await assert.rejects(pending, { message: 'enough' });
    await ended;
  }));

  test('when the server refuses it before its end; the response is whole', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('too large', { status: '413 Content Too Large' }) });
    const { client, transport } = net.client();
    const { body, ended } = released();
    const response = await client.post(server.origin, body);
    await ended;
    assert.equal(response.status, 413);
    assert.equal(await response.text(), 'too large');
    await turn();
    assert.equal(transport.stats().idle, 0, 'half a request is on that connection');
  }));

  test('when a Node stream is never opened, because the dial fails', onLoopback(async (net) => {
    const { client } = net.client({ dial: () => Promise.reject(new Error('no way')) });
    const stream = new Readable({ read() {} });
    await assert.rejects(client.post('http://127.0.0.1:9/', stream), { code: 'ERR_DIAL' });
    assert.equal(stream.destroyed, true);
  }));

  test('when a web stream is never opened, because the signal has aborted', async () => {
    let cancelled: unknown = null;
    const stream = new ReadableStream<Uint8Array>({ cancel: (reason) => void (cancelled = reason) });
    await onLoopback(async (net) => {
      const { client } = net.client();
      const reason = new Error('too late');
      await assert.rejects(client.post('http://127.0.0.1:9/', stream, { signal: AbortSignal.abort(reason) }), reason);
      await turn();
      assert.equal(cancelled, reason);
    })(undefined as never);
  });
});

describe('what can be sent again', () => {
  for (const [what, init, replayable] of [
    ['a string', 'x', true],
    ['bytes', Buffer.from('x'), true],
    ['a Blob', new Blob(['x']), true],
    ['FormData', new FormData(), true],
    ['an array of chunks', ['x'], true],
    ['a generator', chunks('x'), false],
    ['a web stream', new ReadableStream<Uint8Array>(), false],
    ['a function', () => chunks('x'), true],
  ] as const) {
    test(`${what}: ${replayable ? 'yes' : 'no'}`, () => {
      assert.equal(new Request(URL_, { method: 'POST', body: init as BodyInit }).body?.replayable, replayable);
    });
  }

  for (const [what, make, content] of KINDS) {
    const given = make();
    if (!new Request(URL_, { method: 'POST', body: given }).body!.replayable) continue;
    test(`${what} is sent again, the same`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: async (request) => {
        await request.body;
        request.reply('', request.index === 0 ? { status: '307 Temporary Redirect', fields: ['Location: /next'] } : {});
      } });
      const { client } = net.client();
      assert.equal((await client.post(server.origin, make())).status, 200);
      const bodies = await Promise.all(server.requests.map(({ body }) => body));
      assert.deepEqual(bodies.map(String), [content, content]);
    }));
  }
});
