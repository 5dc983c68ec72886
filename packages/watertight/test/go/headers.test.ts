/** The heads of requests and responses as the tests of Go's transport pin them. docs/go-parity.md says which test is which. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { loopbackLookup, onLoopback } from '../fixtures/loopback.js';
import { reply } from '../fixtures/raw-server.js';

describe('Connection: close', () => {
  for (const disableKeepAlives of [false, true]) {
    for (const close of [false, true]) {
      for (const field of [false, true]) {
        const asked = disableKeepAlives || close || field;
        test(`is sent ${asked ? 'once' : 'not at all'} with disableKeepAlives ${disableKeepAlives}, close ${close}${field ? ' and the field' : ''}; the connection is ${asked ? 'not ' : ''}used again`, onLoopback(async (net) => {
          const server = await net.serve({ onRequest: (request) => request.reply('x') });
          const { client } = net.client({ disableKeepAlives });
          for (let i = 0; i < 2; i++) await (await client.get(server.origin, { close, headers: field ? { Connection: 'close' } : null })).text();
          for (const request of server.requests) assert.deepEqual(request.all('connection'), asked ? ['close'] : []);
          assert.equal(server.connections.length, asked ? 2 : 1);
        }));
      }
    }
  }

  for (const fields of [['Connection: close'], ['Connection: Close'], ['Connection: x, close'], ['Connection: keep-alive', 'Connection: close']]) {
    test(`in the response (${fields.join(', ')}) ends the connection`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => request.reply('x', { fields }) });
      const { client, transport } = net.client();
      for (let i = 0; i < 2; i++) {
        await (await client.get(server.origin)).text();
        assert.equal(transport.stats().idle, 0);
      }
      assert.equal(server.connections.length, 2);
    }));
  }
});

describe('the lines of a request', () => {
  for (const [what, ask, lines] of [
    ['a GET', { method: 'GET' }, ['GET /a?b=c HTTP/1.1', 'Host: HOST', 'User-Agent: watertight/0.1', 'Accept-Encoding: gzip']],
    ['a HEAD', { method: 'HEAD' }, ['HEAD /a?b=c HTTP/1.1', 'Host: HOST', 'User-Agent: watertight/0.1']],
    ['a POST of JSON', { method: 'POST', body: '{"key":"value"}', headers: { 'Content-Type': 'application/json' } }, ['POST /a?b=c HTTP/1.1', 'Host: HOST', 'User-Agent: watertight/0.1', 'Content-Type: application/json', 'Content-Length: 15', 'Accept-Encoding: gzip']],
    ['a POST without a body', { method: 'POST' }, ['POST /a?b=c HTTP/1.1', 'Host: HOST', 'User-Agent: watertight/0.1', 'Content-Length: 0', 'Accept-Encoding: gzip']],
    ['a DELETE', { method: 'DELETE' }, ['DELETE /a?b=c HTTP/1.1', 'Host: HOST', 'User-Agent: watertight/0.1', 'Accept-Encoding: gzip']],
    ['a form', { method: 'POST', body: new URLSearchParams([['foo', 'bar'], ['foo', 'bar2'], ['bar', 'baz']]) }, ['POST /a?b=c HTTP/1.1', 'Host: HOST', 'User-Agent: watertight/0.1', 'Content-Type: application/x-www-form-urlencoded;charset=UTF-8', 'Content-Length: 24', 'Accept-Encoding: gzip']],
    ['a field with several values', { headers: { 'X-Foo': ['bar', 'baz'] } }, ['GET /a?b=c HTTP/1.1', 'Host: HOST', 'User-Agent: watertight/0.1', 'X-Foo: bar', 'X-Foo: baz', 'Accept-Encoding: gzip']],
    ['a User-Agent of the program', { headers: { 'user-agent': 'mine/1' } }, ['GET /a?b=c HTTP/1.1', 'Host: HOST', 'user-agent: mine/1', 'Accept-Encoding: gzip']],
    ['a range: no coding is offered', { headers: { Range: 'bytes=7-11' } }, ['GET /a?b=c HTTP/1.1', 'Host: HOST', 'User-Agent: watertight/0.1', 'Range: bytes=7-11']],
    ['an Accept-Encoding of the program', { headers: { 'accept-encoding': 'identity' } }, ['GET /a?b=c HTTP/1.1', 'Host: HOST', 'User-Agent: watertight/0.1', 'accept-encoding: identity']],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => void connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n') });
      const { client } = net.client({ acceptEncodings: ['gzip'] });
      await (await client.request(`${server.origin}/a?b=c#part`, ask)).text();
      assert.deepEqual(server.requests[0].lines, lines.map((line) => line.replace('HOST', `127.0.0.1:${server.port}`)));
    }));
  }

  for (const [host, sent] of [
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['гофер.go.example', 'xn--c1ae0ajs.go.example'],
    ['EXAMPLE.example', 'example.example'],
    ['ex%61mple.example', 'example.example'],
  ] as const) {
    test(`a host of ${host} is looked up, dialled and sent as ${sent}`, onLoopback(async (net) => {
      const { lookup, asked } = loopbackLookup();
      const server = await net.serve({ onRequest: (request) => request.reply('x') });
      const { client } = net.client({ lookup });
      const dialled: string[] = [];
      await (await client.get(`http://${host}:${server.port}/`, { trace: { getConn: (hostPort) => void dialled.push(hostPort) } })).text();
      assert.deepEqual([asked, dialled, server.requests[0].header('host')], [[sent], [`${sent}:${server.port}`], `${sent}:${server.port}`]);
    }));
  }
});

describe('the head of a response', () => {
  for (const [what, head, length, body] of [
    ['has the length that it says', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nfoobar', 6, 'foobar'],
    ['has none in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfoobar\r\n0\r\n\r\n', -1, 'foobar'],
    ['may lack a reason', 'HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nfoo', 3, 'foo'],
    ['may lack a reason but not a space', 'HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\nfoo', 3, 'foo'],
    ['of 204 has no body, and one connection serves the next', 'HTTP/1.1 204 No Content\r\n\r\n', 0, ''],
    ['of 304 has no body, whatever it says of one', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n', 0, ''],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => void connection.write(head) });
      const { client } = net.client();
      for (let i = 0; i < 4; i++) {
        const response = await client.get(server.origin);
        assert.equal(response.contentLength, length);
        assert.equal(await response.text(), body);
      }
      assert.equal(server.connections.length, 1);
    }));
  }

  test('of HEAD has the length that a GET would have, and the connection is free at once', onLoopback(async (net) => {
    for (const [fields, length] of [['Content-Length: 123', 123], ['Transfer-Encoding: chunked', -1], ['X: y', -1], ['Content-Encoding: gzip\r\nContent-Length: 7', 7]] as const) {
      const server = await net.serve({ onRequest: ({ connection }) => void connection.write(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`) });
      const { client } = net.client();
      for (let i = 0; i < 3; i++) {
        const response = await client.head(server.origin);
        assert.equal(response.contentLength, length, fields);
        assert.equal(await response.text(), '');
      }
      assert.equal(server.connections.length, 1, fields);
    }
  }));

  test('of 304 in chunks has no body; what was sent as one ends the connection', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => void connection.write('HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n') });
    const { client } = net.client();
    for (let i = 0; i < 2; i++) assert.equal(await (await client.get(server.origin)).text(), '');
    assert.equal(server.connections.length, 2);
  }));

  for (const [what, line, code] of [
    ['a length with a sign', 'Content-Length: +3', 'ERR_CONTENT_LENGTH'],
    ['a negative length', 'Content-Length: -3', 'ERR_CONTENT_LENGTH'],
    ['a space before the colon, which Go takes as part of the name', 'Foo : bar', 'ERR_HEADER_FIELD'],
  ] as const) {
    test(`with ${what} is refused`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => void connection.write(`HTTP/1.1 200 OK\r\n${line}\r\n\r\nabc`) });
      const { client } = net.client();
      await assert.rejects(client.get(server.origin), { name: 'ProtocolError', code });
    }));
  }

  test('larger than maxResponseHeaderBytes is refused, and one of just that size is not', onLoopback(async (net) => {
    const head = (size: number): string => `HTTP/1.1 200 OK\r\nContent-Length: 0\r\nLong: ${'a'.repeat(size)}\r\n\r\n`;
    const server = await net.serve({ onRequest: ({ connection, target }) => void connection.write(head(Number(target.slice(1)))) });
    const { client } = net.client({ maxResponseHeaderBytes: 512 });
    const fits = 512 - head(0).length;
    await (await client.get(`${server.origin}/${fits}`)).text();
    await assert.rejects(client.get(`${server.origin}/${fits + 1}`), { code: 'ERR_HEADERS_TOO_LARGE' });
  }));

  for (const coding of ['gzip', 'GZIP', 'Gzip', 'gZip']) {
    test(`with a Content-Encoding of ${coding} is decoded, and used again`, onLoopback(async (net) => {
      for (const framing of ['length', 'chunked'] as const) {
        const server = await net.serve({ onRequest: ({ connection }) => void connection.write(reply(gzipSync('foobar'), { framing, fields: [`Content-Encoding: ${coding}`] })) });
        const { client } = net.client();
        for (let i = 0; i < 3; i++) {
          const response = await client.get(server.origin);
          assert.deepEqual([response.uncompressed, response.contentLength, response.headers.get('content-encoding'), response.headers.get('content-length'), await response.text()], [true, -1, null, null, 'foobar']);
        }
        assert.equal(server.connections.length, 1, framing);
      }
    }));
  }

  test('with a coding that the program asked for itself is given out as it came', onLoopback(async (net) => {
    const coded = gzipSync('foobar');
    const server = await net.serve({ onRequest: ({ connection }) => void connection.write(reply(coded, { fields: ['Content-Encoding: gzip'] })) });
    const { client } = net.client();
    const response = await client.get(server.origin, { headers: { 'Accept-Encoding': 'gzip' } });
    assert.deepEqual([response.uncompressed, response.contentLength, response.headers.get('content-encoding')], [false, coded.length, 'gzip']);
    assert.ok(coded.equals(Buffer.from(await response.bytes())));
  }));

  test('of a range is the range, undecoded', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello', { status: '206 Partial Content', fields: ['Content-Range: bytes 7-11/26'] }) });
    const { client } = net.client();
    const response = await client.get(server.origin, { headers: { Range: 'bytes=7-11' } });
    assert.deepEqual([response.status, await response.text(), server.requests[0].header('accept-encoding')], [206, 'hello', undefined]);
  }));
});

describe('1xx responses', () => {
  test('before each of many answers leave one connection in use', onLoopback(async (net) => {
    let n = 0;
    const server = await net.serve({ onRequest: async (request) => {
      await request.body;
      const interim = [['100 Continue'], ['100 Continue', '100 Continue'], ['103 Early Hints', '102 Processing'], []][n++ % 4];
      request.connection.write(`${interim.map((line) => `HTTP/1.1 ${line}\r\nX: y\r\n\r\n`).join('')}HTTP/1.1 200 OK\r\nN: ${n}\r\nContent-Length: 0\r\n\r\n`);
    } });
    const { client } = net.client();
    for (let i = 1; i <= 12; i++) {
      const response = await client.post(server.origin, 'body');
      assert.deepEqual([response.status, response.headers.get('n'), response.headers.get('x')], [200, String(i), null]);
      await response.text();
    }
    assert.equal(server.connections.length, 1);
  }));

  test('are told to got1xxResponse, and no more of them than max1xxResponses', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection, target }) => void connection.write(`${'HTTP/1.1 123 One Two Three\r\nFoo: bar\r\n\r\n'.repeat(Number(target.slice(1)))}HTTP/1.1 200 OK\r\nBar: baz\r\nContent-Length: 5\r\n\r\nHello`) });
    const { client } = net.client({ max1xxResponses: 3 });
    const seen: string[] = [];
    const trace = { got1xxResponse: (status: number, headers: { get(name: string): string | null }) => void seen.push(`${status} ${headers.get('foo')}`) };
    const response = await client.get(`${server.origin}/3`, { trace });
    assert.deepEqual([response.headers.get('bar'), response.headers.get('foo'), await response.text(), seen], ['baz', null, 'Hello', Array.from({ length: 3 }, () => '123 bar')]);
    await assert.rejects(client.get(`${server.origin}/4`), { code: 'ERR_TOO_MANY_INTERIM' });
  }));
});
