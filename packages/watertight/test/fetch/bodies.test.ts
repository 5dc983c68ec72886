/** Bodies that fetch sends: every kind keeps its length and its type, alone and in a Request; streams go in chunks. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { onLoopback } from '../fixtures/loopback.js';
import { echoOf, field, redirect, site } from './site.js';

const form = (): FormData => {
  const made = new FormData();
  made.set('key', 'data');
  return made;
};

const KINDS: readonly (readonly [string, () => unknown, string | undefined])[] = [
  ['a string', () => 'dätä', 'text/plain;charset=UTF-8'],
  ['URLSearchParams', () => new URLSearchParams({ a: 'b c' }), 'application/x-www-form-urlencoded;charset=UTF-8'],
  ['an ArrayBuffer', () => new ArrayBuffer(4), undefined],
  ['a DataView', () => new DataView(new ArrayBuffer(8), 2, 3), undefined],
  ['a Uint16Array', () => new Uint16Array(2), undefined],
  ['a Blob', () => new Blob(['data'], { type: 'a/b' }), 'a/b'],
  ['a BigUint64Array', () => new BigUint64Array(1), undefined],
  ['a part of bytes', () => Buffer.from('some data').subarray(5), undefined],
  ['an ArrayBuffer of another realm', () => elsewhere('new Uint8Array([1, 2]).buffer'), undefined],
  ['bytes of another realm', () => elsewhere('new Uint8Array([1, 2])'), undefined],
  ['a DataView of another realm', () => elsewhere('new DataView(new ArrayBuffer(4), 1)'), undefined],
  ['a Blob without a type', () => new Blob(['data']), undefined],
  ['a URLSearchParams of a subclass', () => new (class extends URLSearchParams {})({ a: 'b' }), 'application/x-www-form-urlencoded;charset=UTF-8'],
  ['a number', () => 12, 'text/plain;charset=UTF-8'],
  ['an object', () => ({ a: 1 }), 'text/plain;charset=UTF-8'],
  ['a list', () => [1, 2], 'text/plain;charset=UTF-8'],
  ['shared memory, which is no buffer source', () => new SharedArrayBuffer(1), 'text/plain;charset=UTF-8'],
];

function elsewhere(code: string): unknown {
  return runInNewContext(code);
}

describe('a body in memory', () => {
  for (const [what, make, type] of KINDS) {
    test(`${what} has its length and its type`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      for (const request of [[origin, { method: 'POST', body: make() as string }], [new Request(origin, { method: 'POST', body: make() as string })], [new Request(origin, { method: 'PUT' }), { body: make() as string }]] as const) {
        const echo = await echoOf(fetch(...(request as unknown as Parameters<typeof fetch>)));
        assert.equal(field(echo, 'content-length'), String(Buffer.byteLength(echo.body)));
        assert.equal(field(echo, 'transfer-encoding'), undefined);
        assert.equal(field(echo, 'content-type'), type);
      }
    }));
  }

  test('a form has its length, and a boundary that it keeps to', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    for (const pending of [fetch(origin, { method: 'POST', body: form() }), fetch(new Request(origin, { method: 'POST', body: form() }))]) {
      const echo = await echoOf(pending);
      const boundary = /boundary=(.+)$/.exec(field(echo, 'content-type')!)![1];
      assert.equal(field(echo, 'content-length'), String(Buffer.byteLength(echo.body)));
      assert.ok(echo.body.startsWith(`--${boundary}\r\n`) && echo.body.includes('data'));
    }
  }));

  test('bytes may be changed as soon as fetch has returned', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const bytes = Buffer.from('before');
    const pending = fetch(origin, { method: 'POST', body: bytes });
    bytes.write('after!');
    assert.equal((await echoOf(pending)).body, 'before');
  }));

  const memory = new Uint8Array([1, 2]);
  for (const [what, body] of [['an ArrayBuffer', memory.buffer], ['bytes', memory], ['a DataView', new DataView(memory.buffer)]] as const) {
    test(`${what} whose memory was transferred to somebody is empty`, onLoopback(async (net) => {
      if (memory.buffer.byteLength > 0) structuredClone(memory.buffer, { transfer: [memory.buffer] });
      const { origin, fetch } = await site(net);
      const echo = await echoOf(fetch(origin, { method: 'POST', body }));
      assert.deepEqual([echo.body, field(echo, 'content-length')], ['', '0']);
    }));
  }

  test('bytes are sent again after a redirect, though the program has transferred their memory', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const body = new TextEncoder().encode('data');
    const pending = fetch(redirect(origin, 307, '/there'), { method: 'POST', body });
    structuredClone(body.buffer, { transfer: [body.buffer] });
    assert.equal((await echoOf(pending)).body, 'data');
  }));

  test('a symbol is a TypeError', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    await assert.rejects(fetch(origin, { method: 'POST', body: Symbol('x') as unknown as string }), TypeError);
  }));

  test('a file of a form keeps its name and its type, and a Blob has the name of one', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const files = form();
    files.append('file', new File(['asd1'], 'a/b/file.txt', { type: 'text/plain' }));
    files.append('file', new Blob(['asd2 👋'], { type: 'c/d' }), 'read"me.md');
    files.append('file', new Blob(['asd3']));
    const echo = await echoOf(fetch(origin, { method: 'PUT', body: files }));
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the standard has it
    const parsed = await new Response(echo.body, { headers: { 'content-type': field(echo, 'content-type')! } }).formData();
    const got = await Promise.all((parsed.getAll('file') as unknown as (Blob & { name: string })[]).map(async (file) => [file.name, file.type, await file.text()]));
    assert.deepEqual(got, [['a/b/file.txt', 'text/plain', 'asd1'], ['read"me.md', 'c/d', 'asd2 👋'], ['blob', 'application/octet-stream', 'asd3']]);
  }));

  test('a length that the program gives as a number or as text stands there once', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    for (const length of [5, '5']) {
      const headers = { 'content-length': length } as Record<string, string>;
      const calls = [() => fetch(origin, { method: 'POST', body: 'a+b+c', headers }), () => fetch(new Request(origin, { method: 'POST', body: 'a+b+c', headers }))];
      for (const call of calls) assert.deepEqual((await echoOf(call())).fields.filter(([name]) => name.toLowerCase() === 'content-length').map(([, value]) => value), ['5']);
    }
  }));

  test('a length that is not the body\'s is a TypeError, and nothing of it is sent', onLoopback(async (net) => {
    const { origin, server, fetch } = await site(net);
    for (const length of ['3', '8', '0', '-1', '5.0', '+5', 'x', '', '5, 5']) await assert.rejects(fetch(origin, { method: 'POST', body: 'a+b+c', headers: { 'content-length': length } }), TypeError, length);
    assert.equal(server.requests.length, 0);
  }));

  test('a POST without one says that its length is 0', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    assert.equal(field(await echoOf(fetch(origin, { method: 'POST' })), 'content-length'), '0');
  }));

  test('the type that the program sets goes before its own', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    assert.equal(field(await echoOf(fetch(origin, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })), 'content-type'), 'application/json');
  }));

  test('a Request is used up; a clone of it is not', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const request = new Request(origin, { method: 'POST', body: 'data' });
    const copy = request.clone();
    assert.equal((await echoOf(fetch(request))).body, 'data');
    assert.equal(request.bodyUsed, true);
    await assert.rejects(fetch(request), TypeError);
    assert.equal((await echoOf(fetch(copy))).body, 'data');
  }));
});

describe('a body that is a stream', () => {
  const half = (body: unknown, headers?: Record<string, string>): RequestInit => ({ method: 'POST', body, duplex: 'half', headers }) as RequestInit;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('da');
    yield Buffer.from('ta');
  }

  for (const [what, make] of [['a ReadableStream', () => new Blob(['data']).stream()], ['an async iterable', pieces], ['a Node stream', () => Readable.from([Buffer.from('data')])]] as const) {
    test(`${what} is sent in chunks`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const echo = await echoOf(fetch(origin, half(make())));
      assert.deepEqual([echo.body, field(echo, 'transfer-encoding'), field(echo, 'content-length')], ['data', 'chunked', undefined]);
    }));
  }

  test('with a Content-Length of the program is sent with that', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    assert.equal(field(await echoOf(fetch(origin, half(new Blob(['data']).stream(), { 'Content-Length': '4' }))), 'content-length'), '4');
  }));

  test('in a Request is a stream still', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    assert.equal(field(await echoOf(fetch(new Request(origin, half(new Blob(['data']).stream())))), 'transfer-encoding'), 'chunked');
  }));

  test('that fails is the cause itself', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const failure = new Error('the disk');
    await assert.rejects(fetch(origin, half(new ReadableStream({ pull: () => Promise.reject(failure) }))), (error: TypeError) => error instanceof TypeError && error.cause === failure);
  }));

  test('without duplex, locked or read already is a TypeError, and nothing is sent', onLoopback(async (net) => {
    const { origin, server, fetch } = await site(net);
    await assert.rejects(fetch(origin, { method: 'POST', body: new Blob(['x']).stream() }), TypeError);
    const locked = new Blob(['x']).stream();
    locked.getReader();
    await assert.rejects(fetch(origin, half(locked)), TypeError);
    const used = new Blob(['x']).stream();
    const reader = used.getReader();
    await reader.read();
    reader.releaseLock();
    await assert.rejects(fetch(origin, half(used)), TypeError);
    assert.equal(server.requests.length, 0);
  }));

  test('is not cancelled by such a signal if it has ended', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    let cancelled = false;
    const body = new ReadableStream({ start: (controller) => controller.close(), cancel: () => void (cancelled = true) });
    await assert.rejects(fetch(origin, { ...half(body), signal: AbortSignal.abort() }), { name: 'AbortError' });
    assert.equal(cancelled, false);
  }));

  test('is cancelled with the reason of a signal that has aborted before', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    let cancelled: unknown;
    const reason = new Error('enough');
    const body = new ReadableStream({ cancel: (why) => void (cancelled = why) }, { highWaterMark: 0 });
    await assert.rejects(fetch(origin, { ...half(body), signal: AbortSignal.abort(reason) }), (error) => error === reason);
    assert.equal(cancelled, reason);
  }));
});
