/** A redirect is a message like any other: bounded, not decoded unasked, and not followed where nobody wants it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { assertWorks, loopbackLookup, onLoopback, settle } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';

const moved = (request: RawRequest, location: string, status = '302 Found', fields: string[] = []): void =>
  request.reply('', { status, fields: [`Location: ${location}`, ...fields] });

for (const status of ['301 Moved Permanently', '302 Found', '303 See Other']) {
  test(`after ${status} a POST becomes a GET without body and without the fields of one`, onLoopback(async (net) => {
    const server = await net.serve({
      onRequest: async (request) => (await request.body, request.target === '/' ? moved(request, '/next', status) : request.reply('hello')),
    });
    const { client } = net.client();
    const fields = ['Content-Type', 'Content-Encoding', 'Content-Language', 'Content-Location'];
    const headers = { 'Content-Type': 'text/x', 'Content-Encoding': 'x', 'Content-Language': 'de', 'Content-Location': '/x', 'X-Kept': 'yes' };
    await (await client.post(server.origin, 'hello', { headers })).bytes();
    const [, next] = server.requests;
    assert.equal(next.method, 'GET');
    for (const field of [...fields, 'Content-Length', 'Transfer-Encoding']) assert.equal(next.header(field), undefined, field);
    assert.equal(next.header('x-kept'), 'yes');
    assert.equal((await next.body)!.length, 0);
  }));
}

test('after 303 a HEAD stays a HEAD', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => (request.target === '/' ? moved(request, '/next', '303 See Other') : request.reply('')) });
  const { client } = net.client();
  await (await client.head(server.origin)).bytes();
  assert.equal(server.requests[1].method, 'HEAD');
}));

for (const status of ['307 Temporary Redirect', '308 Permanent Redirect']) {
  test(`after ${status} a body that can be replayed is sent again`, onLoopback(async (net) => {
    const server = await net.serve({
      onRequest: async (request) => (await request.body, request.target === '/' ? moved(request, '/next', status) : request.reply('hello')),
    });
    const { client } = net.client();
    const fromFunction = () => ReadableStream.from([Buffer.from('hello')]);
    for (const body of ['hello', Buffer.from('hello'), fromFunction]) {
      const response = await client.post(server.origin, body as never);
      await response.bytes();
      assert.equal(response.status, 200);
    }
    for (const request of server.requests) {
      assert.equal(request.method, 'POST');
      assert.equal((await request.body)!.toString(), 'hello');
    }
    assert.equal(server.requests.length, 6);
  }));

  test(`after ${status} a body that cannot be replayed leaves the redirect to the caller`, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => (await request.body, moved(request, '/next', status)) });
    const { client } = net.client();
    const once = (async function* () {
      yield 'hello';
    })();
    const response = await client.post(server.origin, once);
    await response.bytes();
    assert.equal(response.status, Number(status.slice(0, 3)));
    assert.equal(server.requests.length, 1);
  }));
}

test('with `manual` and `error` one request is sent', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => moved(request, '/next') });
  const { client } = net.client();
  const response = await client.get(server.origin, { redirect: 'manual' });
  await response.bytes();
  assert.equal(response.status, 302);
  assert.equal(response.headers.get('location'), '/next');
  await assert.rejects(client.get(server.origin, { redirect: 'error' }));
  assert.equal(server.requests.length, 2);
}));

test('an unknown redirect mode is refused, not read as `follow`', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => moved(request, '/next') });
  const { client } = net.client();
  await assert.rejects((async () => client.get(server.origin, { redirect: 'none' as never }))());
  assert.equal(server.requests.length, 0);
}));

for (const [what, location] of [
  ['an endless chain', (i: number) => `/${i}`],
  ['a redirect to itself', () => '/'],
] as const) {
  test(`${what} ends in an error after ten hops`, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => moved(request, location(request.index)) });
    const { client } = net.client();
    await assert.rejects(client.get(server.origin));
    assert.ok(server.requests.length >= 10 && server.requests.length <= 11, `${server.requests.length} requests`);
    assert.equal(server.connections.length, 1);
  }));
}

test('the memory for a chain of redirects with Locations of 1 MB is bounded', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => moved(request, `/${'x'.repeat(1_000_000)}${request.index}`) });
  const { client } = net.client();
  const { error } = await settle(client.get(server.origin, { timeout: 20_000 }));
  assert.ok(error);
  assert.notEqual(error.name, 'TimeoutError');
  assert.ok(server.requests.length <= 11);
  assert.ok(error.message.length < 10_000, 'the error does not repeat the Location');
}));

for (const [what, location] of [['an empty', ''], ['a non-ASCII', '/caf\xe9?\xff'], ['a UTF-8', Buffer.from('/café').toString('latin1')], ['a malformed', 'http://[::1/'], ['a spaced', ' /next ']] as const) {
  test(`${what} Location ends in a response or an error, and the next request works`, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => (request.target === '/' ? moved(request, location) : request.reply('hello')) });
    const { client } = net.client();
    const { value: response, error } = await settle(client.get(server.origin, { timeout: 5000 }));
    if (response) await response.bytes();
    if (error) assert.equal(typeof error.code, 'string');
    for (const { target } of server.requests) assert.match(target, /^[\x21-\x7e]+$/, 'only visible ASCII is sent');
    await assertWorks(client, `${server.origin}/plain`);
  }));
}

test('the body of a redirect is not decoded', onLoopback(async (net) => {
  const bomb = gzipSync(Buffer.alloc(32 << 20));
  const server = await net.serve({
    onRequest: (request) =>
      request.target === '/'
        ? request.reply(bomb, { status: '302 Found', fields: ['Location: /next', 'Content-Encoding: gzip'] })
        : request.reply('hello'),
  });
  const { client } = net.client({ maxDecompressedBytes: 1000 });
  assert.equal(await (await client.get(server.origin)).text(), 'hello');
}));

for (const framing of ['Content-Length: 1000000000000', 'Transfer-Encoding: chunked', 'X-Framing: none']) {
  test(`of an endless redirect body (${framing}) a few kB are read, then its connection is closed`, onLoopback(async (net) => {
    let sent = 0;
    const server = await net.serve({
      onRequest: async (request) => {
        if (request.target !== '/') return request.reply('hello');
        const piece = framing.endsWith('chunked') ? `4000\r\n${'z'.repeat(0x4000)}\r\n` : 'z'.repeat(0x4000);
        request.connection.write(`HTTP/1.1 302 Found\r\nLocation: /next\r\n${framing}\r\n\r\n`);
        while (await request.connection.send(piece)) sent += piece.length;
      },
    });
    const { client } = net.client();
    assert.equal(await (await client.get(server.origin, { timeout: 10_000 })).text(), 'hello');
    assert.equal(server.connections.length, 2);
    assert.equal(await server.settlesAt(1), 1);
    assert.ok(server.connections[0].hasLeft);
    // What the kernel buffers on both sides counts as sent.
    assert.ok(sent < 16 << 20, `${sent} bytes were taken`);
  }));
}

test('the address that `lookup` gave is the one that is dialled, asked once per connection', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const answers = ['127.0.0.1', '192.0.2.1'];
  let asked = 0;
  const { client } = net.client({
    lookup: ((_host: string, options: { all?: boolean }, callback: (...args: unknown[]) => void) => {
      const address = answers[Math.min(asked++, 1)];
      if (options.all) callback(null, [{ address, family: 4 }]);
      else callback(null, address, 4);
    }) as never,
  });
  for (let i = 0; i < 3; i++) await assertWorks(client, `http://rebinding.test:${server.port}/`);
  assert.equal(asked, 1, 'three requests, one connection, one look-up');
  assert.equal(server.connections.length, 1);
}));

test('a redirect to a name is looked up by the same hook', onLoopback(async (net) => {
  const server = await net.serve({
    onRequest: (request) => (request.target === '/' ? moved(request, `http://internal.test:${server.port}/next`) : request.reply('hello')),
  });
  const { lookup, asked } = loopbackLookup();
  const { client } = net.client({ lookup });
  await assertWorks(client, `http://a.test:${server.port}/`);
  assert.deepEqual(asked, ['a.test', 'internal.test']);
}));
