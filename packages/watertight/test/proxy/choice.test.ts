/** The `proxy` option: what it takes, what it is asked, and how it fails. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { dispatcherClass } from '#dispatcher';
import { ProxyServer } from '#proxy';
import { createFetch, goDefaults, proxyFromEnvironment, Transport, type Request, type TransportOptions } from 'watertight';
import { MockTransport } from 'watertight/mock';
import { COPIES } from '../dispatcher/copies.js';
import { onLoopback } from '../fixtures/loopback.js';
import { packageRoot } from '../fixtures/package-root.js';
import type { RawRequest } from '../fixtures/raw-server.js';
import { startSmallProxy } from '../fixtures/small-proxy.js';

const echo = (request: RawRequest): void => request.reply(request.target);

describe('the URL of a proxy', () => {
  const good: [url: string, href: string, hostname: string, port: number, authorization: string | null][] = [
    ['http://proxy:3128', 'http://proxy:3128', 'proxy', 3128, null],
    ['http://PROXY', 'http://proxy:80', 'proxy', 80, null],
    ['https://proxy/path?x#y', 'https://proxy:443', 'proxy', 443, null],
    ['socks5://PROXY', 'socks5://proxy:1080', 'proxy', 1080, null],
    ['socks5h://proxy:80', 'socks5://proxy:80', 'proxy', 80, null],
    ['SOCKS5://[2001:DB8::1]:9', 'socks5://[2001:db8::1]:9', '2001:db8::1', 9, null],
    ['socks5://bücher.example', 'socks5://xn--bcher-kva.example:1080', 'xn--bcher-kva.example', 1080, null],
    ['http://[::1]:8080', 'http://[::1]:8080', '::1', 8080, null],
    ['proxy:3128', 'http://proxy:3128', 'proxy', 3128, null],
    ['http://u@proxy', 'http://proxy:80', 'proxy', 80, 'Basic dTo='],
    ['http://:p@proxy', 'http://proxy:80', 'proxy', 80, 'Basic OnA='],
    ['http://u%3A:p%40%25@proxy', 'http://proxy:80', 'proxy', 80, `Basic ${Buffer.from('u::p@%').toString('base64')}`],
    ['http://ü:€@proxy', 'http://proxy:80', 'proxy', 80, `Basic ${Buffer.from('ü:€').toString('base64')}`],
    ['http://u:%zz@proxy', 'http://proxy:80', 'proxy', 80, `Basic ${Buffer.from('u:%zz').toString('base64')}`],
  ];
  for (const [url, href, hostname, port, authorization] of good) {
    test(`${url} is ${href}`, () => {
      const proxy = ProxyServer.parse(url);
      assert.deepEqual([proxy.href, proxy.origin.hostname, proxy.origin.port, proxy.authorization], [href, hostname, port, authorization]);
    });
  }

  const bad: [what: string, url: unknown, message: RegExp][] = [
    ['an unknown scheme', 'ftp://u:topsecret@proxy', /"ftp:\/\/\*\*\*@proxy\/" is no proxy: its scheme is not http, https, socks5 or socks5h/],
    ['SOCKS4', 'socks4://proxy', /its scheme is not/],
    ['no host', 'socks5:///x', /it has no host/],
    ['a broken port', 'http://u:topsecret@proxy:99999', /"http:\/\/\*\*\*@proxy:99999" is no proxy: it can't be parsed/],
    ['a slash in the password', 'http://u:top/secret@proxy', /"http:\/\/\*\*\*@proxy" is no proxy/],
    ['a URL object of another scheme', new URL('file:///etc/x'), /its scheme is not/],
    ['empty text', '', /a proxy is a URL such as http:\/\/proxy:3128, not ""; for none it is null/],
    ['a number', 5, /not 5/],
    ['an object', { host: 'proxy' }, /not \[object Object\]/],
    ['false', false, /for none it is null/],
    ['too long a password for SOCKS5', `socks5://u:${'x'.repeat(256)}@proxy`, /longer than the 255 bytes of SOCKS5/],
  ];
  for (const [what, url, message] of bad) {
    test(`${what} is refused when the transport is made, without a password`, () => {
      assert.throws(() => new Transport({ proxy: url as string }), (error: Error & { code: string }) => {
        assert.equal(error.name, 'TransportError');
        assert.equal(error.code, 'ERR_INVALID_OPTION');
        assert.match(error.message, message);
        assert.doesNotMatch(error.message + String(error.cause), /secret|xxxxx/);
        return true;
      });
    });
  }

  for (const [what, option] of [
    ['a number', 5],
    ['framing fields', { 'Transfer-Encoding': 'chunked' }],
    ['a Host', { Host: 'x' }],
    ['a value that can\'t be sent', { A: 'b\nc' }],
  ] as const) {
    test(`proxyConnectHeaders with ${what} are refused as well`, () => {
      assert.throws(() => new Transport({ proxyConnectHeaders: option as TransportOptions['proxyConnectHeaders'] }), { code: 'ERR_INVALID_OPTION' });
    });
  }
});

describe('the choice of each request', () => {
  test('a function is asked for each request, redirects included, and may say null', onLoopback(async (net) => {
    const server = await net.serve({
      onRequest(request) {
        if (request.target === '/moved') request.reply('', { status: '302 Found', fields: ['Location: /here'] });
        else request.reply(request.target);
      },
    });
    const proxy = await startSmallProxy(net);
    const asked: string[] = [];
    const { client, transport } = net.client({
      proxy(request) {
        asked.push(`${request.method} ${request.url}`);
        return request.url.endsWith('/direct') ? null : new URL(proxy.url());
      },
    });
    for (const path of ['/direct', '/moved']) await (await client.get(server.origin + path)).text();
    assert.deepEqual(asked, ['/direct', '/moved', '/here'].map((path) => `GET ${server.origin}${path}`));
    assert.deepEqual(proxy.seen.map(({ target }) => target), [`${server.origin}/moved`, `${server.origin}/here`]);
    assert.equal(transport.stats().hosts.length, 2);
  }));

  const faults: [what: string, choose: () => unknown, expected: object][] = [
    ['throws', () => { throw new Error('oops'); }, { name: 'HookError', code: 'ERR_HOOK', hook: 'proxy', message: 'proxy threw, so the request failed: oops' }],
    ['returns nothing', () => undefined, { name: 'ProxyError', code: 'ERR_INVALID_PROXY' }],
    ['returns a promise', async () => null, { code: 'ERR_INVALID_PROXY', message: /promise/ }],
    ['returns a promise that is rejected', async () => { throw new Error('unheard'); }, { code: 'ERR_INVALID_PROXY' }],
    ['returns what is no proxy', () => 'ftp://u:topsecret@x', { code: 'ERR_INVALID_PROXY', message: /^"ftp:\/\/\*\*\*@x\/" is no proxy/ }],
  ];
  for (const [what, choose, expected] of faults) {
    test(`a function that ${what} fails the request, and its body is let go`, onLoopback(async (net) => {
      const { client, transport } = net.client({ proxy: choose as () => null });
      let cancelled: unknown;
      const body = new ReadableStream({ cancel: (reason) => { cancelled = reason; } });
      await assert.rejects(client.post('http://a.example/', body), expected);
      assert.ok(cancelled instanceof Error);
      assert.equal(transport.stats().hosts.length, 0);
    }));
  }

  test('a function that cancels the request, or closes the transport', onLoopback(async (net) => {
    const controller = new AbortController();
    const cancelling = net.client({ proxy: () => { controller.abort(new Error('enough')); return null; } }).client;
    await assert.rejects(cancelling.get('http://a.example/', { signal: controller.signal }), /enough/);
    const { client, transport } = net.client({ proxy: () => { void transport.close(); return 'http://a.example'; } });
    await assert.rejects(client.get('http://a.example/'), { code: 'ERR_TRANSPORT_CLOSED' });
  }));

  test('createFetch, a dispatcher for undici and a clone of the transport use the proxy as well', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const proxy = await startSmallProxy(net);
    const { transport } = net.client({ proxy: proxy.url() });
    const clone = net.adopt(transport.clone());
    for (const each of [transport, clone]) assert.equal(await (await createFetch({ transport: each })(`http://a.example:${server.port}/x`)).text(), '/x');
    const [{ undici }] = COPIES;
    const dispatcher = new (dispatcherClass(undici as never))({ transport });
    const { body } = (await undici.request(`http://a.example:${server.port}/x`, { dispatcher })) as { body: { text(): Promise<string> } };
    assert.equal(await body.text(), '/x');
    await dispatcher.close();
    assert.equal(proxy.seen.length, 3);
  }));
});

describe('the environment', () => {
  /** What a program prints that runs with the variables. */
  async function run(source: string, env: Record<string, string>): Promise<string> {
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_proxy$|^REQUEST_METHOD$/i.test(name)));
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], { cwd: packageRoot, env: { ...clean, ...env } });
    return stdout.trim();
  }

  test('is the default, also of goDefaults, and null turns it off', onLoopback(async (net) => {
    assert.equal(goDefaults.proxy, proxyFromEnvironment);
    const proxy = await startSmallProxy(net);
    const server = await net.serve({ onRequest: echo });
    const source = `
      import { Client, Transport, fetch, get, goDefaults, proxyFromEnvironment } from 'watertight';
      const url = 'http://a.example:${server.port}/';
      const told = [];
      const outcome = async (what, make) => told.push(what + ' ' + await Promise.resolve().then(make).then(async (r) => (await r.text(), r.status), (e) => e.code));
      await outcome('get', () => get(url));
      await outcome('fetch', () => fetch(url));
      for (const [what, options] of [['go', goDefaults], ['named', { proxy: proxyFromEnvironment }], ['null', { proxy: null, lookup: (h, o, done) => done(new Error('direct'), '') }]]) {
        await using transport = new Transport(options);
        await outcome(what, () => new Client({ transport }).get(url));
      }
      console.log(told.join());`;
    assert.equal(await run(source.replace('await using', 'const'), { HTTP_PROXY: proxy.url() }).catch((error: unknown) => String(error)), 'get 200,fetch 200,go 200,named 200,null ERR_DNS');
    assert.equal(proxy.seen.length, 4);
  }));

  test('is read once, at the first use: what is set before it counts, what is set afterwards does not', async () => {
    const source = `
      import { proxyFromEnvironment } from 'watertight';
      process.env.HTTP_PROXY = 'http://before:1';
      const told = [proxyFromEnvironment({ url: 'http://a.example/' }).href];
      process.env.HTTP_PROXY = 'http://after:1';
      process.env.NO_PROXY = '*';
      told.push(proxyFromEnvironment({ url: 'http://a.example/' }).href);
      console.log(told.join());`;
    assert.equal(await run(source, {}), 'http://before:1/,http://before:1/');
  });

  test('has no effect on a MockTransport', async () => {
    const source = `
      import { MockTransport } from 'watertight/mock';
      import { Client } from 'watertight';
      const transport = new MockTransport(({ url }) => url);
      console.log(await (await new Client({ transport }).get('http://a.example/x')).text());
      await transport.close();`;
    assert.equal(await run(source, { HTTP_PROXY: 'http://127.0.0.1:1' }), 'http://a.example/x');
    await new MockTransport(() => '').close();
  });

  test('with a variable that names no proxy, the request fails and says which', async () => {
    const source = `
      import { get } from 'watertight';
      await get('http://a.example/').catch((error) => console.log(error.code, error.message));`;
    assert.match(await run(source, { http_proxy: 'ftp://u:topsecret@x' }), /^ERR_INVALID_PROXY the environment variable http_proxy names no proxy: "ftp:\/\/\*\*\*@x\/"/);
  });
});

test('the function gets the request as it is sent', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: echo });
  let seen: Request | undefined;
  const { client } = net.client({ proxy: (request) => { seen = request; return null; } });
  await (await client.post(`${server.origin}/x`, 'abc', { headers: { A: 'b' } })).text();
  assert.deepEqual([seen?.method, seen?.url, seen?.headers.get('a')], ['POST', `${server.origin}/x`, 'b']);
}));
