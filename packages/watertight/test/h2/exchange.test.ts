/** Requests and responses over HTTP/2, against Node's own server: what is sent, what comes back, in which form. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { BodyError, type Client, type ClientTrace, type RequestInit, type TransportOptions } from 'watertight';
import { fill, H2Server, say, trust, type OnStream } from '../fixtures/h2-server.js';
import { assertWorks, onLoopback, settle, type Loopback } from '../fixtures/loopback.js';

async function serving(net: Loopback, onStream: OnStream, options: TransportOptions = {}): Promise<{ server: H2Server; client: Client; url: string }> {
  const server = net.keep(await H2Server.start(onStream));
  const { client } = net.client({ tls: trust, ...options });
  return { server, client, url: server.origin };
}

const echo: OnStream = (stream) => {
  stream.respond({ ':status': 200 });
  stream.pipe(stream);
};

describe('a response', () => {
  test('has the version, the fields in their order, no reason phrase, and what TLS agreed on', onLoopback(async (net) => {
    const { client, url } = await serving(net, (stream) => {
      stream.respond({ ':status': 404, 'x-one': 'a', 'set-cookie': ['a=1', 'b=2'], 'content-length': 4 });
      stream.end('gone');
    });
    const response = await client.get(`${url}/where?q=1`);
    assert.deepEqual([response.proto, response.status, response.statusText, response.contentLength], ['HTTP/2.0', 404, '', 4]);
    assert.deepEqual(response.headers.raw.slice(0, 4), [['x-one', 'a'], ['set-cookie', 'a=1'], ['set-cookie', 'b=2'], ['content-length', '4']]);
    assert.equal(response.tls!.alpnProtocol, 'h2');
    assert.equal(response.tls!.authorized, true);
    assert.equal(await response.text(), 'gone');
  }));

  for (const [what, method, onStream, length] of [
    ['to HEAD has the length that it would have, and no body', 'HEAD', ((stream) => stream.respond({ ':status': 200, 'content-length': 5000 }, { endStream: true })) as OnStream, 5000],
    ['204 has no body', 'GET', ((stream) => stream.respond({ ':status': 204 }, { endStream: true })) as OnStream, 0],
    ['that ends with its fields has no body', 'GET', ((stream) => stream.respond({ ':status': 200 }, { endStream: true })) as OnStream, 0],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const { client, url } = await serving(net, onStream);
      const response = await client.request(url, { method });
      assert.deepEqual([response.body.state, response.contentLength, await response.text()], ['eof', length, '']);
    }));
  }

  test('has its trailers once it is read to the end', onLoopback(async (net) => {
    const { client, url } = await serving(net, (stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '5', 'content-encoding': 'gzip' }));
      stream.end('hello');
    });
    const response = await client.get(url);
    assert.equal(response.trailers.get('x-sum'), null);
    assert.equal(await response.text(), 'hello');
    assert.deepEqual(response.trailers.raw, [['x-sum', '5']]);
  }));

  test('in gzip is undone as it streams, and a bomb is stopped', onLoopback(async (net) => {
    const packed = gzipSync(Buffer.alloc(1 << 20, 'x'));
    const { client, url } = await serving(net, (stream, headers) => {
      assert.match(String(headers['accept-encoding']), /^gzip, deflate, br/);
      stream.respond({ ':status': 200, 'content-encoding': 'gzip', 'content-length': packed.length });
      stream.end(packed);
    }, { maxDecompressedBytes: 1 << 20 });
    const response = await client.get(url);
    assert.deepEqual([response.uncompressed, response.contentLength, response.headers.has('content-encoding')], [true, -1, false]);
    assert.equal((await response.bytes()).length, 1 << 20);
    const strict = net.client({ tls: trust, maxDecompressedBytes: 1000 }).client;
    await assert.rejects((await strict.get(url)).bytes(), (error) => error instanceof BodyError && error.code === 'ERR_BODY_TOO_LARGE');
  }));

  test('larger than every window is read whole, in each of the ways there are', onLoopback(async (net) => {
    const size = 9_000_000;
    const { client, url } = await serving(net, fill(size));
    assert.equal((await (await client.get(url)).bytes()).length, size);
    let count = 0;
    for await (const chunk of (await client.get(url)).body) count += chunk.length;
    const into = new Uint8Array(50_000);
    const { body } = await client.get(url);
    for (let n = await body.read({ into }); n !== null; n = await body.read({ into })) count += n;
    for await (const chunk of (await client.get(url)).body.toReadable()) count += (chunk as Buffer).length;
    for await (const chunk of (await client.get(url)).body.toReadableStream()) count += chunk.length;
    assert.equal(count, 4 * size);
  }));

  test('tells of 1xx responses before it', onLoopback(async (net) => {
    const { client, url } = await serving(net, (stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a>' });
      stream.additionalHeaders({ ':status': 102 });
      say('hello')(stream, {});
    });
    const told: unknown[] = [];
    const response = await client.get(url, { trace: { got1xxResponse: (status, headers) => told.push([status, headers.get('link')]) } });
    assert.equal(await response.text(), 'hello');
    assert.deepEqual(told, [[103, '</a>'], [102, null]]);
    const strict = net.client({ tls: trust, max1xxResponses: 1 }).client;
    await assert.rejects(strict.get(url), { code: 'ERR_TOO_MANY_INTERIM' });
  }));
});

describe('a request', () => {
  test('is sent with the fields of HTTP/2, and without those that speak of the connection', onLoopback(async (net) => {
    const { client, server, url } = await serving(net, say('hello'));
    const headers: [string, string][] = [['Host', 'b.test'], ['X-Two', 'a'], ['x-two', 'b'], ['Cookie', 'a=1; b=2'], ['TE', 'gzip, trailers'], ['Connection', 'keep-alive']];
    await (await client.get(`${url}/path?query`, { headers })).text();
    const got = { ...server.streams[0].headers };
    assert.deepEqual(
      { authority: got[':authority'], path: got[':path'], scheme: got[':scheme'], method: got[':method'], two: got['x-two'], cookie: got.cookie, te: got.te, host: got.host, connection: got.connection, agent: got['user-agent'] },
      { authority: 'b.test', path: '/path?query', scheme: 'https', method: 'GET', two: 'a, b', cookie: 'a=1; b=2', te: 'trailers', host: undefined, connection: undefined, agent: 'watertight/0.1' },
    );
  }));

  const bodies: [what: string, body: () => RequestInit['body'], text: string, length: string | undefined][] = [
    ['a string', () => 'hello', 'hello', '5'],
    ['nothing at all', () => '', '', '0'],
    ['bytes', () => Buffer.alloc(300_000, 'y'), 'y'.repeat(300_000), '300000'],
    ['a form', () => new URLSearchParams({ a: '1' }), 'a=1', '3'],
    ['a Blob', () => new Blob(['blob']), 'blob', '4'],
    ['an iterable', () => ['one', 'two'], 'onetwo', undefined],
    ['a Node stream', () => Readable.from([Buffer.from('three'), Buffer.from('four')]), 'threefour', undefined],
    ['a ReadableStream', () => new Blob(['five']).stream() as ReadableStream<Uint8Array<ArrayBuffer>>, 'five', undefined],
  ];
  for (const [what, body, text, length] of bodies) {
    test(`carries ${what}`, onLoopback(async (net) => {
      const { client, server, url } = await serving(net, echo);
      const response = await client.post(url, body()!);
      assert.equal(await response.text(), text);
      assert.equal(server.streams[0].headers['content-length'], length);
      assert.equal(server.streams[0].headers['transfer-encoding'], undefined);
    }));
  }

  test('is sent no faster than the server reads it', onLoopback(async (net) => {
    const { client, url } = await serving(net, (stream) => {
      stream.pause();
      setTimeout(() => stream.on('end', () => say('done')(stream, {})).resume(), 100);
    });
    let given = 0;
    const source = (async function* () {
      for (; given < 200; given++) yield Buffer.alloc(16 << 10);
    })();
    const response = client.post(url, source);
    await sleep(50);
    assert.ok(given < 100, `${given} of 200 pieces were taken from the source`);
    assert.equal(await (await response).text(), 'done');
    assert.equal(given, 200);
  }));

  test('has trailers behind a body of unknown length, which are announced', onLoopback(async (net) => {
    const { client, server, url } = await serving(net, (stream, headers) => {
      let came: unknown = null;
      stream.on('trailers', (fields: Record<string, unknown>) => (came = { ...fields }));
      stream.on('end', () => say(JSON.stringify(came))(stream, headers)).resume();
    });
    const trailers = { 'X-Sum': () => Promise.resolve('5'), 'X-None': null };
    assert.deepEqual(await (await client.post(url, ['he', 'llo'], { trailers })).json(), { 'x-sum': '5' });
    assert.equal(server.streams[0].headers.trailer, 'X-Sum, X-None');
    assert.equal(await (await client.post(url, ['hello'], { trailers: { 'X-None': null } })).json(), null);
    assert.equal(await (await client.post(url, 'hello', { trailers })).json(), null);
    const { error } = await settle(client.post(url, ['hello'], { trailers: { 'X-Sum': () => {
      throw new Error('no sum');
    } } }));
    assert.equal(error?.code, 'ERR_REQUEST_BODY');
    assert.match(error.message, /no sum/);
    await assertWorks(client, url);
    assert.equal(server.sessions.length, 1);
  }));

  test('tells the progress of its body', onLoopback(async (net) => {
    const { client, url } = await serving(net, echo);
    const told: number[] = [];
    const response = await client.post(url, Buffer.alloc(200_000), { onUploadProgress: ({ transferred }) => told.push(transferred) });
    await response.bytes();
    assert.equal(told.at(-1), 200_000);
  }));

  test('with Expect: 100-continue waits for the server, and sends its body without an answer after the time for it', onLoopback(async (net) => {
    const { client, url } = await serving(net, (stream) => {
      stream.additionalHeaders({ ':status': 100 });
      echo(stream, {});
    });
    const told: unknown[] = [];
    const trace = { wait100Continue: () => told.push('waits'), got100Continue: () => told.push('wanted'), got1xxResponse: (status: number) => told.push(status) };
    assert.equal(await (await client.post(url, 'body', { headers: { Expect: '100-continue' }, trace })).text(), 'body');
    assert.deepEqual(told, ['waits', 'wanted', 100]);
    const silent = await serving(net, (stream) => stream.once('data', () => say('late')(stream, {})), { expectContinueTimeout: 50 });
    assert.equal(await (await silent.client.post(silent.url, 'body', { headers: { Expect: '100-continue' } })).text(), 'late');
  }));

  test('whose body is refused gets the refusal, its source is stopped, and the connection goes on', onLoopback(async (net) => {
    const { client, server, url } = await serving(net, (stream, headers) => {
      if (headers[':method'] === 'GET') say('hello')(stream, headers);
      else {
        stream.respond({ ':status': 413, 'content-length': 3 });
        stream.end('big');
      }
    });
    let stopped = false;
    const source = (async function* () {
      try {
        for (;;) yield Buffer.alloc(16 << 10);
      } finally {
        stopped = true;
      }
    })();
    const response = await client.post(url, source);
    assert.deepEqual([response.status, await response.text()], [413, 'big']);
    await sleep(20);
    assert.equal(stopped, true);
    await assertWorks(client, url);
    assert.equal(server.sessions.length, 1);
  }));

  test('whose source fails is reset, and the connection goes on', onLoopback(async (net) => {
    const { client, server, url } = await serving(net, echo);
    const source = (async function* () {
      yield 'one';
      await sleep(5);
      throw new Error('no more');
    })();
    const { error } = await settle(client.post(url, source).then((response) => response.text()));
    assert.equal(error!.code, 'ERR_REQUEST_BODY');
    await assertWorks(client, url);
    assert.equal(server.sessions.length, 1);
  }));

  test('is followed by its hooks in the order of Go', onLoopback(async (net) => {
    const { client, url } = await serving(net, (stream, headers) => stream.on('end', () => say('hello')(stream, headers)).resume());
    const told: string[] = [];
    const hooks = ['getConn', 'connectStart', 'connectDone', 'tlsHandshakeStart', 'tlsHandshakeDone', 'wroteHeaderField', 'wroteHeaders', 'wroteRequest', 'gotFirstResponseByte', 'putIdleConn'] as const;
    const trace: ClientTrace = {
      ...Object.fromEntries(hooks.map((name) => [name, (first: unknown) => void told.push(name === 'wroteHeaderField' ? String(first) : name)])),
      gotConn: ({ reused, wasIdle }) => void told.push(`gotConn ${reused} ${wasIdle}`),
    };
    const sent = [':authority', ':method', ':path', ':scheme', 'user-agent', 'accept-encoding', 'wroteHeaders', 'wroteRequest', 'gotFirstResponseByte'];
    await (await client.get(url, { trace })).text();
    assert.deepEqual(told.splice(0), ['getConn', 'connectStart', 'connectDone', 'tlsHandshakeStart', 'tlsHandshakeDone', 'gotConn false false', ...sent]);
    await (await client.get(url, { trace })).text();
    assert.deepEqual(told.splice(0), ['getConn', 'gotConn true true', ...sent]);
    for (const body of ['text', ['a', 'stream']]) {
      await (await client.post(url, body, { trace })).text();
      assert.deepEqual(told.splice(0).slice(-3), ['wroteHeaders', 'wroteRequest', 'gotFirstResponseByte']);
    }
  }));

  test('that is not sent to its end says so to its hook', onLoopback(async (net) => {
    const { client, url } = await serving(net, (stream) => stream.pause());
    const errors: (Error | null)[] = [];
    const source = (async function* () {
      yield 'x';
      await sleep(1);
      throw new Error('no more');
    })();
    await assert.rejects(client.post(url, source, { trace: { wroteRequest: ({ error }) => void errors.push(error) } }), { code: 'ERR_REQUEST_BODY' });
    assert.equal(errors.length, 1);
    assert.match(errors[0]!.message, /no more/);
  }));

  test('to a redirect is followed on the same connection', onLoopback(async (net) => {
    const { client, server, url } = await serving(net, (stream, headers) => {
      if (headers[':path'] === '/end') say('there')(stream, headers);
      else stream.respond({ ':status': 302, location: '/end' }, { endStream: true });
    });
    assert.equal(await (await client.get(url)).text(), 'there');
    assert.equal(server.sessions.length, 1);
  }));
});
