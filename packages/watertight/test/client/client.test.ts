/** The client: its short forms, its time, its jar, and whatever it is put upon. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, defaultClient, defaultTransport, type CookieJar, type Request, type Response, type RoundTripper } from 'watertight';
import { setTracking, tasks, taskCount } from 'watertight/tasks';
import { onLoopback } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';
import { markedLine } from '../tasks/marked-line.js';

async function echo(request: RawRequest): Promise<void> {
  const body = await request.body;
  if (request.method === 'HEAD') request.connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
  else request.reply(`${request.method} ${request.target} ${String(body)}`);
}

describe('the short forms', () => {
  test('get, head, post, postForm, request, do', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const { client } = net.client();
    const url = `${server.origin}/a`;
    const texts = [
      await client.get(url),
      await client.get(new URL(url)),
      await client.head(url),
      await client.post(url, 'body'),
      await client.post(url, null),
      await client.postForm(url, { a: 'b c', d: 'ä' }),
      await client.postForm(url, [['a', '1'], ['a', '2']]),
      await client.request(url),
      await client.request(url, { method: 'PATCH', body: 'p' }),
      await client.do({ url, method: 'DELETE' }),
    ];
    const bodies: string[] = [];
    for (const response of texts) bodies.push(await response.text());
    assert.deepEqual(bodies, ['GET /a ', 'GET /a ', '', 'POST /a body', 'POST /a ', 'POST /a a=b+c&d=%C3%A4', 'POST /a a=1&a=2', 'GET /a ', 'PATCH /a p', 'DELETE /a ']);
    assert.equal(server.requests[5].header('content-type'), 'application/x-www-form-urlencoded;charset=UTF-8');
    assert.equal(server.requests[2].method, 'HEAD');
  }));

  test('400 and 500 are responses', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('x', { status: request.target.slice(1) }) });
    const { client } = net.client();
    for (const status of [400, 404, 500, 503]) {
      const response = await client.get(`${server.origin}/${status}`);
      assert.equal(response.status, status);
      await response.text();
    }
  }));

  test('what can\'t be sent rejects, and never throws', onLoopback(async (net) => {
    const { client } = net.client();
    for (const wrong of [() => client.get('nowhere'), () => client.get(null as never), () => client.post('http://127.0.0.1:9/', {} as never), () => client.postForm('http://127.0.0.1:9/', null as never), () => client.request('http://127.0.0.1:9/', { method: 'G T' }), () => client.do(null as never), () => client.get('http://127.0.0.1:9/', { headers: 'x' as never })]) {
      await assert.rejects(wrong());
    }
  }));

  for (const wrong of [{ transport: {} }, { timeout: -1 }, { timeout: '5' }]) {
    test(`a client is refused ${JSON.stringify(wrong)}`, () => {
      assert.throws(() => new Client(wrong as never), { name: 'RequestError', code: 'ERR_INVALID_OPTION' });
    });
  }
});

test('the call site of every form is the line that called it', onLoopback(async (net, t) => {
  setTracking('all');
  t.after(() => setTracking('all'));
  const server = await net.serve({ onRequest: echo });
  const { client, transport } = net.client();
  const url = server.origin;
  async function wrapped(): Promise<Response> {
    const response = await client.get(url); // at: wrapped
    return response;
  }
  const forms: [mark: string, name: string, open: () => Promise<Response>][] = [
    ['get', '', () => client.get(url)], // at: get
    ['post', '', () => client.post(url, 'x')], // at: post
    ['postForm', '', () => client.postForm(url, { a: 'b' })], // at: postForm
    ['request', '', () => client.request(url)], // at: request
    ['do', '', () => client.do({ url })], // at: do
    ['roundTrip', '', () => transport.roundTrip({ url })], // at: roundTrip
    ['wrapped', 'wrapped', wrapped],
  ];
  for (const [mark, name, open] of forms) {
    const response = await open();
    const trace = tasks().find(({ holder }) => holder !== null)!.holder!.trace!;
    const { siteOf } = await import('#tasks');
    const site = siteOf(trace)!;
    const { file, line } = markedLine(import.meta.url, mark);
    assert.deepEqual({ file: site.file, line: site.line }, { file, line }, mark);
    if (name !== '') assert.equal(site.function, name);
    await response.close();
  }
}));

test('a redirected request is still the caller\'s line', onLoopback(async (net) => {
  setTracking('all');
  const server = await net.serve({ onRequest: (request) => (request.target === '/' ? request.reply('', { status: '302 Found', fields: ['Location: /x'] }) : request.reply('x')) });
  const { client } = net.client({}, { timeout: 60_000, jar: { getCookieString: () => 'a=b', setCookie: () => undefined } });
  const pending = client.get(server.origin); // at: redirected
  const response = await pending;
  const { siteOf } = await import('#tasks');
  const site = siteOf(tasks().find(({ holder }) => holder !== null)!.holder!.trace!);
  assert.equal(site?.line, markedLine(import.meta.url, 'redirected').line);
  await response.text();
}));

describe('the client\'s timeout', () => {
  test('covers redirects together', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => {
      await sleep(160);
      request.reply('', { status: '302 Found', fields: ['Location: /'] });
    } });
    const { client } = net.client({}, { timeout: 400 });
    const started = performance.now();
    await assert.rejects(client.get(server.origin), { name: 'TimeoutError', code: 'ERR_TIMEOUT' });
    assert.ok(performance.now() - started >= 390);
    assert.ok(server.requests.length >= 2 && server.requests.length <= 4);
  }));

  test('covers the body', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe') });
    const { client } = net.client({}, { timeout: 80 });
    const response = await client.get(server.origin);
    await assert.rejects(response.text(), { code: 'ERR_TIMEOUT', phase: 'reading the body' });
  }));

  test('covers the body of a redirect\'s target', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection, target }) => connection.write(target === '/' ? 'HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n' : 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe') });
    const { client } = net.client({}, { timeout: 80 });
    await assert.rejects((async () => (await client.get(server.origin)).text())(), { code: 'ERR_TIMEOUT' });
  }));

  test('a request\'s own goes before it', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => {
      await sleep(80);
      request.reply('x');
    } });
    const { client } = net.client({}, { timeout: 20 });
    assert.equal(await (await client.get(server.origin, { timeout: 10_000 })).text(), 'x');
  }));
});

test('a cancel during a redirect rejects with its reason, wherever it is', onLoopback(async (net) => {
  const cancel = new AbortController();
  const server = await net.serve({ onRequest: (request) => {
    if (request.target === '/') request.reply('', { status: '302 Found', fields: ['Location: /stuck'] });
    else cancel.abort('enough');
  } });
  const { client } = net.client();
  await assert.rejects(client.get(server.origin, { signal: cancel.signal }), (error) => error === 'enough');
}));

describe('a jar', () => {
  class FakeJar implements CookieJar {
    readonly cookies = new Map<string, string>();
    readonly stored: [cookie: string, url: string][] = [];
    async getCookieString(url: string): Promise<string> {
      await sleep(1);
      return this.cookies.get(new URL(url).pathname) ?? '';
    }
    async setCookie(cookie: string, url: string): Promise<void> {
      await sleep(1);
      this.stored.push([cookie, url]);
      this.cookies.set(new URL(url).pathname === '/' ? '/next' : '/none', cookie.split(';')[0]);
    }
  }

  test('gives cookies to each request and is given those of each response', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => {
      if (request.target === '/') request.reply('', { status: '302 Found', fields: ['Location: /next', 'Set-Cookie: s=1; Path=/', 'Set-Cookie: t=2'] });
      else request.reply('x', { fields: ['Set-Cookie: u=3'] });
    } });
    const jar = new FakeJar();
    jar.cookies.set('/', 'first=1');
    const { client } = net.client({}, { jar });
    await (await client.get(server.origin, { headers: { Cookie: 'own=0' } })).text();
    assert.deepEqual(server.requests.map((request) => request.header('cookie')), ['own=0; first=1', 'own=0; t=2']);
    assert.deepEqual(jar.stored, [['s=1; Path=/', `${server.origin}/`], ['t=2', `${server.origin}/`], ['u=3', `${server.origin}/next`]]);
  }));

  test('no cookies, no Cookie field', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('x') });
    const { client } = net.client({}, { jar: new FakeJar() });
    await (await client.get(server.origin)).text();
    assert.equal(server.requests[0].header('cookie'), undefined);
  }));

  test('that fails rejects the request, and nothing is left', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('x', { fields: ['Set-Cookie: a=b'] }) });
    const full = new Error('the jar is full');
    const { client: before } = net.client({}, { jar: { getCookieString: () => Promise.reject(full), setCookie: () => undefined } });
    await assert.rejects(before.get(server.origin), { code: 'ERR_HOOK', hook: 'jar.getCookieString', message: 'jar.getCookieString threw, so the request failed: the jar is full', cause: full });
    const { client: after } = net.client({}, { jar: { getCookieString: () => '', setCookie: () => Promise.reject(full) } });
    await assert.rejects(after.get(server.origin), { code: 'ERR_HOOK', hook: 'jar.setCookie', message: 'jar.setCookie threw, so the request failed: the jar is full', cause: full });
    assert.equal(taskCount(), 1);
  }));
});

describe('middleware', () => {
  test('is a RoundTripper: it sees each hop, and may answer itself', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => (request.target === '/' ? request.reply('', { status: '302 Found', fields: ['Location: /next'] }) : request.reply(request.header('x-added') ?? 'nothing')) });
    const { transport } = net.client();
    const seen: string[] = [];
    const { Request: OurRequest } = await import('watertight');
    const middleware: RoundTripper = {
      roundTrip(request: Request) {
        seen.push(`${request.method} ${request.url.slice(server.origin.length)}`);
        const { headers } = request;
        headers.set('X-Added', 'yes');
        return transport.roundTrip(new OurRequest(request, { headers }));
      },
    };
    const client = new Client({ transport: middleware });
    assert.equal(await (await client.get(server.origin)).text(), 'yes');
    assert.deepEqual(seen, ['GET /', 'GET /next']);
    client.closeIdleConnections();
  }));

  test('its error is the request\'s', async () => {
    const refusal = new Error('not today');
    const client = new Client({ transport: { roundTrip: () => Promise.reject(refusal) } });
    await assert.rejects(client.get('http://127.0.0.1:9/'), (error) => error === refusal);
  });
});

describe('await using', () => {
  test('closes the transport that the client was given', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel') });
    const { client: made, transport } = net.client();
    {
      await using client = made;
      assert.equal((await client.get(server.origin)).status, 200);
      assert.equal(transport.stats().active, 1);
    }
    assert.equal(transport.stats().active, 0);
    await assert.rejects(made.get(server.origin), { code: 'ERR_TRANSPORT_CLOSED' });
  }));

  test('closes only the idle connections of the transport that all share, and leaves a RoundTripper without an end alone', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    {
      await using client = new Client();
      await (await client.get(server.origin)).text();
      assert.equal(defaultTransport.stats().idle, 1);
    }
    assert.equal(defaultTransport.stats().idle, 0);
    await (await defaultClient.get(server.origin)).text();
    defaultTransport.closeIdleConnections();
    await using client = new Client({ transport: { roundTrip: () => Promise.reject(new Error('none')) } });
    await assert.rejects(client.get(server.origin), { message: 'none' });
  }));
});
