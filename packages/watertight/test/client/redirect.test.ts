/** Redirects as Go follows them: the methods, the bodies, the credentials, the connections, the end. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { RedirectError, type Request, type RequestInit } from 'watertight';
import { loopbackLookup, onLoopback } from '../fixtures/loopback.js';
import { reply, type RawRequest } from '../fixtures/raw-server.js';

/** `/301/to/…` redirects there with that status; anything else is answered. */
async function redirecting(request: RawRequest): Promise<void> {
  const match = /^\/(\d{3})(\/.*)$/.exec(request.target);
  await request.body;
  if (match === null) request.reply('here');
  else request.reply('moved', { status: `${match[1]} Moved`, fields: [`Location: ${match[2]}`] });
}

describe('the method and the body', () => {
  const table: [status: number, method: string, then: string, body: boolean][] = [
    ...[301, 302, 303].flatMap((status): [number, string, string, boolean][] => [
      [status, 'GET', 'GET', false],
      [status, 'HEAD', 'HEAD', false],
      [status, 'POST', 'GET', false],
      [status, 'PUT', 'GET', false],
      [status, 'DELETE', 'GET', false],
    ]),
    ...[307, 308].flatMap((status): [number, string, string, boolean][] => [
      [status, 'GET', 'GET', false],
      [status, 'HEAD', 'HEAD', false],
      [status, 'POST', 'POST', true],
      [status, 'PUT', 'PUT', true],
    ]),
  ];
  for (const [status, method, then, kept] of table) {
    test(`${status} to ${method}: ${then}${kept ? ' with its body' : ''}`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: redirecting });
      const { client } = net.client();
      const body = method === 'POST' || method === 'PUT' ? 'payload' : null;
      const init: RequestInit = { method, body, headers: body === null ? null : { 'Content-Type': 'text/x', 'Content-Language': 'de' } };
      const response = await client.request(`${server.origin}/${status}/there`, init);
      await response.text();
      assert.equal(response.url, `${server.origin}/there`);
      const [, second] = server.requests;
      assert.equal(second.method, then);
      assert.equal(String(await second.body), kept ? 'payload' : '');
      assert.equal(second.header('content-type'), kept ? 'text/x' : undefined);
      assert.equal(second.header('content-language'), kept ? 'de' : undefined);
      assert.equal(server.requests.length, 2);
    }));
  }

  for (const status of [300, 304, 305, 306]) {
    test(`${status} is no redirect`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: redirecting });
      const { client } = net.client();
      const response = await client.get(`${server.origin}/${status}/there`);
      await response.close();
      assert.equal(response.status, status);
    }));
  }

  test('a stream can\'t be sent again: its 307 is handed out; a function\'s is followed', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const { client } = net.client();
    const stream = async function* (): AsyncGenerator<string> {
      yield 'streamed';
    };
    const once = await client.post(`${server.origin}/307/there`, stream());
    assert.equal(once.status, 307);
    await once.text();
    const anew = await client.post(`${server.origin}/307/there`, stream);
    assert.equal(anew.status, 200);
    await anew.text();
    assert.deepEqual(await Promise.all(server.requests.map(async ({ body }) => String(await body))), ['streamed', 'streamed', 'streamed']);
  }));

  test('a 303 answers a streamed body and is followed without it', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const { client } = net.client();
    const response = await client.post(`${server.origin}/303/there`, (async function* () { yield 'x'; })());
    assert.equal(await response.text(), 'here');
  }));
});

describe('where to', () => {
  for (const [what, location, to] of [
    ['a path', '/there', '/there'],
    ['a relative path', 'there', '/a/there'],
    ['a path upwards', '../there', '/there'],
    ['a query alone', '?x=y', '/a/b?x=y'],
    ['a path with a fragment', '/there#part', '/there'],
    ['a path beyond ASCII, as UTF-8', Buffer.from('/ä').toString('latin1'), '/%C3%A4'],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => (request.target === '/a/b' ? request.reply('', { status: '302 Found', fields: [`Location: ${location}`] }) : request.reply('here')) });
      const { client } = net.client();
      await (await client.get(`${server.origin}/a/b`)).text();
      assert.equal(server.requests[1].target, to);
    }));
  }

  test('a response without a Location is the response', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('where to?', { status: '302 Found' }) });
    const { client } = net.client();
    const response = await client.get(server.origin);
    assert.equal(response.status, 302);
    assert.equal(await response.text(), 'where to?');
  }));

  for (const location of ['http://user:s3cret@[', 'ftp://example.com/', 'file:///etc/passwd', 'javascript:alert(1)']) {
    test(`${location} is refused, nothing is left, and no password is told`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => request.reply('x', { status: '302 Found', fields: [`Location: ${location}`] }) });
      const { client } = net.client();
      await assert.rejects(client.get(server.origin), (error: RedirectError) => {
        assert.ok(error instanceof RedirectError);
        assert.equal(error.code, 'ERR_REDIRECT_LOCATION');
        assert.doesNotMatch(JSON.stringify([error.message, error.cause, error.stack]), /s3cret/);
        return true;
      });
    }));
  }
});

describe('credentials', () => {
  const headers = { Authorization: 'Bearer s3cret', Cookie: 'a=b', 'X-Api-Key': 'k', 'X-Other': 'o' };

  test('stay within their origin', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const { client } = net.client();
    await (await client.get(`${server.origin}/302/there`, { headers })).text();
    for (const name of Object.keys(headers)) assert.equal(server.requests[1].header(name), headers[name as keyof typeof headers]);
  }));

  test('do not leave it, not even to another port, and do not come back', onLoopback(async (net) => {
    const home = await net.serve({ onRequest: (request) => (request.target === '/' ? request.reply('', { status: '302 Found', fields: [`Location: ${away.origin}/`] }) : request.reply('home again')) });
    const away = await net.serve({ onRequest: (request) => request.reply('', { status: '302 Found', fields: [`Location: ${home.origin}/back`] }) });
    const { client } = net.client({}, { sensitiveHeaders: ['x-api-key'] });
    assert.equal(await (await client.get(home.origin, { headers })).text(), 'home again');
    const shown = [...away.requests, home.requests[1]].map((request) => ['authorization', 'cookie', 'x-api-key', 'x-other'].map((name) => request.header(name)));
    assert.deepEqual(shown, Array.from({ length: 2 }, () => [undefined, undefined, undefined, 'o']));
  }));

  test('of a URL\'s user do not leave its origin either, and are in no Referer', onLoopback(async (net) => {
    const away = await net.serve({ onRequest: (request) => request.reply('x') });
    const home = await net.serve({ onRequest: (request) => request.reply('', { status: '302 Found', fields: [`Location: ${away.origin}/`] }) });
    const { client } = net.client();
    await (await client.get(`http://user:s3cret@127.0.0.1:${home.port}/a?b=c#d`)).text();
    assert.match(home.requests[0].header('authorization')!, /^Basic /);
    assert.equal(away.requests[0].header('authorization'), undefined);
    assert.equal(away.requests[0].header('referer'), `${home.origin}/a?b=c`);
  }));

  test('nor to another name of the same machine', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => (request.target === '/' ? request.reply('', { status: '302 Found', fields: [`Location: http://sub.example.test:${server.port}/x`] }) : request.reply('x')) });
    const { client } = net.client({ lookup: loopbackLookup().lookup });
    await (await client.get(`http://example.test:${server.port}/`, { headers: { ...headers, Host: 'virtual.example' } })).text();
    assert.equal(server.requests[1].header('authorization'), undefined);
    assert.equal(server.requests[1].header('host'), `sub.example.test:${server.port}`);
  }));
});

describe('the Referer', () => {
  test('is the URL before', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const { client } = net.client();
    await (await client.get(`${server.origin}/302/302/there`)).text();
    assert.deepEqual(server.requests.map((request) => request.header('referer')), [undefined, `${server.origin}/302/302/there`, `${server.origin}/302/there`]);
  }));

  test('is the caller\'s where there is one', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const { client } = net.client();
    await (await client.get(`${server.origin}/302/302/there`, { headers: { Referer: 'http://mine.example/' } })).text();
    assert.deepEqual(server.requests.map((request) => request.header('referer')), Array.from({ length: 3 }, () => 'http://mine.example/'));
  }));
});

describe('the connections', () => {
  test('a short body is drained, so that one connection serves the whole chain', onLoopback(async (net) => {
    for (const framing of ['length', 'chunked'] as const) {
      const server = await net.serve({ onRequest: ({ target, connection }) => connection.write(target === '/last' ? reply('here') : reply('x'.repeat(2048), { status: '302 Found', framing, fields: [`Location: ${target === '/' ? '/next' : '/last'}`] })) });
      const { client } = net.client();
      assert.equal(await (await client.get(server.origin)).text(), 'here');
      assert.equal(server.requests.length, 3);
      assert.equal(server.connections.length, 1, framing);
    }
  }));

  test('a longer one is closed with its connection', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => (request.target === '/' ? request.reply('x'.repeat(2049), { status: '302 Found', fields: ['Location: /there'] }) : request.reply('here')) });
    const { client } = net.client();
    assert.equal(await (await client.get(server.origin)).text(), 'here');
    assert.equal(server.connections.length, 2);
    assert.equal(await server.settlesAt(1), 1);
  }));
});

describe('the end', () => {
  test('ten requests are made as in Go: nine redirects are followed, the tenth is an error, and nothing is left', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const { client } = net.client();
    assert.equal(await (await client.get(`${server.origin}${'/302'.repeat(9)}/there`)).text(), 'here');
    assert.equal(server.requests.length, 10);
    await assert.rejects(client.get(`${server.origin}${'/302'.repeat(10)}/there`), { name: 'RedirectError', code: 'ERR_TOO_MANY_REDIRECTS', message: /stopped after 10 redirects/ });
    assert.equal(server.requests.length, 20);
  }));

  test('manual hands out the redirect itself', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const { client } = net.client();
    const response = await client.get(`${server.origin}/302/there`, { redirect: 'manual' });
    assert.equal(response.status, 302);
    assert.equal(await response.text(), 'moved');
  }));

  test('error rejects, and nothing is left', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const { client } = net.client();
    await assert.rejects(client.get(`${server.origin}/302/there`, { redirect: 'error' }), { name: 'RedirectError', code: 'ERR_REDIRECTED' });
    assert.equal(await (await client.get(`${server.origin}/there`, { redirect: 'error' })).text(), 'here');
  }));

  test('checkRedirect is asked with the request to come and those before it, oldest first', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const asked: string[][] = [];
    const path = ({ url }: Request): string => url.slice(server.origin.length);
    const { client } = net.client({}, { checkRedirect: async (next, via) => {
      await turn();
      asked.push([path(next), ...via.map(path)]);
    } });
    await (await client.get(`${server.origin}/302/302/there`)).text();
    assert.deepEqual(asked, [['/302/there', '/302/302/there'], ['/there', '/302/302/there', '/302/there']]);
  }));

  test('checkRedirect may follow more than ten', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const { client } = net.client({}, { checkRedirect: () => true });
    assert.equal(await (await client.get(`${server.origin}${'/302'.repeat(15)}/there`)).text(), 'here');
  }));

  test('checkRedirect that returns false hands out the redirect, its body unread', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const { client } = net.client({}, { checkRedirect: () => false });
    const response = await client.get(`${server.origin}/302/there`);
    assert.equal(response.status, 302);
    assert.equal(await response.text(), 'moved');
  }));

  test('checkRedirect that throws rejects the request, and nothing is left', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const refusal = new Error('not there');
    const { client } = net.client({}, { checkRedirect: () => {
      throw refusal;
    } });
    await assert.rejects(client.get(`${server.origin}/302/there`), { name: 'HookError', code: 'ERR_HOOK', hook: 'checkRedirect', message: 'checkRedirect threw, so the request failed: not there', cause: refusal });
    assert.equal(server.requests.length, 1);
  }));
});
