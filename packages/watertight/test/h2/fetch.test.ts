/** The Fetch standard over HTTP/2: what a program sees of `fetch` where the server has chosen it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createFetch } from 'watertight';
import { fill, H2Server, say, trust, type OnStream } from '../fixtures/h2-server.js';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { until } from '../fixtures/until.js';

type Fetch = typeof globalThis.fetch;

async function serving(net: Loopback, onStream: OnStream): Promise<{ server: H2Server; fetch: Fetch; url: string }> {
  const server = net.keep(await H2Server.start(onStream));
  return { server, fetch: createFetch({ transport: net.client({ tls: trust }).transport }), url: server.origin };
}

const echo: OnStream = (stream, headers) => {
  stream.respond({ ':status': 201, 'content-type': headers['content-type'] ?? '' });
  stream.pipe(stream);
};

describe('fetch', () => {
  test('gives a response without a reason phrase', onLoopback(async (net) => {
    const { fetch, url } = await serving(net, (stream) => {
      stream.respond({ ':status': 404, 'x-one': 'a', 'set-cookie': ['a=1', 'b=2'] });
      stream.end('gone');
    });
    const response = await fetch(`${url}/x`);
    assert.ok(response instanceof Response);
    assert.deepEqual([response.status, response.statusText, response.ok, response.url], [404, '', false, `${url}/x`]);
    assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2']);
    assert.equal(await response.text(), 'gone');
  }));

  test('undoes content codings', onLoopback(async (net) => {
    const { fetch, url } = await serving(net, (stream) => {
      stream.respond({ ':status': 200, 'content-encoding': 'gzip' });
      stream.end(gzipSync('packed'));
    });
    assert.equal(await (await fetch(url)).text(), 'packed');
  }));

  for (const [what, body, text] of [
    ['a string', () => 'text', 'text'],
    ['a form', () => new URLSearchParams({ a: '1' }), 'a=1'],
    ['a Blob', () => new Blob(['blob']), 'blob'],
    ['a stream', () => new Blob(['stream']).stream(), 'stream'],
  ] as const) {
    test(`sends ${what}`, onLoopback(async (net) => {
      const { fetch, url } = await serving(net, echo);
      const response = await fetch(url, { method: 'POST', body: body(), duplex: 'half' });
      assert.deepEqual([response.status, await response.text()], [201, text]);
    }));
  }

  test('sends a stream while the response comes', onLoopback(async (net) => {
    const { fetch, url } = await serving(net, echo);
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
    const response = await fetch(url, { method: 'POST', body, duplex: 'half' });
    const reader = response.body!.getReader();
    for (const word of ['one', 'two']) {
      controller.enqueue(Buffer.from(word));
      assert.equal(Buffer.from((await reader.read()).value ?? []).toString(), word);
    }
    controller.close();
    assert.equal((await reader.read()).done, true);
  }));

  for (const [what, path] of [['before the head', '/never'], ['while the body is read', '/large']] as const) {
    test(`is aborted ${what}, and the connection serves the next`, onLoopback(async (net) => {
      const { server, fetch, url } = await serving(net, (stream, headers) => (headers[':path'] === '/large' ? fill(9_000_000) : headers[':path'] === '/never' ? undefined : say('hello'))?.(stream, headers));
      const controller = new AbortController();
      const pending = fetch(url + path, { signal: controller.signal }).then((response) => {
        setImmediate(() => controller.abort());
        return response.arrayBuffer();
      });
      await until('the request has come', () => server.streams.length === 1);
      if (path === '/never') controller.abort();
      await assert.rejects(pending, { name: 'AbortError' });
      await until('its stream is reset', () => server.open.length === 0);
      assert.equal(await (await fetch(url)).text(), 'hello');
      assert.equal(server.sessions.length, 1);
    }));
  }

  test('rejects with a TypeError if the stream is reset', onLoopback(async (net) => {
    const { fetch, url } = await serving(net, (stream) => stream.close(2));
    await assert.rejects(fetch(url), (error) => error instanceof TypeError && /INTERNAL_ERROR/.test((error.cause as Error).message));
  }));

  test('follows a redirect on the same connection, a body included', onLoopback(async (net) => {
    const { server, fetch, url } = await serving(net, (stream, headers) => {
      if (headers[':path'] === '/end') echo(stream, headers);
      else {
        stream.respond({ ':status': 307, location: '/end' }, { endStream: true });
        stream.resume();
      }
    });
    const response = await fetch(url, { method: 'POST', body: 'again' });
    assert.deepEqual([response.redirected, response.url, await response.text()], [true, `${url}/end`, 'again']);
    assert.equal(server.sessions.length, 1);
  }));
});
