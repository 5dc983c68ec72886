/** Bad input: every option has a wrong value here, and each is refused before there is a connection, with the option, the value and the rule. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RequestInit } from 'watertight';
import { onLoopback } from '../fixtures/loopback.js';

/** A wrong value, and what the error says of it. */
type Wrong = readonly [value: unknown, message: RegExp];

const secret = 's3cret-s3cret';

/** Each option that there is: one without a case does not compile. */
const REQUEST: Readonly<Record<keyof RequestInit, readonly Wrong[]>> = {
  method: [['G T', /"G T" is not a method: .*9\.1/], ['', /"" is not a method/], [5, /5 is not a method/], ['GET\r\nX: y', /"GET\\r\\nX: y"/]],
  headers: [
    [{ 'a b': '1' }, /"a …" is not a header name: .*5\.1/],
    [{ A: `${secret}\nB` }, /the value of the header "A" holds the character U\+000A at 13/],
    [{ A: `${secret}\r\nB: c` }, /the value of the header "A" holds the character U\+000D at 13/],
    [{ A: null }, /the value of the header "A" is a string, not null/],
    [{ A: 'ä€' }, /U\+20AC at 1/],
    ['A: b', /headers are a Headers object, pairs or a record, not a string/],
    [[['A']], /pairs of a name and a value/],
    [{ 'Transfer-Encoding': 'chunked' }, /Transfer-Encoding frames the message/],
    [{ Trailer: 'X' }, /Trailer/],
    [{ 'Content-Length': 'x' }, /the Content-Length "x"/],
    [{ 'Content-Length': '5' }, /Content-Length says 5, but the request has no body/],
    [{ Connection: 'keep-alive, X-Secret' }, /Connection may say close, keep-alive or upgrade, not "x-secret"/],
    [{ Upgrade: 'websocket' }, /Upgrade says "websocket"/],
    [{ Host: 'a b' }, /the Host header "a b"/],
  ],
  body: [[5, /not number/], [{ a: 1 }, /JSON\.stringify/], [Symbol('x'), /not symbol/], [Promise.resolve('x'), /not object/], [() => Promise.resolve('x'), /returned a promise/]],
  trailers: [['X: y', /trailers is a record .*, not "X: y"/], [{ Host: 'x' }, /"Host" can't be a trailer/], [{ 'X-A': 'a\nb' }, /U\+000A at 1/]],
  signal: [[{}, /signal is an AbortSignal, not \[object Object\]/], ['stop', /signal is an AbortSignal, not "stop"/]],
  timeout: [['5', /timeout is a number of milliseconds, 0 for none, not "5"/], [-1, /not -1/], [NaN, /not NaN/]],
  redirect: [['maybe', /redirect is 'follow', 'manual' or 'error', not "maybe"/], [1, /not 1/]],
  close: [['yes', /close is true or false, not "yes"/], [1, /not 1/]],
  trace: [['yes', /trace is an object of functions, not "yes"/], [{ gotConn: 5 }, /the hook gotConn of trace is a function, not 5/]],
  onUploadProgress: [[5, /onUploadProgress is a function, not 5/]],
  onDownloadProgress: [[{}, /onDownloadProgress is a function, not \[object Object\]/]],
};

const URLS: readonly Wrong[] = [
  ['', /"" is not an absolute URL/],
  ['/path', /"\/path" is not an absolute URL/],
  ['ftp://example.com/', /the scheme "ftp" is not supported; it must be http or https/],
  [`http://user:${secret}@[`, /is not an absolute URL/],
  ['http://a b/', /is not an absolute URL/],
  ['http://a:99999/', /is not an absolute URL/],
  [5, /the URL is 5/],
  [null, /the URL is null/],
];

function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

function assertRefused(error: unknown, message: RegExp): true {
  assert.ok(error instanceof Error);
  assert.match(error.message, message);
  assert.match((error as Error & { code: string }).code, /^ERR_INVALID_/);
  assert.ok(!error.message.includes(secret), 'a secret is shown');
  return true;
}

describe('an option of a request is refused before there is a connection:', () => {
  for (const [name, cases] of Object.entries(REQUEST)) {
    for (const [value, message] of cases) {
      test(`${name}: ${shown(value)}`, onLoopback(async (net) => {
        const server = await net.serve({ onRequest: (request) => request.reply('x') });
        const { client, transport } = net.client();
        await assert.rejects(client.request(server.origin, { [name]: value }), (error) => assertRefused(error, message));
        assert.equal(server.connections.length, 0);
        assert.equal(transport.stats().opened, 0);
      }));
    }
  }
});

describe('a URL is refused before there is a connection, and no password is shown:', () => {
  for (const [value, message] of URLS) {
    test(shown(value), onLoopback(async (net) => {
      const { client, transport } = net.client();
      await assert.rejects(client.get(value as string), (error) => assertRefused(error, message));
      assert.equal(transport.stats().opened, 0);
    }));
  }
});
