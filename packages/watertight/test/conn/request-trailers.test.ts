/** Trailer fields of a request: announced, sent behind a chunked body, with values that are known when it has ended. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { Request, type BodyInit, type RequestInit, type TrailersInit } from 'watertight';
import { onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import { reply } from '../fixtures/raw-server.js';

interface Received {
  readonly method: string;
  readonly url: string;
  readonly announced: string | undefined;
  readonly body: string;
  readonly trailers: string[];
}

/** A server that reads trailers, as Node's does. */
async function collecting(answer: (response: http.ServerResponse, received: Received) => void, use: (origin: string, all: Received[]) => Promise<void>): Promise<void> {
  const all: Received[] = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1');
    request.on('data', (text: string) => (body += text));
    request.on('end', () => {
      const received = { method: request.method!, url: request.url!, announced: request.headers.trailer, body, trailers: request.rawTrailers };
      all.push(received);
      answer(response, received);
    });
    request.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, all);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function sent(net: Loopback, init: RequestInit): Promise<Received> {
  let received: Received | null = null;
  await collecting((response) => void response.end('ok'), async (origin, all) => {
    const { client, transport } = net.client();
    assert.equal(await (await client.request(origin, { method: 'POST', ...init })).text(), 'ok');
    assert.equal(transport.stats().idle, 1);
    [received] = all;
    await transport.close();
  });
  return received!;
}

describe('they follow a body of unknown length:', () => {
  const bodies: [kind: string, make: () => BodyInit][] = [
    ['an array', () => ['hel', 'lo']],
    ['an async iterable', () => (async function* () {
      yield 'hel';
      yield 'lo';
    })()],
    ['a ReadableStream', () => new Blob(['hello']).stream()],
    ['a Node stream', () => Readable.from(['hel', 'lo'])],
    ['a function', () => () => ['hel', 'lo']],
    ['a body of no bytes', () => []],
  ];
  for (const [kind, make] of bodies) {
    test(kind, onLoopback(async (net) => {
      const { announced, body, trailers } = await sent(net, { body: make(), trailers: { 'X-Sum': '5', 'X-Count': 2 } });
      assert.equal(announced, 'X-Sum, X-Count');
      assert.equal(body, kind === 'a body of no bytes' ? '' : 'hello');
      assert.deepEqual(trailers, ['X-Sum', '5', 'X-Count', '2']);
    }));
  }
});

describe('they are neither announced nor sent, as in Go, with a body', () => {
  for (const [kind, init] of [
    ['in memory', { body: 'hello' }],
    ['of a declared length', { body: ['hello'], headers: { 'Content-Length': '5' } }],
    ['that is not there', { method: 'GET' }],
  ] as const) {
    test(kind, onLoopback(async (net) => {
      const { announced, trailers } = await sent(net, { ...init, trailers: { 'X-Sum': () => assert.fail('is not asked for') } });
      assert.equal(announced, undefined);
      assert.deepEqual(trailers, []);
    }));
  }
});

describe('a value', () => {
  test('that is a function is asked for when the body has ended', onLoopback(async (net) => {
    const hash = createHash('sha256');
    const body = (async function* () {
      for (const part of ['hel', 'lo']) {
        hash.update(part);
        yield part;
      }
    })();
    const { trailers } = await sent(net, { body, trailers: { 'X-Digest': () => hash.digest('hex'), 'X-Later': () => Promise.resolve('later') } });
    assert.deepEqual(trailers, ['X-Digest', createHash('sha256').update('hello').digest('hex'), 'X-Later', 'later']);
  }));

  test('of null or undefined is announced and not sent', onLoopback(async (net) => {
    const { announced, trailers } = await sent(net, { body: ['x'], trailers: { 'X-A': null, 'X-B': () => undefined, 'X-C': '' } });
    assert.equal(announced, 'X-A, X-B, X-C');
    assert.deepEqual(trailers, ['X-C', '']);
  }));

  for (const [what, value, message] of [
    ['that throws', () => {
      throw new Error('no sum');
    }, /the trailer "X-Sum" can't be sent: no sum/],
    ['whose promise is rejected', () => Promise.reject(new Error('no sum')), /no sum/],
    ['that gives no text', () => ({}) as string, /is a string, or a function that returns one, not \[object Object\]/],
    ['that gives a line end', () => 'a\r\nX: y', /U\+000D/],
  ] as const) {
    test(`${what} fails the request, and the connection is closed`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: () => undefined });
      const { client } = net.client();
      await assert.rejects(client.post(server.origin, ['x'], { trailers: { 'X-Sum': value } }), { name: 'RequestBodyError', code: 'ERR_REQUEST_BODY', message });
      await server.connections[0].left;
      assert.doesNotMatch(server.connections[0].text, /\r\n0\r\n/);
    }));
  }

  test('that is awaited while the request is cancelled is not sent', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: () => undefined });
    const { client } = net.client();
    const controller = new AbortController();
    const { error } = await settle(client.post(server.origin, ['x'], { signal: controller.signal, trailers: { 'X-Sum': async () => {
      controller.abort();
      return 'overdue';
    } } }));
    assert.equal(error!.name, 'AbortError');
    await server.connections[0].left;
    assert.doesNotMatch(server.connections[0].text, /overdue/);
  }));
});

describe('they go where the body goes', () => {
  for (const [status, kept] of [[307, true], [308, true], [303, false]] as const) {
    test(`after a ${status}${kept ? '' : ', which drops it, they are dropped, too'}`, onLoopback(async (net) => {
      let asked = 0;
      await collecting((response, { url }) => {
        if (url === '/start') response.writeHead(status, { location: '/end' }).end();
        else response.end('ok');
      }, async (origin, all) => {
        const { client, transport } = net.client();
        assert.equal(await (await client.post(`${origin}/start`, () => ['hello'], { trailers: { 'X-Try': () => ++asked } })).text(), 'ok');
        assert.deepEqual(all.map(({ method, body, trailers }) => [method, body, trailers]), [
          ['POST', 'hello', ['X-Try', '1']],
          kept ? ['POST', 'hello', ['X-Try', '2']] : ['GET', '', []],
        ]);
        await transport.close();
      });
    }));
  }

  test('in a second attempt, which asks for them again', onLoopback(async (net) => {
    let asked = 0;
    const server = await net.serve({ onRequest: (request) => {
      if (request.index === 0) request.reply('x');
      else if (request.index === 1) request.connection.socket.destroy();
      else request.connection.write(reply('ok'));
    } });
    const { client } = net.client();
    await (await client.get(server.origin)).text();
    const response = await client.request(server.origin, { method: 'PUT', body: () => ['hello'], trailers: { 'X-Try': () => ++asked } });
    assert.equal(await response.text(), 'ok');
    assert.equal(server.connections.length, 2);
    assert.match(server.connections[1].text, /\r\nTrailer: X-Try\r\n/);
  }));
});

describe('refused before anything is sent:', () => {
  const forbidden = ['Transfer-Encoding', 'Content-Length', 'Trailer', 'TE', 'Connection', 'Host', 'Authorization', 'Cookie', 'Set-Cookie', 'Content-Type', 'Content-Encoding', 'Content-Range', 'Expect', 'If-Match', 'Range', 'Cache-Control', 'Max-Forwards', 'Proxy-Authorization', 'Upgrade'];
  for (const name of forbidden) {
    test(`${name}, which must be known before the body`, () => {
      assert.throws(() => new Request('http://127.0.0.1/', { method: 'POST', body: ['x'], trailers: { [name]: 'x' } }), { name: 'RequestError', code: 'ERR_INVALID_HEADER', message: new RegExp(`^"${name}" can't be a trailer: .*6\\.5\\.1`) });
    });
  }
  for (const [what, trailers, code] of [
    ['a name that is no token', { 'a b': 'x' }, 'ERR_INVALID_HEADER'],
    ['a name with a line end', { 'a\r\nb': 'x' }, 'ERR_INVALID_HEADER'],
    ['a name twice', { 'X-A': '1', 'x-a': '2' }, 'ERR_INVALID_HEADER'],
    ['a value with a line end', { 'X-A': 'a\r\nX: y' }, 'ERR_INVALID_HEADER'],
    ['a value that is an object', { 'X-A': {} }, 'ERR_INVALID_HEADER'],
    ['a list', [['X-A', '1']], 'ERR_INVALID_OPTION'],
    ['a text', 'X-A: 1', 'ERR_INVALID_OPTION'],
    ['a function', () => ({}), 'ERR_INVALID_OPTION'],
  ] as const) {
    test(what, () => assert.throws(() => new Request('http://127.0.0.1/', { method: 'POST', body: ['x'], trailers: trailers as unknown as TrailersInit }), { name: 'RequestError', code }));
  }

  test('a Trailer field among the headers: the names follow from the option', () => {
    assert.throws(() => new Request('http://127.0.0.1/', { method: 'POST', body: ['x'], headers: { Trailer: 'X-A' } }), { code: 'ERR_INVALID_HEADER' });
  });
});
