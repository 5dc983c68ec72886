/**
 * The options of a request: which are refused, and which are taken without effect
 * outside of a browser. Fetch standard, "Request class" (its constructor) and
 * "Fetch method".
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback } from '../../fixtures/loopback.js';
import { echoOf, field, site } from '../site.js';
import { half, streamOf } from './place.js';
import { REFUSED } from './refused-options.js';

const bytes = (): ReadableStream => streamOf(Buffer.from('data'));

describe('a TypeError, and nothing is sent:', () => {
  for (const [what, url, init] of REFUSED) {
    test(what, onLoopback(async (net) => {
      const { origin, server, fetch } = await site(net);
      await assert.rejects(fetch(url ?? origin, init), TypeError);
      assert.equal(server.requests.length, 0);
    }));
  }

  for (const [what, init] of [
    ['a stream without duplex', () => ({ method: 'POST', body: bytes() })],
    ['a stream with duplex full', () => ({ method: 'POST', body: bytes(), duplex: 'full' })],
    ['a stream that is locked', () => {
      const body = bytes();
      body.getReader();
      return half(body);
    }],
    ['a stream that is being read', () => {
      const body = bytes();
      void body.getReader().read();
      return half(body);
    }],
    ['a stream that was read and is not locked any more', async () => {
      const body = bytes();
      const reader = body.getReader();
      await reader.read();
      reader.releaseLock();
      return half(body);
    }],
    ['a stream that was cancelled', async () => {
      const body = bytes();
      await body.cancel();
      return half(body);
    }],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const { origin, server, fetch } = await site(net);
      await assert.rejects(fetch(origin, await init()), TypeError);
      assert.equal(server.requests.length, 0);
    }));
  }

  for (const [what, use] of [
    ['a Request whose body is locked', (request: Request) => void request.body!.getReader()],
    ['a Request whose body is being read', (request: Request) => void request.body!.getReader().read()],
    ['a Request whose body was read', (request: Request) => request.text()],
    ['a Request whose body was read in part', async (request: Request) => {
      const reader = request.body!.getReader();
      await reader.read();
      reader.releaseLock();
    }],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const { origin, server, fetch } = await site(net);
      const request = new Request(origin, { method: 'POST', body: 'data' });
      await use(request);
      await assert.rejects(fetch(request), TypeError);
      assert.equal(server.requests.length, 0);
    }));
  }

  test('no URL at all', onLoopback(async (net) => {
    const { fetch } = await site(net);
    await assert.rejects((fetch as () => Promise<Response>)(), TypeError);
  }));
});

describe('duplex may be left out, or be half, with', () => {
  for (const [what, body] of [['no body', () => null], ['a string', () => 'data'], ['bytes', () => Buffer.from('data')], ['a Blob', () => new Blob(['data'])]] as const) {
    test(what, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      for (const duplex of [undefined, 'half']) {
        const echo = await echoOf(fetch(origin, { method: 'POST', body: body(), duplex } as RequestInit));
        assert.equal(echo.body, body() === null ? '' : 'data');
      }
    }));
  }
});

describe('taken, and without effect:', () => {
  for (const [name, values] of [
    ['mode', ['cors', 'no-cors', 'same-origin']],
    ['credentials', ['omit', 'same-origin', 'include']],
    ['cache', ['default', 'no-store', 'reload', 'no-cache', 'force-cache']],
    ['keepalive', [true, false]],
    ['priority', ['high', 'low', 'auto']],
    ['window', [null]],
    ['referrer', ['', 'about:client']],
    ['signal', [null]],
    ['integrity', ['']],
    ['headers', [undefined, {}, [], new Headers()]],
    ['body', [null, undefined]],
    ['method', [undefined]],
  ] as const) {
    for (const value of values) {
      test(`${name} ${Object.prototype.toString.call(value) === '[object Object]' ? '{}' : JSON.stringify(value)}`, onLoopback(async (net) => {
        const { origin, fetch } = await site(net);
        const response = await fetch(origin, { [name]: value });
        assert.deepEqual([response.status, response.type], [200, 'basic']);
        const echo = await echoOf(response);
        assert.deepEqual([echo.method, echo.body, field(echo, 'referer'), field(echo, 'origin'), field(echo, 'cookie')], ['GET', '', undefined, undefined, undefined]);
      }));
    }
  }

  test('keepalive with a body', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    assert.equal((await echoOf(fetch(origin, { method: 'POST', body: 'data', keepalive: true }))).body, 'data');
  }));

  for (const credentials of ['omit', 'same-origin', 'include'] as const) {
    test(`credentials ${credentials}: the program's Authorization and Cookie are sent, and no cookie is kept`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      for (let i = 0; i < 2; i++) {
        const echo = await echoOf(fetch(origin, { credentials, headers: { Authorization: 'Basic dXNlcjpwYXNz' } }));
        assert.deepEqual([field(echo, 'authorization'), field(echo, 'cookie')], ['Basic dXNlcjpwYXNz', undefined]);
      }
      assert.equal(field(await echoOf(fetch(origin, { credentials, headers: { Cookie: 'c=d' } })), 'cookie'), 'c=d');
    }));
  }
});

describe('options go before those of a Request', () => {
  const base = (origin: string): Request => new Request(`${origin}/path?a=b`, { method: 'POST', body: 'data', headers: { 'X-One': '1', 'Content-Type': 'a/b' } });

  for (const [what, init, expected] of [
    ['none', undefined, ['POST', 'data', '1', 'a/b']],
    ['a method', { method: 'PUT' }, ['PUT', 'data', '1', 'a/b']],
    ['a body, and the type stays', { body: 'other' }, ['POST', 'other', '1', 'a/b']],
    ['headers, and the others are gone', { headers: { 'X-Two': '2' } }, ['POST', 'data', undefined, undefined]],
    ['headers with a type', { headers: { 'Content-Type': 'c/d' } }, ['POST', 'data', undefined, 'c/d']],
    ['headers and a body, which has its type', { headers: {}, body: new URLSearchParams({ e: 'f' }) }, ['POST', 'e=f', undefined, 'application/x-www-form-urlencoded;charset=UTF-8']],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const echo = await echoOf(fetch(base(origin), init));
      assert.equal(echo.target, '/path?a=b');
      assert.deepEqual([echo.method, echo.body, field(echo, 'x-one'), field(echo, 'content-type')], expected);
    }));
  }

  test('GET for a Request with a body is a TypeError', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    await assert.rejects(fetch(base(origin), { method: 'GET' }), TypeError);
  }));

  test('a new body makes a used Request good again', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const request = base(origin);
    await request.text();
    assert.equal((await echoOf(fetch(request, { body: 'new' }))).body, 'new');
  }));

  test('a Request made of a Request takes its body, and the first is used', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const first = base(origin);
    const second = new Request(first);
    assert.deepEqual([first.bodyUsed, second.bodyUsed], [true, false]);
    assert.equal((await echoOf(fetch(second))).body, 'data');
    await assert.rejects(fetch(first), TypeError);
  }));

  test('a Request is used as soon as fetch has been called, and one without a body never is', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const request = base(origin);
    const pending = fetch(request);
    assert.equal(request.bodyUsed, true);
    await echoOf(pending);
    const plain = new Request(origin);
    for (let i = 0; i < 2; i++) await echoOf(fetch(plain));
    assert.equal(plain.bodyUsed, false);
  }));

  test('a clone has the headers and the body of its own', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const first = base(origin);
    const copy = first.clone();
    copy.headers.set('X-One', '2');
    assert.deepEqual([field(await echoOf(fetch(first)), 'x-one'), field(await echoOf(fetch(copy)), 'x-one')], ['1', '2']);
  }));
});
