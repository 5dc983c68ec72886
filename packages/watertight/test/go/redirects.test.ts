/** Redirects as the tests of Go's client pin them: method, body, Host, Referer, headers, and who decides. docs/go-parity.md says which test is which. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Headers, Request, useLastResponse, type Client, type RequestInit } from 'watertight';
import { redirectOf } from '#client';
import { loopbackLookup, onLoopback } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';

/** `/302/there` redirects to `/there` with that status; anything else is answered. */
async function redirecting(request: RawRequest): Promise<void> {
  const match = /^\/(\d{3})(\/.*)$/.exec(request.target);
  await request.body;
  if (match === null) request.reply('here');
  else request.reply('moved', { status: `${match[1]} Moved`, fields: [`Location: ${match[2]}`] });
}

const BASE = { status: 302, method: 'GET', urlAuthorization: null, explicitReferer: null, hasBody: false, replayable: true, sensitive: new Set<string>() };

/** What of these headers goes along from one URL to another. */
function sentOn(headers: Record<string, string>, url: string, location: string, explicitReferer: string | null = null): Headers {
  return redirectOf({ ...BASE, url, headers: new Headers(headers), response: new Headers({ Location: location }), explicitReferer })!.headers;
}

describe('the method after a redirect', () => {
  for (const method of ['POST', 'HEAD', 'GET', 'DELETE', 'PUT', 'MADEUPMETHOD']) {
    for (const status of [301, 302, 303, 307, 308]) {
      const then = status > 303 || method === 'HEAD' ? method : 'GET';
      test(`of ${method} by ${status} is ${then}`, () => {
        const next = redirectOf({ ...BASE, status, method, url: 'http://a.example/', headers: new Headers(), response: new Headers({ Location: '/' }) });
        assert.equal(next?.method, then);
      });
    }
  }

  for (const [method, expected] of [
    ['POST', ['POST /200 text', 'POST /301/a text', 'GET /a ', 'POST /302/a text', 'GET /a ', 'POST /303/a text', 'GET /a ', 'POST /307/a text', 'POST /a text', 'POST /308/a text', 'POST /a text', 'POST /404 text']],
    ['DELETE', ['DELETE /200 text', 'DELETE /301/a text', 'GET /a ', 'DELETE /302/a text', 'GET /a ', 'DELETE /303/a text', 'GET /a ', 'DELETE /307/a text', 'DELETE /a text', 'DELETE /308/a text', 'DELETE /a text', 'DELETE /404 text']],
  ] as const) {
    test(`a ${method} with a body: what the server sees of each status`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: redirecting });
      const { client } = net.client();
      for (const path of ['/200', '/301/a', '/302/a', '/303/a', '/307/a', '/308/a', '/404']) await (await client.request(server.origin + path, { method, body: 'text' })).text();
      const seen = await Promise.all(server.requests.map(async (request) => `${request.method} ${request.target} ${String(await request.body)}`));
      assert.deepEqual(seen, expected);
    }));
  }

  test('a body that a 303 has taken away does not come back with a 307', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const { client } = net.client();
    await (await client.post(`${server.origin}/303/307/there`, 'text')).text();
    const bodies = await Promise.all(server.requests.map(async ({ method, body }) => `${method} ${String(await body)}`));
    assert.deepEqual(bodies, ['POST text', 'GET ', 'GET ']);
  }));
});

describe('a Host that the program has set', () => {
  for (const [what, location, kept] of [
    ['a path', '/next', true],
    ['a relative path', 'next', true],
    ['a query alone', '?a=b', true],
    ['a whole URL of the same server', 'http://127.0.0.1:PORT/next', false],
    ['a host of its own', '//127.0.0.1:PORT/next', false],
  ] as const) {
    test(`${kept ? 'goes' : 'does not go'} along to ${what}`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => (request.target === '/' ? request.reply('', { status: '302 Found', fields: [`Location: ${location.replace('PORT', String(server.port))}`] }) : request.reply('here')) });
      const { client } = net.client();
      await (await client.get(server.origin, { headers: { Host: 'virtual.example' } })).text();
      assert.deepEqual(server.requests.map((request) => request.header('host')), ['virtual.example', kept ? 'virtual.example' : `127.0.0.1:${server.port}`]);
    }));
  }
});

describe('the Referer', () => {
  for (const [from, to, expected] of [
    ['http://gopher@test.example/', 'http://link.example/', 'http://test.example/'],
    ['http://gopher:go@test.example/', 'http://link.example/', 'http://test.example/'],
    ['https://gopher:go@test.example/', 'https://link.example/', 'https://test.example/'],
    ['http://test.example/a?b=c#part', 'http://link.example/', 'http://test.example/a?b=c'],
    ['https://test.example/', 'https://link.example/', 'https://test.example/'],
    ['http://test.example/', 'https://link.example/', 'http://test.example/'],
    ['https://test.example/', 'http://link.example/', null],
    ['https://gopher:go@test.example/', 'http://link.example/', null],
  ] as const) {
    test(`from ${from} to ${to} is ${expected ?? 'none'}`, () => {
      assert.equal(sentOn({}, new Request(from).url, to).get('referer'), expected);
    });
  }

  for (const [from, to, expected] of [
    ['http://test.example/', 'http://link.example/', 'https://mine.example/'],
    ['https://test.example/', 'http://link.example/', null],
  ] as const) {
    test(`of the program, from ${from} to ${to}, is ${expected ?? 'dropped'}`, () => {
      assert.equal(sentOn({ Referer: 'https://mine.example/' }, from, to, 'https://mine.example/').get('referer'), expected);
    });
  }
});

describe('the headers that go along', () => {
  // The last column: what Go does, where we are stricter.
  for (const [name, from, to, kept, inGo] of [
    ['User-Agent', 'http://foo.example/', 'http://bar.example/', true],
    ['X-Foo', 'http://foo.example/', 'http://bar.example/', true],
    ['Cookie', 'http://foo.example/', 'http://bar.example/', false],
    ['Cookie2', 'http://foo.example/', 'http://bar.example/', false],
    ['Authorization', 'http://foo.example/', 'http://bar.example/', false],
    ['WWW-Authenticate', 'http://foo.example/', 'http://bar.example/', false],
    ['Proxy-Authorization', 'http://foo.example/', 'http://bar.example/', false],
    ['Authorization', 'http://foo.example/', 'http://foo.example/x', true],
    ['Authorization', 'http://foo.example:80/', 'http://foo.example/', true],
    ['Authorization', 'http://foo.example/', 'http://notfoo.example/', false],
    ['Authorization', 'http://foo.example/', 'http://sub.foo.example/', false, true],
    ['Authorization', 'http://foo.example/', 'https://foo.example/', false],
    ['Authorization', 'http://foo.example:443/', 'https://foo.example/', false, true],
    ['Authorization', 'http://foo.example:1234/', 'http://foo.example/', false],
    ['Authorization', 'http://[::1]/', 'http://[::1%25.foo.example]/', null],
  ] as const) {
    test(`${name} from ${from} to ${to}: ${kept === null ? 'there is no such URL' : kept ? 'yes' : inGo === undefined ? 'no' : 'no, though Go does'}`, () => {
      if (kept === null) assert.throws(() => sentOn({ [name]: 'secret' }, from, to), { code: 'ERR_REDIRECT_LOCATION' });
      else assert.equal(sentOn({ [name]: 'secret' }, from, to).has(name), kept);
    });
  }

  test('are those that checkRedirect is shown, and those that the server gets', onLoopback(async (net) => {
    const away = await net.serve({ onRequest: (request) => request.reply('here') });
    const home = await net.serve({ onRequest: (request) => request.reply('', { status: '302 Found', fields: [`Location: ${away.origin}/`] }) });
    const shown: [string, string][] = [];
    const { client } = net.client({ acceptEncodings: ['gzip'] }, { checkRedirect: ({ headers }) => void shown.push(...headers.raw) });
    await (await client.get(home.origin, { headers: { 'User-Agent': 'agent/1', 'X-Foo': 'foo', Cookie: 'foo=bar', Authorization: 'secret' } })).text();
    assert.deepEqual(shown, [['User-Agent', 'agent/1'], ['X-Foo', 'foo'], ['Referer', `${home.origin}/`]]);
    assert.deepEqual(away.requests[0].lines.slice(1), [`Host: 127.0.0.1:${away.port}`, 'User-Agent: agent/1', 'X-Foo: foo', `Referer: ${home.origin}/`, 'Accept-Encoding: gzip']);
  }));
});

describe('useLastResponse', () => {
  for (const [how, checkRedirect] of [
    ['returned', () => useLastResponse],
    ['of a promise', () => Promise.resolve(useLastResponse)],
    ['or false', () => false],
  ] as const) {
    test(`${how}: the redirect is the response, and its body is there`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: redirecting });
      const { client, transport } = net.client({}, { checkRedirect });
      const response = await client.get(`${server.origin}/302/there`);
      assert.equal(response.status, 302);
      assert.equal(response.headers.get('location'), '/there');
      assert.equal(transport.stats().active, 1, 'the body pins the connection');
      assert.equal(await response.text(), 'moved');
      assert.equal(server.requests.length, 1);
    }));
  }

  test('after some redirects gives the last of them', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const { client } = net.client({}, { checkRedirect: (_next, via) => (via.length < 2 ? true : useLastResponse) });
    const response = await client.get(`${server.origin}/302/301/307/there`);
    assert.equal(response.status, 301);
    assert.equal(response.url, `${server.origin}/301/307/there`);
    await response.text();
  }));
});

describe('the way of a chain', () => {
  test('checkRedirect gets a list of its own moment, oldest first, and the response the last URL', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const lengths: number[] = [];
    const { client } = net.client({}, { checkRedirect: (_next, via) => void lengths.push(via.length) });
    const response = await client.get(`${server.origin}${'/302'.repeat(15)}/there`);
    await response.text();
    assert.equal(response.url, `${server.origin}/there`);
    assert.deepEqual(lengths, Array.from({ length: 15 }, (_, i) => i + 1));
  }));

  for (const [what, run] of [
    ['get', (client, url) => client.get(url)],
    ['head', (client, url) => client.head(url)],
    ['do', (client, url) => client.do({ url })],
  ] as [string, (client: Client, url: string) => Promise<unknown>][]) {
    test(`${what} stops after ten requests with an error that says so`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: redirecting });
      const { client } = net.client();
      await assert.rejects(run(client, `${server.origin}${'/302'.repeat(11)}/there`), { code: 'ERR_TOO_MANY_REDIRECTS', message: `stopped after 10 redirects, at ${server.origin}/302/there` });
      assert.equal(server.requests.length, 10);
    }));
  }

  test('the signal, the hooks and the close of the first request: the first two go along, the last does not', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: redirecting });
    const { client } = net.client();
    const signal = new AbortController();
    let conns = 0;
    const init: RequestInit = { signal: signal.signal, close: true, trace: { gotConn() {
      conns++;
    } } };
    await (await client.get(`${server.origin}/302/there`, init)).text();
    assert.equal(conns, 2);
    assert.deepEqual(server.requests.map((request) => request.header('connection')), ['close', undefined]);
  }));

  test('a relative Location keeps the credentials of the URL, and one with others replaces them', onLoopback(async (net) => {
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    const server = await net.serve({ onRequest: (request) => {
      const to = { '/': '/next', '/next': `http://other:pw@a.example:${server.port}/last` }[request.target];
      if (to === undefined) request.reply('here');
      else request.reply('', { status: '302 Found', fields: [`Location: ${to}`] });
    } });
    const { client } = net.client({ lookup: loopbackLookup().lookup });
    await (await client.get(`http://user:s3cret@a.example:${server.port}/`)).text();
    assert.deepEqual(server.requests.map((request) => request.header('authorization')), [basic('user:s3cret'), basic('user:s3cret'), basic('other:pw')]);
  }));
});
