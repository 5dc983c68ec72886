/** The options of fetch and of createFetch: what is refused, what is checked, and what stands on the wire. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { createFetch, fetch as ours } from 'watertight';
import { COPIES } from '../dispatcher/copies.js';
import { onLoopback, settle } from '../fixtures/loopback.js';
import { echoOf, ENCODERS, field, site } from './site.js';

describe('is a TypeError, and nothing is sent:', () => {
  for (const [what, path, init] of [
    ['a body with GET', '', { body: 'x' }],
    ['a body with HEAD', '', { method: 'HEAD', body: 'x' }],
    ['a method that tunnels', '', { method: 'connect' }],
    ['a method that is no token', '', { method: 'A B' }],
    ['a line end in a value', '', { headers: { a: 'b\nc' } }],
    ['a name that is no token', '', { headers: { 'a b': 'c' } }],
    ['a pair of three', '', { headers: [['a', 'b', 'c']] }],
    ['headers that are none', '', { headers: 1 }],
    ['a field that frames the message', '', { headers: { 'Transfer-Encoding': 'chunked' } }],
    ['a signal that is none', '', { signal: {} }],
    ['an unknown redirect mode', '', { redirect: 'maybe' }],
    ['an unknown mode', '', { mode: 'maybe' }],
    ['an unknown cache mode', '', { cache: 'maybe' }],
    ['a referrer that is no URL', '', { referrer: 'http://[' }],
    ['options that are none', '', 1],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const { origin, server, fetch } = await site(net);
      await assert.rejects(fetch(origin + path, init as never), TypeError);
      assert.equal(server.requests.length, 0);
    }));
  }

  for (const url of ['/relative', 'http://[', 'ftp://127.0.0.1/', 'about:blank', 'http://user:secret@127.0.0.1/', 'http://127.0.0.1:6000/', 'http://127.0.0.1:99999/']) {
    test(url, onLoopback(async (net) => {
      const { fetch } = await site(net);
      await assert.rejects(fetch(url), (error: TypeError) => error instanceof TypeError && !error.message.includes('secret'));
    }));
  }
});

test('a request says what Node\'s fetch says, in the spelling of the program', onLoopback(async (net) => {
  const { origin, fetch } = await site(net);
  const plain = await echoOf(fetch(`${origin}/a?`));
  assert.equal(plain.target, '/a?');
  assert.deepEqual(['accept', 'accept-language', 'sec-fetch-mode', 'referer'].map((name) => field(plain, name)), ['*/*', '*', 'cors', undefined]);
  assert.match(field(plain, 'accept-encoding')!, /^gzip, deflate, br/);
  const echo = await echoOf(fetch(origin, { method: 'patch', headers: { 'X-MiXed': '1', ACCEPT: 'a/b', Range: 'bytes=0-4' } }));
  assert.equal(echo.method, 'patch');
  assert.ok(echo.fields.some(([name, value]) => name === 'X-MiXed' && value === '1'));
  assert.deepEqual(echo.fields.filter(([name]) => name.toLowerCase() === 'accept'), [['ACCEPT', 'a/b']]);
  assert.equal(field(echo, 'accept-encoding'), 'identity');
  assert.equal((await echoOf(fetch(origin, { method: 'post' }))).method, 'POST');
  assert.equal(field(await echoOf(fetch(origin, { headers: [['a', '1'], ['A', '2']] })), 'a'), '1, 2');
}));

describe('no response', () => {
  test('has the system\'s code in its cause, and ours beside it', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const gone = http.createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, 'close');
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`), (error: TypeError & { code: string }) => error.name === 'TypeError' && error.message === 'fetch failed' && error.code === 'ERR_DIAL' && (error.cause as { code: string }).code === 'ECONNREFUSED');
    await assert.rejects(fetch('http://nowhere.invalid/'), (error: TypeError & { code: string }) => error.code === 'ERR_DNS' && ['ENOTFOUND', 'EAI_AGAIN'].includes((error.cause as { code: string }).code));
    const silent = await net.serve({ onRequest: ({ connection }) => connection.finish() });
    await assert.rejects(fetch(silent.origin, { method: 'POST' }), (error: TypeError) => (error.cause as { code: string }).code === 'ERR_CONNECTION_CLOSED');
  }));

  test('of a URL that can\'t be parsed has the platform\'s code in its cause', onLoopback(async (net) => {
    const { fetch } = await site(net);
    await assert.rejects(fetch('/relative'), (error: TypeError) => error instanceof TypeError && error.message.startsWith('Failed to parse URL') && (error.cause as { code: string }).code === 'ERR_INVALID_URL');
  }));

  test('a body that breaks is a TypeError, for a reader and for text()', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const server = await net.serve({ onRequest: ({ connection }) => {
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart');
      connection.finish();
    } });
    await assert.rejects((await fetch(server.origin)).text(), { name: 'TypeError', message: 'terminated' });
    const reader = (await fetch(server.origin)).body!.getReader();
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    }, { name: 'TypeError', message: 'terminated' });
  }));
});

describe('createFetch', () => {
  test('fetch and what it makes have the platform\'s name and a length of 1, and want an argument', async () => {
    for (const each of [ours, createFetch()]) {
      assert.deepEqual([each.name, each.length], ['fetch', 1]);
      await assert.rejects((each as unknown as () => Promise<Response>)(), TypeError);
    }
  });

  test('takes a client with its jar and its time limit, or a transport, not both', onLoopback(async (net) => {
    const { origin } = await site(net);
    const stored: string[] = [];
    const { client, transport } = net.client({}, { timeout: 60_000, jar: { getCookieString: () => 'x=y', setCookie: (cookie: string) => void stored.push(cookie) } });
    assert.equal(field(await echoOf(createFetch({ client })(origin)), 'cookie'), 'x=y');
    assert.deepEqual(stored, ['a=1', 'b=2']);
    assert.throws(() => createFetch({ client, transport }), { code: 'ERR_INVALID_OPTION' });
    assert.throws(() => createFetch({ client: {} as never }), { code: 'ERR_INVALID_OPTION' });
    const silent = await net.serve({});
    const hurried = createFetch({ client: net.client({}, { timeout: 30 }).client });
    await assert.rejects(hurried(silent.origin), (error: TypeError & { code: string }) => error instanceof TypeError && error.code === 'ERR_TIMEOUT');
  }));

  test('decodes every coding with a jar as well', onLoopback(async (net) => {
    const { origin } = await site(net);
    const { client } = net.client({}, { jar: { getCookieString: () => '', setCookie: () => undefined } });
    for (const coding of Object.keys(ENCODERS)) assert.equal(await (await createFetch({ client })(`${origin}/encoded?as=${encodeURIComponent(coding)}`)).text(), 'hello');
  }));

  test('takes a RoundTripper of the program', async () => {
    const failure = new Error('no network here');
    await assert.rejects(createFetch({ transport: { roundTrip: () => Promise.reject(failure) } })('http://127.0.0.1/'), (error: TypeError) => error instanceof TypeError && error.cause === failure);
  });
});

test('the option dispatcher is used, by Node\'s own fetch', async () => {
  let used = false;
  const dispatcher = { dispatch(): never {
    used = true;
    throw new Error('enough');
  } };
  await assert.rejects(ours('http://127.0.0.1/', { dispatcher } as never), TypeError);
  assert.equal(used, true);
});

for (const { version, undici, skip } of COPIES) {
  test(`a ProxyAgent of undici ${version} as dispatcher is used: nothing goes past the proxy`, { skip }, onLoopback(async (net) => {
    const { origin, server, fetch } = await site(net);
    const proxy = await net.serve({ onRequest: (request) => request.reply('no', { status: '502 Bad Gateway' }) });
    const asked: number[] = [];
    for (const each of [globalThis.fetch, fetch]) {
      const dispatcher = new undici.ProxyAgent(proxy.origin);
      const before = proxy.requests.length;
      await settle(each(origin, { dispatcher }).then((response) => response.text()));
      asked.push(proxy.requests.length - before);
      await dispatcher.destroy();
    }
    // Node's fetch refuses some versions of undici; ours does not know better.
    assert.equal(asked[1], asked[0]);
    assert.equal(server.requests.length, 0);
  }));
}
