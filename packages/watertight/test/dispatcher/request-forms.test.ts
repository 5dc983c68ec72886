/** What a program can ask for, in each form that undici takes: the server gets the same request as from undici's own Agent, and what undici refuses is refused alike. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { onLoopback } from '../fixtures/loopback.js';
import { answer, type Echo } from '../fetch/site.js';
import { failure, sameAsAgent, withEachUndici, type Copy } from './copies.js';

/** A response as a program sees it; an echoed request in it without what names a server, and its fields sorted. */
async function seen(dispatcher: Copy, options: object): Promise<unknown> {
  const { statusCode, headers, body, trailers } = await dispatcher.request(options);
  const text = await body.text();
  const { date: _date, 'content-length': _length, ...rest } = headers;
  if (!text.startsWith('{')) return { statusCode, headers: rest, text, trailers };
  const { method, target, body: sent, fields } = JSON.parse(text) as Echo;
  const sorted = fields.map(([name, value]) => `${name.toLowerCase()}: ${value}`).sort();
  return { statusCode, headers: rest, trailers, method, target, sent, sorted };
}

const SENT: readonly (readonly [what: string, options: () => object])[] = [
  ['a GET', () => ({})],
  ['a query', () => ({ query: { b: 'c d', e: ['f', 'g'] } })],
  ['a path with dots', () => ({ path: '/a/../b/./c' })],
  ['a path with what a URL would escape', () => ({ path: '/{a}|"<>^`' })],
  ['a path with two slashes', () => ({ path: '//a//b' })],
  ['a path with a fragment', () => ({ path: '/a?b#c' })],
  ['a path that is a URL, for a proxy', () => ({ path: 'http://elsewhere.test:81/a?b' })],
  ['a text', () => ({ method: 'POST', body: 'dätä' })],
  ['an empty text', () => ({ method: 'POST', body: '' })],
  ['bytes', () => ({ method: 'PUT', body: Buffer.from('data'), headers: { 'Content-Type': 'a/b' } })],
  ['a view of bytes', () => ({ method: 'PUT', body: new Uint16Array([0x4142, 0x4344]) })],
  ['an ArrayBuffer', () => ({ method: 'PUT', body: new Uint8Array([0x41, 0x42]).buffer })],
  ['a Blob', () => ({ method: 'PUT', body: new Blob(['data'], { type: 'a/b' }) })],
  ['a Node stream', () => ({ method: 'POST', body: Readable.from([Buffer.from('da'), Buffer.from('ta')]) })],
  ['a Node stream with its length', () => ({ method: 'POST', body: Readable.from([Buffer.from('da'), Buffer.from('ta')]), headers: { 'content-length': '4' } })],
  ['a Node stream that has ended already', () => ({ method: 'POST', body: new PassThrough().end('data') })],
  ['a GET with a Node stream without anything', () => ({ body: new PassThrough().end() })],
  ['a GET with a Node stream that ends while the request waits', () => ({ body: new PassThrough().resume().end() })],
  ['a GET with a Node stream that finds out only when it is read', () => ({ body: new Readable({ read() {
    this.push(null);
  } }) })],
  ['a DELETE with a Content-Length of 0 and a stream without anything', () => ({ method: 'DELETE', headers: { 'content-length': '0' }, body: Readable.from([]) })],
  ['a GET with another Content-Length than its stream', () => ({ headers: { 'content-length': '9' }, body: new PassThrough().end('data') })],
  ['a GET with a Node stream', () => ({ body: Readable.from([Buffer.from('data')]) })],
  ['a GET with a text', () => ({ body: 'data' })],
  ['an iterable', () => ({ method: 'POST', body: [Buffer.from('da'), Buffer.from('ta')] })],
  ['an async iterable', () => ({ method: 'POST', body: (async function* body() {
    await Promise.resolve();
    yield Buffer.from('data');
  })() })],
  ['a WHATWG stream', () => ({ method: 'POST', body: new Blob(['data']).stream() })],
  ['a POST without a body', () => ({ method: 'POST' })],
  ['a DELETE without a body', () => ({ method: 'DELETE' })],
  ['a Content-Length without a body', () => ({ headers: { 'content-length': '4' } })],
  ['a method of its own', () => ({ method: 'REPORT' })],
  ['headers as a list', () => ({ headers: ['X-One', '1', 'X-Two', '2', 'X-Three', ['3', '4']] })],
  ['headers as pairs', () => ({ headers: [['X-One', '1'], ['X-Two', '2']][Symbol.iterator]() })],
  ['headers as a Map', () => ({ headers: new Map([['X-One', '1']]) })],
  ['headers as Headers', () => ({ headers: new Headers([['X-One', '1'], ['X-One', '2']]) })],
  ['headers with lists, numbers, null and undefined', () => ({ headers: { 'X-One': ['1', '2'], 'X-Two': 3, 'X-Three': null, 'X-None': undefined } })],
  ['bytes above 127 in a header', () => ({ headers: { 'X-One': 'ä' } })],
  ['a Host', () => ({ headers: { Host: 'elsewhere.test' } })],
  ['a User-Agent', () => ({ headers: { 'User-Agent': 'mine' } })],
  ['Connection: close', () => ({ headers: { Connection: 'close' } })],
  ['other options of a connection', () => ({ headers: { Connection: 'keep-alive, X-Own' } })],
  ['reset', () => ({ reset: true })],
  ['options for pipelining and HTTP/2', () => ({ blocking: true, idempotent: false, expectContinue: false })],
  ['a redirect, which is not followed', () => ({ path: '/redirect?status=302&to=/there' })],
  ['HEAD', () => ({ method: 'HEAD', reset: false })],
  ['a coding, which is not undone', () => ({ path: '/encoded?as=gzip' })],
];

const REFUSED: readonly (readonly [what: string, options: () => object])[] = [
  ['no path', () => ({ path: undefined })],
  ['a path without a slash', () => ({ path: 'a' })],
  ['a path with a space', () => ({ path: '/a b' })],
  ['a path with a line end', () => ({ path: '/a\r\nb' })],
  ['a path with what is no byte', () => ({ path: '/\u{1f600}' })],
  ['a method that is none', () => ({ method: 'A B' })],
  ['a method that is no text', () => ({ method: 5 })],
  ['no method', () => ({ method: null })],
  ['no origin', () => ({ origin: '' })],
  ['an origin with a path', () => ({ origin: 'http://127.0.0.1:1/a' })],
  ['an origin of another scheme', () => ({ origin: 'ftp://127.0.0.1:1' })],
  ['a header that is none', () => ({ headers: { 'a b': 'c' } })],
  ['a value with a line end', () => ({ headers: { a: 'b\nc' } })],
  ['a value that is an object', () => ({ headers: { a: {} } })],
  ['a function whose text has a line end', () => ({ headers: { a: Object.assign(() => undefined, { toString: () => 'b\r\nc: d' }) } })],
  ['an odd list', () => ({ headers: ['a'] })],
  ['headers that are a text', () => ({ headers: 'a: b' })],
  ['pairs that are none', () => ({ headers: new Set(['a']) })],
  ['two Hosts', () => ({ headers: ['host', 'a', 'Host', 'b'] })],
  ['two Content-Lengths', () => ({ method: 'POST', headers: ['content-length', '1', 'content-length', '1'] })],
  ['a Content-Length that is no number', () => ({ method: 'POST', headers: { 'content-length': '1x' } })],
  ['a Content-Length that is not the body\'s', () => ({ method: 'POST', body: 'data', headers: { 'content-length': '3' } })],
  ['a Content-Length that is not the one of a stream that has ended', () => ({ method: 'POST', body: new PassThrough().end('data'), headers: { 'content-length': '3' } })],
  ['Transfer-Encoding', () => ({ headers: { 'transfer-encoding': 'chunked' } })],
  ['Upgrade as a header', () => ({ headers: { upgrade: 'own' } })],
  ['Keep-Alive', () => ({ headers: { 'keep-alive': 'timeout=5' } })],
  ['Expect', () => ({ method: 'POST', headers: { expect: '100-continue' } })],
  ['a body that is a number', () => ({ method: 'POST', body: 5 })],
  ['a body that is a function', () => ({ method: 'POST', body: () => 'data' })],
  ['a time for the headers below 0', () => ({ headersTimeout: -1 })],
  ['a time for the body that is none', () => ({ bodyTimeout: 'x' })],
  ['reset that is no boolean', () => ({ reset: 1 })],
  ['expectContinue that is no boolean', () => ({ expectContinue: 1 })],
  ['throwOnError', () => ({ throwOnError: true })],
  ['maxRedirections', () => ({ maxRedirections: 1 })],
];

withEachUndici((undici) => {
  describe('is sent as by an Agent:', () => {
    for (const [what, options] of SENT) {
      test(what, onLoopback(async (net) => {
        const server = await net.serve({ onRequest: answer });
        await sameAsAgent(net, undici, async (dispatcher) => seen(dispatcher, { origin: server.origin, path: '/', method: 'GET', ...options() }));
      }));
    }
  });

  describe('is refused as by an Agent:', () => {
    for (const [what, options] of REFUSED) {
      test(what, onLoopback(async (net) => {
        const server = await net.serve({ onRequest: answer });
        await sameAsAgent(net, undici, async (dispatcher) => failure(dispatcher.request({ origin: server.origin, path: '/', method: 'GET', ...options() })));
      }));
    }
  });

  test('a GET that a server passes on with its body, which has none, is sent without one', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    await sameAsAgent(net, undici, async (dispatcher) => {
      const proxy = http.createServer((request, response) => {
        void dispatcher.request({ origin: server.origin, path: request.url, method: request.method, headers: { ...request.headers, 'proxy-connection': undefined }, body: request }).then(({ body }: Copy) => body.pipe(response));
      }).listen(0, '127.0.0.1');
      await once(proxy, 'listening');
      const response = await fetch(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/a`, { headers: { connection: 'close' } });
      const { method, target, body, fields } = (await response.json()) as Echo;
      proxy.close();
      await once(proxy, 'close');
      return { method, target, body, framing: fields.filter(([name]) => /length|encoding$/i.test(name) && !/^accept/i.test(name)) };
    });
  }));
});
