/** A request: checked when it is made, immutable, and free of what anybody put on Object.prototype. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Request } from 'watertight';

const URL_ = 'http://example.com/a?b=c';

test('what is not said has its default', () => {
  const { method, url, body, signal, timeout, redirect, close, trace } = new Request(URL_);
  assert.deepEqual({ method, url, body, signal, timeout, redirect, close, trace }, { method: 'GET', url: URL_, body: null, signal: null, timeout: 0, redirect: 'follow', close: false, trace: null });
  assert.deepEqual(new Request(URL_, null).headers.raw, []);
});

test('one is made from another, init going before', () => {
  const { signal } = new AbortController();
  const base = new Request('http://user:pw@example.com/a', { method: 'PUT', headers: { A: '1' }, body: 'x', signal, timeout: 5, redirect: 'manual', close: true });
  const copy = new Request(base, { method: 'POST', timeout: 7 });
  assert.deepEqual({ method: copy.method, url: copy.url, timeout: copy.timeout, redirect: copy.redirect, close: copy.close }, { method: 'POST', url: 'http://example.com/a', timeout: 7, redirect: 'manual', close: true });
  assert.equal(copy.signal, signal);
  assert.equal(copy.body, base.body);
  assert.equal(copy.headers.get('a'), '1');
  assert.match(copy.headers.get('authorization')!, /^Basic /);
  assert.equal(new Request(base, { body: null }).body, null);
});

test('its headers are a copy', () => {
  const request = new Request(URL_, { headers: { A: '1' } });
  request.headers.set('A', '2');
  assert.equal(request.headers.get('a'), '1');
});

test('an Authorization of the caller\'s goes before the URL\'s user', () => {
  const request = new Request('http://user:pw@example.com/', { headers: { Authorization: 'Bearer x' } });
  assert.equal(request.headers.get('authorization'), 'Bearer x');
});

describe('refused:', () => {
  for (const [what, init, code] of [
    ['a method that is no token', { method: 'G T' }, 'ERR_INVALID_METHOD'],
    ['an empty method', { method: '' }, 'ERR_INVALID_METHOD'],
    ['a signal that is none', { signal: {} }, 'ERR_INVALID_OPTION'],
    ['a timeout that is no number', { timeout: '5' }, 'ERR_INVALID_OPTION'],
    ['a negative timeout', { timeout: -1 }, 'ERR_INVALID_OPTION'],
    ['NaN as a timeout', { timeout: NaN }, 'ERR_INVALID_OPTION'],
    ['a redirect mode that is none', { redirect: 'maybe' }, 'ERR_INVALID_OPTION'],
    ['a trace that is none', { trace: 'yes' }, 'ERR_INVALID_OPTION'],
    ['a stream as the body of a GET', { body: (async function* () {})() }, 'ERR_INVALID_BODY'],
    ['a stream as the body of a HEAD', { method: 'HEAD', body: new ReadableStream() }, 'ERR_INVALID_BODY'],
    ['a plain object as a body', { method: 'POST', body: { a: 1 } }, 'ERR_INVALID_BODY'],
    ['a number as a body', { method: 'POST', body: 5 }, 'ERR_INVALID_BODY'],
    ['a length that the body does not have', { method: 'POST', body: 'abc', headers: { 'Content-Length': '4' } }, 'ERR_INVALID_HEADER'],
    ['a length without a body', { headers: { 'Content-Length': '4' } }, 'ERR_INVALID_HEADER'],
    ['a framing field', { headers: { 'Transfer-Encoding': 'chunked' } }, 'ERR_INVALID_HEADER'],
  ] as const) {
    test(what, () => assert.throws(() => new Request(URL_, init as never), { name: 'RequestError', code }));
  }
});

test('inherited properties of an init say nothing', () => {
  const proto = { method: 'DELETE', headers: { Evil: '1' }, close: true, timeout: 5 };
  const { method, headers, close, timeout } = new Request(URL_, Object.create(proto) as object);
  assert.deepEqual({ method, headers: headers.raw, close, timeout }, { method: 'GET', headers: [], close: false, timeout: 0 });
});

test('a refused body says how JSON is sent', () => {
  assert.throws(() => new Request(URL_, { method: 'POST', body: { a: 1 } as never }), /JSON\.stringify/);
});
