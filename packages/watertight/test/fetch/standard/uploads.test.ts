/**
 * Bodies that a request sends: their bytes, their type and their framing. Fetch
 * standard, "BodyInit unions" (extract a body) and "HTTP-network fetch".
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback } from '../../fixtures/loopback.js';
import type { RawRequest } from '../../fixtures/raw-server.js';
import { echoOf, field, site } from '../site.js';
import { half, streamOf } from './place.js';

/** A view of numbers that newer versions of Node have. */
const { Float16Array } = globalThis as { Float16Array?: new (length: number) => ArrayBufferView };

const TEXT = 'text/plain;charset=UTF-8';
const FORM = 'application/x-www-form-urlencoded;charset=UTF-8';

const KINDS: readonly (readonly [string, () => unknown, string, string | undefined])[] = [
  ['a string', () => 'this is text', 'this is text', TEXT],
  ['an empty string', () => '', '', TEXT],
  ['a string beyond ASCII, as UTF-8', () => 'dätä €', 'dätä €', TEXT],
  ['a string with half a surrogate pair, as U+FFFD', () => 'a\ud800b', 'a�b', TEXT],
  ['URLSearchParams', () => new URLSearchParams({ name: 'value', 'a b': 'ä&' }), 'name=value&a+b=%C3%A4%26', FORM],
  ['empty URLSearchParams', () => new URLSearchParams(), '', FORM],
  ['a Blob without a type', () => new Blob(['Test']), 'Test', undefined],
  ['a Blob with a type', () => new Blob(['Test'], { type: 'text/maybe' }), 'Test', 'text/maybe'],
  ['an empty Blob', () => new Blob([]), '', undefined],
  ['a part of a Blob', () => new Blob(['a Test b']).slice(2, 6, 'a/b'), 'Test', 'a/b'],
  ['a File', () => new File(['Test'], 'name', { type: 'a/b' }), 'Test', 'a/b'],
  ['an ArrayBuffer', () => new ArrayBuffer(4), '\0'.repeat(4), undefined],
  ['an empty ArrayBuffer', () => new ArrayBuffer(0), '', undefined],
  ['a Uint8Array', () => new Uint8Array(4), '\0'.repeat(4), undefined],
  ['a part of a buffer', () => new Uint8Array(Buffer.from('a Test b').buffer.slice(0)).length && Buffer.from('a Test b').subarray(2, 6), 'Test', undefined],
  ['an Int8Array', () => new Int8Array(4), '\0'.repeat(4), undefined],
  ['a Uint16Array', () => Uint16Array.of(0x4241), 'AB', undefined],
  ['a Float16Array', () => new Float16Array!(2), '\0'.repeat(4), undefined],
  ['a Float32Array', () => new Float32Array(1), '\0'.repeat(4), undefined],
  ['a Float64Array', () => new Float64Array(1), '\0'.repeat(8), undefined],
  ['a BigInt64Array', () => new BigInt64Array(1), '\0'.repeat(8), undefined],
  ['a DataView of a part', () => new DataView(new ArrayBuffer(8), 2, 4), '\0'.repeat(4), undefined],
  ['a number, as its text', () => 12.5, '12.5', TEXT],
  ['a boolean, as its text', () => false, 'false', TEXT],
  ['an object, as its text', () => ({ toString: () => 'hi!' }), 'hi!', TEXT],
];

describe('a body in memory has its bytes, its length and its type:', () => {
  for (const [what, body, bytes, type] of KINDS) {
    const skip = what === 'a Float16Array' && Float16Array === undefined ? 'this Node has no Float16Array' : false;
    test(what, { skip }, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      for (const pending of [fetch(origin, { method: 'POST', body: body() as RequestInit['body'] }), fetch(new Request(origin, { method: 'POST', body: body() as RequestInit['body'] }))]) {
        const echo = await echoOf(pending);
        assert.equal(echo.body, bytes);
        assert.deepEqual(['content-length', 'content-type', 'transfer-encoding'].map((name) => field(echo, name)), [String(Buffer.byteLength(bytes)), type, undefined]);
      }
    }));
  }
});

describe('the type that the program sets goes before that of', () => {
  for (const [what, body] of [['a string', () => 'x'], ['URLSearchParams', () => new URLSearchParams('a=b')], ['a Blob', () => new Blob(['x'], { type: 'a/b' })], ['a form', () => new FormData()], ['bytes', () => new Uint8Array(1)], ['no body', () => null]] as const) {
    test(what, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      assert.equal(field(await echoOf(fetch(origin, { method: 'POST', body: body(), headers: { 'CONTENT-type': 'test/override' } })), 'content-type'), 'test/override');
    }));
  }
});

describe('a form', () => {
  const form = (...entries: readonly (readonly [string, string | File])[]): FormData => {
    const made = new FormData();
    for (const [name, value] of entries) made.append(name, value);
    return made;
  };

  for (const [what, body, parts] of [
    ['of texts', form(['a', '1'], ['a', '2'], ['b', 'ä']), ['name="a"\r\n\r\n1\r\n', 'name="a"\r\n\r\n2\r\n', 'name="b"\r\n\r\nä\r\n']],
    ['with a file', form(['file', new File(['content'], 'a.txt', { type: 'a/b' })]), ['name="file"; filename="a.txt"\r\n', 'Content-Type: a/b\r\n', '\r\n\r\ncontent\r\n']],
    ['with a file of no type', form(['file', new File(['content'], 'a')]), ['name="file"; filename="a"\r\n', 'Content-Type: application/octet-stream\r\n']],
    ['whose names need escaping', form(['a"b\r\nc', '1']), ['name="a%22b%0D%0Ac"']],
    ['whose values have line ends alone, which become CRLF', form(['a', '1\n2\r3']), ['\r\n\r\n1\r\n2\r\n3\r\n']],
  ] as const) {
    test(`${what} is multipart, with its length`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const echo = await echoOf(fetch(origin, { method: 'POST', body }));
      const [, boundary] = /^multipart\/form-data; ?boundary="?([^"]+)"?$/i.exec(field(echo, 'content-type')!)!;
      assert.equal(field(echo, 'content-length'), String(Buffer.byteLength(echo.body)));
      assert.ok(echo.body.startsWith(`--${boundary}\r\n`) && echo.body.trimEnd().endsWith(`--${boundary}--`));
      for (const part of parts) assert.ok(echo.body.includes(part), `${JSON.stringify(part)} is not in ${JSON.stringify(echo.body)}`);
    }));
  }

  test('that is empty is its last boundary', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    assert.match((await echoOf(fetch(origin, { method: 'POST', body: new FormData() }))).body, /^--\S+--\s*$/);
  }));
});

describe('a stream', () => {
  for (const [what, body, bytes] of [
    ['of no chunk', () => streamOf(), ''],
    ['of one chunk', () => streamOf(Buffer.from('Test')), 'Test'],
    ['of several', () => streamOf(...['many', ' ', 'chunks'].map((text) => Buffer.from(text))), 'many chunks'],
    ['with empty chunks', () => streamOf(new Uint8Array(0), Buffer.from('Te'), new Uint8Array(0), Buffer.from('st')), 'Test'],
    ['that is encoded', () => streamOf('Te', 'st').pipeThrough(new TextEncoderStream()), 'Test'],
    ['that is another response\'s', () => new Response('Test').body, 'Test'],
    ['of bytes', () => new ReadableStream({ type: 'bytes', start: (controller) => {
      controller.enqueue(new TextEncoder().encode('Test'));
      controller.close();
    } }), 'Test'],
    ['that is filled later', () => {
      let left = 3;
      return new ReadableStream({ pull: async (controller) => {
        await Promise.resolve();
        if (left-- > 0) controller.enqueue(Buffer.from('x'));
        else controller.close();
      } });
    }, 'xxx'],
  ] as const) {
    test(`${what} is sent in chunks, without a type`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      for (const pending of [fetch(origin, half(body())), fetch(new Request(origin, half(body())))]) {
        const echo = await echoOf(pending);
        assert.equal(echo.body, bytes);
        assert.deepEqual(['transfer-encoding', 'content-length', 'content-type'].map((name) => field(echo, name)), ['chunked', undefined, undefined]);
      }
    }));
  }

  for (const [what, chunk] of [['null', null], ['undefined', undefined], ['a number', 99], ['a boolean', true], ['a symbol', Symbol('x')], ['an object', {}], ['a Blob', new Blob(['x'])]] as const) {
    test(`whose chunk is ${what} is a TypeError`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      await assert.rejects(fetch(origin, half(streamOf(chunk))), TypeError);
      await assert.rejects(fetch(new Request(origin, half(streamOf(Buffer.from('x'), chunk)))), TypeError);
    }));
  }

  // The standard knows Uint8Arrays alone; Node's own fetch sends these too, and programs rely on it.
  for (const [what, chunk, bytes] of [['a string', 'Tést', 'Tést'], ['a DataView', new DataView(new ArrayBuffer(4), 1, 2), '\0\0'], ['an Int8Array', Int8Array.of(65, 66), 'AB']] as const) {
    test(`whose chunk is ${what} is sent, as on Node`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      assert.equal((await echoOf(fetch(origin, half(streamOf(chunk))))).body, bytes);
    }));
  }

  for (const [what, source] of [
    ['at its start', { start: () => Promise.reject(new Error('the disk')) }],
    ['at once', { start: (controller: ReadableStreamDefaultController) => controller.error(new Error('the disk')) }],
    ['when it is pulled', { pull: () => Promise.reject(new Error('the disk')) }],
  ] as const) {
    test(`that fails ${what} is a TypeError`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      await assert.rejects(fetch(origin, half(new ReadableStream(source))), TypeError);
    }));
  }
});

describe('an answer that comes before the body has ended', () => {
  for (const status of [200, 401, 413, 421]) {
    test(`is the response, ${status}, and the stream is cancelled`, onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(`HTTP/1.1 ${status} Early\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno`) });
      let cancelled = (): void => undefined;
      const end = new Promise<void>((resolve) => {
        cancelled = resolve;
      });
      const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('x')), cancel: () => cancelled() });
      const response = await fetch(server.origin, half(body));
      assert.deepEqual([response.status, await response.text()], [status, 'no']);
      await end;
    }));
  }
});

describe('a request that the server does not want on this connection (421)', () => {
  test('is sent once more, on a connection that is new, though others are idle', onLoopback(async (net) => {
    const { fetch } = await site(net);
    let held: RawRequest[] = [];
    const server = await net.serve({ onRequest: async (request) => {
      const body = String(await request.body);
      if (request.method === 'POST') request.reply(body, { status: request.connection.id < 2 ? '421 Misdirected Request' : '200 OK' });
      else if (held.push(request) === 2) for (const each of held) each.reply('');
    } });
    await Promise.all([1, 2].map(async () => (await fetch(server.origin)).text()));
    held = [];
    const response = await fetch(server.origin, { method: 'POST', body: 'data' });
    assert.deepEqual([response.status, await response.text(), server.connections.length], [200, 'data', 3]);
  }));

  for (const [what, init] of [['a GET', {}], ['a POST', { method: 'POST', body: 'data' }]] as const) {
    test(`is not sent a third time: ${what}`, onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: (request) => request.reply('no', { status: '421 Misdirected Request' }) });
      const response = await fetch(server.origin, init);
      assert.deepEqual([response.status, await response.text(), server.requests.length], [421, 'no', 2]);
    }));
  }
});
