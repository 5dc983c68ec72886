/** fetch: the platform's signature and Response, over our connections. Also the functions over the default client. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { closeIdleConnections, defaultClient, defaultTransport, fetch, get, head, post, postForm, request } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';

async function echo(incoming: RawRequest): Promise<void> {
  const body = await incoming.body;
  if (incoming.method === 'HEAD') incoming.connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
  else incoming.reply(`${incoming.method} ${String(body)}`, { fields: ['X-One: 1', 'Set-Cookie: a=b', 'Set-Cookie: c=d'] });
}

/** The default transport is everybody's: it is not closed at the end, but left without connections. */
function onDefault(body: (net: Loopback) => Promise<void>): ReturnType<typeof onLoopback> {
  return onLoopback(async (net) => {
    try {
      await body(net);
    } finally {
      closeIdleConnections();
      await turn();
    }
  });
}

describe('fetch', () => {
  test('resolves with a Response of the platform', onDefault(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const response = await fetch(`${server.origin}/a`);
    assert.ok(response instanceof globalThis.Response);
    assert.deepEqual({ status: response.status, statusText: response.statusText, ok: response.ok, url: response.url, one: response.headers.get('x-one'), cookies: response.headers.getSetCookie() }, { status: 200, statusText: 'OK', ok: true, url: `${server.origin}/a`, one: '1', cookies: ['a=b', 'c=d'] });
    assert.equal(await response.text(), 'GET ');
    await turn();
    assert.equal(defaultTransport.stats().idle, 1);
  }));

  for (const [what, init, sent] of [
    ['a string', { method: 'POST', body: 'x' }, 'POST x'],
    ['URLSearchParams', { method: 'POST', body: new URLSearchParams({ a: 'b' }) }, 'POST a=b'],
    ['bytes', { method: 'PUT', body: new Uint8Array([120]) }, 'PUT x'],
    ['a Blob', { method: 'POST', body: new Blob(['x']) }, 'POST x'],
    ['a stream', { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' }, 'POST x'],
  ] as const) {
    test(`sends ${what}`, onDefault(async (net) => {
      const server = await net.serve({ onRequest: echo });
      assert.equal(await (await fetch(server.origin, init as never)).text(), sent);
    }));
  }

  test('takes a Request of the platform, and a URL', onDefault(async (net) => {
    const server = await net.serve({ onRequest: echo });
    assert.equal(await (await fetch(new globalThis.Request(server.origin, { method: 'POST', body: 'x', headers: { 'X-Y': 'z' } }))).text(), 'POST x');
    assert.equal(server.requests[0].header('x-y'), 'z');
    assert.equal(await (await fetch(new URL(server.origin))).text(), 'GET ');
  }));

  test('no response is a TypeError with our error as its cause', onDefault(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.finish() });
    await assert.rejects(fetch(server.origin), (error: TypeError) => error instanceof TypeError && error.message === 'fetch failed' && (error.cause as { code: string }).code === 'ERR_CONNECTION_CLOSED');
    await assert.rejects(fetch('nowhere'), TypeError);
    await assert.rejects(fetch('ftp://127.0.0.1/'), (error: TypeError) => (error.cause as { code: string }).code === 'ERR_INVALID_URL');
  }));

  test('an abort rejects with its reason, before the response and in its body', onDefault(async (net) => {
    const server = await net.serve({ onRequest: ({ target, connection }) => target === '/body' && connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe') });
    for (const path of ['/', '/body']) {
      const cancel = new AbortController();
      const reason = new Error('enough');
      const pending = fetch(server.origin + path, { signal: cancel.signal }).then((response) => response.text());
      const count = server.requests.length;
      while (server.requests.length === count) await turn();
      await new Promise((resolve) => setTimeout(resolve, 20));
      cancel.abort(reason);
      await assert.rejects(pending, (error) => error === reason);
    }
    assert.equal(taskCount(), 1);
  }));

  for (const [how, ask] of [
    ['of the options', (url: string, signal: AbortSignal) => fetch(url, { signal })],
    ['of a Request that nobody else holds', (url: string, signal: AbortSignal) => fetch(new globalThis.Request(url, { signal }))],
  ] as const) {
    test(`an abort by the signal ${how} reaches a body that is being read, though garbage was collected since`, onDefault(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe') });
      const cancel = new AbortController();
      const reason = new Error('enough');
      let reading = false;
      const pending = ask(server.origin, cancel.signal).then((response) => {
        reading = true;
        return response.text();
      });
      const ended = assert.rejects(pending, (error) => error === reason);
      while (!reading) await turn();
      for (let i = 0; i < 5; i++) {
        await turn();
        globalThis.gc!();
      }
      cancel.abort(reason);
      await ended;
    }));
  }

  test('a body that is cancelled closes ours', onDefault(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe') });
    const response = await fetch(server.origin);
    await response.body!.cancel();
    assert.equal(taskCount(), 1);
  }));

  for (const status of [204, 205, 304]) {
    test(`${status} has no body, and pins nothing`, onDefault(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(`HTTP/1.1 ${status} None\r\n${status === 205 ? 'Content-Length: 5\r\n\r\nhello' : '\r\n'}`) });
      const response = await fetch(server.origin);
      assert.equal(response.status, status);
      assert.equal(response.body, null);
      await turn();
      assert.equal(defaultTransport.stats().active, 0);
    }));
  }

  test('HEAD has no body', onDefault(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const response = await fetch(server.origin, { method: 'HEAD' });
    assert.equal(response.body, null);
    assert.equal(response.headers.get('content-length'), '5');
  }));

  test('a status that the platform does not have is an error, and nothing is left', onDefault(async (net) => {
    const server = await net.serve({ onRequest: (incoming) => incoming.reply('x', { status: '600 Odd' }) });
    await assert.rejects(fetch(server.origin), TypeError);
    assert.equal(defaultTransport.stats().active, 0);
  }));

  test('redirects as it is told', onDefault(async (net) => {
    const server = await net.serve({ onRequest: (incoming) => (incoming.target === '/' ? incoming.reply('', { status: '302 Found', fields: ['Location: /x'] }) : incoming.reply('x')) });
    const followed = await fetch(server.origin);
    assert.equal(await followed.text(), 'x');
    assert.equal(followed.url, `${server.origin}/x`);
    assert.equal((await fetch(server.origin, { redirect: 'manual' })).status, 302);
    await assert.rejects(fetch(server.origin, { redirect: 'error' }), TypeError);
  }));
});

test('get, head, post, postForm and request are the default client\'s', onDefault(async (net) => {
  const server = await net.serve({ onRequest: echo });
  const url = server.origin;
  const bodies: string[] = [];
  for (const open of [() => get(url), () => head(url), () => post(url, 'x'), () => postForm(url, { a: 'b' }), () => request(url, { method: 'PUT', body: 'y' })]) bodies.push(await (await open()).text());
  assert.deepEqual(bodies, ['GET ', '', 'POST x', 'POST a=b', 'PUT y']);
  await turn();
  assert.equal(defaultTransport.stats().idle, 1);
  defaultClient.closeIdleConnections();
  assert.equal(defaultTransport.stats().idle, 0);
}));
