/** https origins through an HTTP proxy: a tunnel, and how a proxy can fail to open it. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net_ from 'node:net';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { Headers, type TransportOptions } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { CertificateAuthority, selfSigned } from '../fixtures/certificate.js';
import { closedPort } from '../fixtures/closed-port.js';
import { loopbackLookup, onLoopback, settle } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';
import { startSmallProxy } from '../fixtures/small-proxy.js';

const echo = (request: RawRequest): void => request.reply(request.head);
const authority = new CertificateAuthority();
const certificate = authority.issue({ names: ['a.example', 'b.example', '127.0.0.1'] });
const trusted: TransportOptions = { tls: { ca: authority.cert } };

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  return { promise: new Promise<T>((settle) => { resolve = settle; }), resolve };
}

describe('an https origin through an HTTP proxy', () => {
  test('the proxy is asked for a tunnel to host and port, and sees no more of the request', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const proxy = await startSmallProxy(net);
    const { lookup, asked } = loopbackLookup();
    const { client, transport } = net.client({ ...trusted, lookup, proxy: proxy.url() });
    const response = await client.get(`https://a.example:${server.port}/x`, { headers: { 'X-Own': 'secret' } });
    assert.match(await response.text(), /^GET \/x HTTP\/1\.1\r\nHost: a\.example:\d+\r\n/);
    assert.equal(response.tls?.serverName, 'a.example');
    assert.deepEqual(proxy.seen.map(({ method, target }) => [method, target]), [['CONNECT', `a.example:${server.port}`]]);
    assert.deepEqual(Object.keys(proxy.seen[0].headers).toSorted(), ['host', 'user-agent']);
    assert.equal(proxy.seen[0].headers.host, `a.example:${server.port}`);
    assert.deepEqual(asked, [], 'the name is the proxy\'s to resolve');
    assert.deepEqual(transport.stats().hosts.map(({ key, idle }) => [key, idle]), [[`https://a.example:${server.port} through http://127.0.0.1:${proxy.port}`, 1]]);
  }));

  test('the default port is said, and an IPv6 address stands in brackets', onLoopback(async (net) => {
    const proxy = await net.serve({ onRequest: (request) => request.reply('', { status: '503 No' }) });
    const { client } = net.client({ proxy: proxy.origin });
    for (const url of ['https://a.example/', 'https://[2001:db8::1]/', 'https://[2001:db8::1]:8443/']) await settle(client.get(url));
    assert.deepEqual(proxy.requests.map(({ target }) => target), ['a.example:443', '[2001:db8::1]:443', '[2001:db8::1]:8443']);
    assert.deepEqual(proxy.requests.map((request) => request.header('host')), ['a.example:443', '[2001:db8::1]:443', '[2001:db8::1]:8443']);
  }));

  test('each origin has connections of its own, which are used again', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const proxy = await startSmallProxy(net);
    const { client, transport } = net.client({ ...trusted, proxy: proxy.url() });
    for (const host of ['a.example', 'b.example', 'a.example', 'b.example']) await (await client.get(`https://${host}:${server.port}/`)).text();
    assert.equal(proxy.server.connections.length, 2);
    assert.equal(transport.stats().opened, 2);
    assert.equal(taskCount(), 5, 'two for each connection, none for the proxy');
  }));

  test('its certificate must be the origin\'s', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const proxy = await startSmallProxy(net);
    const { client } = net.client({ ...trusted, proxy: proxy.url() });
    await assert.rejects(client.get(`https://c.example:${server.port}/`), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ERR_TLS');
      assert.match(error.message, new RegExp(`^the TLS handshake with https://c\\.example:${server.port} through the proxy http://127\\.0\\.0\\.1:${proxy.port} failed: `));
      return true;
    });
  }));

  test('Proxy-Authorization goes to the proxy alone: that of its URL, and never the program\'s', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const proxy = await startSmallProxy(net);
    const { client } = net.client({ ...trusted, proxy: proxy.url('user:topsecret') });
    const head = await (await client.get(`https://a.example:${server.port}/`, { headers: { 'Proxy-Authorization': 'Bearer own' } })).text();
    assert.equal(proxy.seen[0].headers['proxy-authorization'], `Basic ${Buffer.from('user:topsecret').toString('base64')}`);
    assert.doesNotMatch(head, /proxy-authorization/i);
  }));

  test('a proxy and an origin that both speak TLS', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: (request) => request.reply('x'.repeat(200_000)) });
    const proxy = await startSmallProxy(net, { tls: certificate });
    const { client } = net.client({ ...trusted, proxy: proxy.url() });
    for (let i = 0; i < 3; i++) assert.equal((await (await client.get(`https://a.example:${server.port}/`)).text()).length, 200_000);
    assert.equal(proxy.server.connections.length, 1);
  }));

  test('a body that is not read pins the tunnel, and closing it ends both sides', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: (request) => request.reply('x'.repeat(100)) });
    const proxy = await startSmallProxy(net);
    const { client } = net.client({ ...trusted, proxy: proxy.url() });
    const one = await client.get(`https://a.example:${server.port}/`);
    const two = await client.get(`https://a.example:${server.port}/`);
    assert.equal(taskCount(), 5);
    await one.close();
    await two.close();
    assert.equal(taskCount(), 1);
    assert.equal(await server.settlesAt(0), 0);
    assert.equal(await proxy.server.settlesAt(0), 0);
  }));

  test('the hooks come in Go\'s order, with the proxy\'s address', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const proxy = await startSmallProxy(net, { tls: certificate });
    const { client } = net.client({ ...trusted, proxy: proxy.url() });
    const told: string[] = [];
    const trace = Object.fromEntries(['getConn', 'connectStart', 'connectDone', 'tlsHandshakeStart', 'tlsHandshakeDone', 'gotConn', 'wroteHeaders'].map((name) => [name, (...args: unknown[]) => {
      told.push([name, ...args.filter((arg) => typeof arg === 'string' || arg === null)].join(' '));
    }]));
    await (await client.get(`https://a.example:${server.port}/`, { trace })).text();
    const at = `127.0.0.1:${proxy.port}`;
    assert.deepEqual(told, [`getConn ${at}`, `connectStart tcp ${at}`, `connectDone tcp ${at} `, 'tlsHandshakeStart', 'tlsHandshakeDone ', 'tlsHandshakeStart', 'tlsHandshakeDone ', 'gotConn', 'wroteHeaders']);
  }));

  test('the program\'s own dial connects to the proxy', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const proxy = await startSmallProxy(net);
    const dialled: unknown[] = [];
    const { client } = net.client({
      ...trusted,
      proxy: `http://proxy.example:${proxy.port}`,
      dial: ({ host, port }) => {
        dialled.push([host, port]);
        return net_.connect(port, '127.0.0.1');
      },
    });
    await (await client.get(`https://a.example:${server.port}/`)).text();
    assert.deepEqual(dialled, [['proxy.example', proxy.port]]);
  }));
});

describe('what the answer to CONNECT may look like', () => {
  for (const [what, established] of [
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\n'],
    ['without a reason', 'HTTP/1.1 200\r\n\r\n'],
    ['with a status of 201', 'HTTP/1.1 201 Created\r\n\r\n'],
    ['with a length, which means nothing', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
    ['with chunks announced, which mean nothing', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['with two lengths and a coding, which mean nothing', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\nTransfer-Encoding: rot13\r\nConnection: close\r\n\r\n'],
    ['after a 100 and a 103', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['with bytes behind it in the same packet, which are dropped', 'HTTP/1.1 200 OK\r\n\r\nhello'],
  ] as const) {
    test(`an answer ${what} opens the tunnel`, onLoopback(async (net) => {
      const server = await net.serve({ tls: certificate, onRequest: echo });
      const proxy = await startSmallProxy(net, { established });
      const { client } = net.client({ ...trusted, proxy: proxy.url() });
      assert.match(await (await client.get(`https://a.example:${server.port}/x`)).text(), /^GET \/x /);
    }));
  }

  test('one that comes byte by byte opens it too', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const answer = 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n';
    const proxy = await net.serve({
      parse: false,
      async onConnection({ socket }) {
        await once(socket, 'data');
        const onward = net_.connect(server.port, '127.0.0.1');
        await once(onward, 'connect');
        for (const byte of answer) await new Promise((resolve) => { socket.write(byte, () => setImmediate(resolve)); });
        socket.pipe(onward).on('close', () => socket.destroy());
        onward.pipe(socket).on('close', () => onward.destroy());
      },
    });
    const { client } = net.client({ ...trusted, proxy: proxy.origin });
    assert.match(await (await client.get(`https://a.example:${server.port}/x`)).text(), /^GET \/x /);
  }));
});

/** The password in any of its spellings. */
const SECRET = new RegExp(`topsecret|${Buffer.from('user:topsecret').toString('base64')}`);

describe('a proxy that opens no tunnel', () => {
  const refusals: [what: string, answer: string | null, code: string, status: number | null, message: RegExp][] = [
    ['refuses', 'HTTP/1.1 403 Not this one\r\nContent-Length: 3\r\n\r\nno!', 'ERR_PROXY_REFUSED', 403, /^the proxy http:\/\/127\.0\.0\.1:\d+ answered CONNECT a\.example:443 with "HTTP\/1\.1 403 Not this one"$/],
    ['wants other credentials', 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n', 'ERR_PROXY_REFUSED', 407, /407 Proxy Authentication Required"; it does not accept the user and password of its URL$/],
    ['has no answer from the origin', 'HTTP/1.0 502 Bad Gateway\r\n\r\n', 'ERR_PROXY_REFUSED', 502, /with "HTTP\/1\.0 502 Bad Gateway"/],
    ['redirects', 'HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\n\r\n', 'ERR_PROXY_REFUSED', 302, /"HTTP\/1\.1 302 Found"/],
    ['switches protocols', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n', 'ERR_PROXY_PROTOCOL', null, /101 \(Switching Protocols\), which nobody asked for/],
    ['closes without a word', null, 'ERR_PROXY_CLOSED', null, /^the proxy http:\/\/127\.0\.0\.1:\d+ closed the connection before it had answered$/],
    ['closes in the middle of its answer', 'HTTP/1.1 200 OK\r\nA: ', 'ERR_PROXY_CLOSED', null, /closed the connection/],
    ['speaks no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'ERR_PROXY_PROTOCOL', null, /^the answer of the proxy http:\/\/127\.0\.0\.1:\d+ to CONNECT is not HTTP: /],
    ['speaks TLS', '\x15\x03\x01\x00\x02\x02\x16', 'ERR_PROXY_PROTOCOL', null, /it speaks TLS: is its URL https:\/\/\?/],
    ['never ends its interim responses', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(60), 'ERR_PROXY_PROTOCOL', null, /more than 50 informational \(1xx\) responses \(max1xxResponses\)/],
    ['has a head above the limit', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(5000)}`, 'ERR_PROXY_PROTOCOL', null, /maxResponseHeaderBytes/],
    ['folds lines into its status', 'HTTP/1.1 403 a\x00b\r\n\r\n', 'ERR_PROXY_PROTOCOL', null, /is not HTTP/],
  ];
  for (const [what, answer, code, status, message] of refusals) {
    test(`one that ${what}: the error says so, without its password, and nothing is left open`, onLoopback(async (net) => {
      const proxy = await net.serve({
        onRequest({ connection }) {
          if (answer !== null) connection.write(answer);
          if (code === 'ERR_PROXY_CLOSED') connection.finish();
        },
      });
      const { client, transport } = net.client({ proxy: proxy.origin.replace('//', '//user:topsecret@'), maxResponseHeaderBytes: 4096 });
      await assert.rejects(client.get('https://a.example/'), (error: Error & { code: string; status: number | null }) => {
        assert.equal(error.name, 'ProxyError', error.stack);
        assert.equal(error.code, code);
        assert.equal(error.status, status);
        assert.match(error.message, message);
        assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), SECRET);
        return true;
      });
      assert.equal(taskCount(), 1);
      assert.equal(transport.stats().hosts.length, 0);
      assert.equal(await proxy.settlesAt(0), 0, 'before the transport was closed');
    }));
  }

  test('a 407 without credentials says where they belong', onLoopback(async (net) => {
    const proxy = await net.serve({ onRequest: (request) => request.reply('', { status: '407 Proxy Authentication Required' }) });
    const { client } = net.client({ proxy: proxy.origin });
    await assert.rejects(client.get('https://a.example/'), /it wants a user and a password, which belong into its URL/);
  }));

  test('one that resets the connection', onLoopback(async (net) => {
    const proxy = await net.serve({ onRequest: ({ connection }) => connection.reset() });
    const { client } = net.client({ proxy: proxy.origin });
    await assert.rejects(client.get('https://a.example/'), { code: 'ERR_PROXY_CLOSED' });
  }));

  test('one whose certificate is wrong is not asked', onLoopback(async (net) => {
    const proxy = await startSmallProxy(net, { tls: selfSigned({ names: ['127.0.0.1'] }) });
    const { client } = net.client({ ...trusted, proxy: proxy.url('user:topsecret') });
    const told: string[] = [];
    const trace = { connectDone: (_network: string, _to: string, error: unknown) => told.push(`connectDone ${String(error)}`), tlsHandshakeDone: (_state: unknown, error: unknown) => told.push(`tlsHandshakeDone ${(error as { code: string }).code}`) };
    await assert.rejects(client.get('https://a.example/', { trace }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ERR_TLS');
      assert.match(error.message, /^the TLS handshake with the proxy https:\/\/127\.0\.0\.1:\d+ failed: self-signed/);
      return true;
    });
    assert.deepEqual(told, ['connectDone null', 'tlsHandshakeDone ERR_TLS']);
    assert.deepEqual(proxy.seen, []);
  }));

  test('one that speaks no TLS, though its URL says https', onLoopback(async (net) => {
    const proxy = await net.serve({ parse: false, onConnection: ({ socket }) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n') });
    const { client } = net.client({ proxy: proxy.origin.replace('http:', 'https:') });
    await assert.rejects(client.get('https://a.example/'), /the TLS handshake with the proxy https:\/\/127\.0\.0\.1:\d+ failed: .*is the URL http:\/\/\?/);
  }));

  test('one that can\'t be connected to, or whose name is not resolved', onLoopback(async (net) => {
    const port = await closedPort();
    const refused = net.client({ proxy: `http://user:topsecret@127.0.0.1:${port}` }).client;
    const told: unknown[] = [];
    await assert.rejects(refused.get('https://a.example/', { trace: { connectDone: (network, to, error) => told.push(network, to, (error as Error & { code: string }).code) } }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ERR_DIAL');
      assert.match(error.message, new RegExp(`^connecting to the proxy http://127\\.0\\.0\\.1:${port} failed: .*ECONNREFUSED`));
      return true;
    });
    assert.deepEqual(told, ['tcp', `127.0.0.1:${port}`, 'ECONNREFUSED']);
    const unknown = net.client({ proxy: 'http://proxy.example:1', lookup: (_host, _options, callback) => callback(new Error('no such name'), '') }).client;
    await assert.rejects(unknown.get('https://a.example/'), { code: 'ERR_DNS', message: 'the name proxy.example was not resolved: no such name' });
  }));
});

describe('a request that gives up while the tunnel is made', () => {
  const phases: [phase: string, tls: boolean][] = [['the proxy answers', false], ['TLS with the proxy', true]];
  for (const [phase, isTls] of phases) {
    test(`during ${phase}: the connection to the proxy ends`, onLoopback(async (net) => {
      const reached = deferred<unknown>();
      const proxy = await net.serve({ parse: false, onConnection: () => reached.resolve(null) });
      const { client, transport } = net.client({ proxy: isTls ? proxy.origin.replace('http:', 'https:') : proxy.origin });
      const controller = new AbortController();
      const request = client.get('https://a.example/', { signal: controller.signal });
      await reached.promise;
      assert.equal(taskCount(), 2, 'the dial is one task');
      controller.abort(new Error('enough'));
      await assert.rejects(request, /enough/);
      assert.equal(taskCount(), 1);
      assert.equal(await proxy.settlesAt(0), 0);
      assert.equal(transport.stats().dialling, 0);
    }));
  }

  test('during TLS with the origin, and by its time limit', onLoopback(async (net) => {
    const server = await net.serve({ parse: false, onConnection: ({ socket }) => socket.resume() });
    const proxy = await startSmallProxy(net);
    const { client } = net.client({ ...trusted, proxy: proxy.url() });
    await assert.rejects(client.get(`https://a.example:${server.port}/`, { timeout: 100 }), (error: Error & { phase: string }) => {
      assert.equal(error.phase, 'dialling');
      return true;
    });
    assert.equal(await server.settlesAt(0), 0);
    assert.equal(await proxy.server.settlesAt(0), 0);
  }));

  test('in each of its hooks', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const proxy = await startSmallProxy(net, { tls: certificate });
    for (const hook of ['getConn', 'connectStart', 'connectDone', 'tlsHandshakeStart', 'tlsHandshakeDone'] as const) {
      const { client } = net.client({ ...trusted, proxy: proxy.url() });
      const controller = new AbortController();
      await assert.rejects(client.get(`https://a.example:${server.port}/`, { signal: controller.signal, trace: { [hook]: () => controller.abort(new Error(hook)) } }), { message: hook });
      assert.equal(taskCount(), 1, hook);
      assert.equal(await proxy.server.settlesAt(0), 0);
    }
    assert.equal(server.requests.length, 0);
  }));

  test('a closed transport ends it', onLoopback(async (net) => {
    const reached = deferred<unknown>();
    const proxy = await net.serve({ onRequest: () => reached.resolve(null) });
    const { client, transport } = net.client({ proxy: proxy.origin });
    const request = client.get('https://a.example/');
    await reached.promise;
    const outcome = assert.rejects(request, { code: 'ERR_TRANSPORT_CLOSED' });
    await transport.close();
    await outcome;
    assert.equal(await proxy.settlesAt(0), 0);
  }));

  test('a proxy that never answers is given up after a minute', onLoopback(async (net, t) => {
    const reached = deferred<unknown>();
    const proxy = await net.serve({ onRequest: () => reached.resolve(null) });
    const { client } = net.client({ proxy: proxy.origin.replace('//', '//user:topsecret@') });
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const outcome = assert.rejects(client.get('https://a.example/'), (error: Error & { code: string; phase: string }) => {
      assert.equal(error.code, 'ERR_TIMEOUT');
      assert.equal(error.phase, 'the proxy handshake');
      assert.match(error.message, /^the proxy http:\/\/127\.0\.0\.1:\d+ did not connect to https:\/\/a\.example within 60000 ms$/);
      return true;
    });
    await reached.promise;
    t.mock.timers.tick(60_000);
    await outcome;
    t.mock.timers.reset();
    assert.equal(await proxy.settlesAt(0), 0);
  }));

  test('the time for the dial is that to the proxy, as in Go: a slow answer is not a slow dial', onLoopback(async (net, t) => {
    const reached = deferred<RawRequest>();
    const proxy = await net.serve({ onRequest: (request) => reached.resolve(request) });
    const { client } = net.client({ proxy: proxy.origin, dialTimeout: 1000 });
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const outcome = assert.rejects(client.get('https://a.example/'), { code: 'ERR_PROXY_REFUSED' });
    const request = await reached.promise;
    t.mock.timers.tick(30_000);
    t.mock.timers.reset();
    request.reply('', { status: '503 Later' });
    await outcome;
  }));
});

describe('proxyConnectHeaders', () => {
  const kinds: [what: string, option: TransportOptions['proxyConnectHeaders']][] = [
    ['a record', { 'X-Own': 'a' }],
    ['Headers', new Headers({ 'X-Own': 'a' })],
    ['pairs', [['X-Own', 'a']]],
    ['a function', () => ({ 'X-Own': 'a' })],
    ['a function that waits', async () => ({ 'X-Own': 'a' })],
  ];
  for (const [what, proxyConnectHeaders] of kinds) {
    test(`as ${what}: the fields are on the CONNECT, and not on the request`, onLoopback(async (net) => {
      const server = await net.serve({ tls: certificate, onRequest: echo });
      const proxy = await startSmallProxy(net);
      const { client } = net.client({ ...trusted, proxy: proxy.url(), proxyConnectHeaders });
      assert.doesNotMatch(await (await client.get(`https://a.example:${server.port}/`)).text(), /x-own/i);
      assert.equal(proxy.seen[0].headers['x-own'], 'a');
    }));
  }

  test('a function gets the proxy\'s URL and what it connects to; the URL\'s credentials go before its Proxy-Authorization', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const proxy = await startSmallProxy(net);
    const asked: unknown[] = [];
    const { client } = net.client({
      ...trusted,
      proxy: proxy.url('user:topsecret'),
      proxyConnectHeaders: (url, target) => {
        asked.push(url.href, target);
        return { 'User-Agent': 'own', 'Proxy-Authorization': 'Bearer own' };
      },
    });
    await (await client.get(`https://a.example:${server.port}/`)).text();
    assert.deepEqual(asked, [`${proxy.url('user:topsecret')}/`, `a.example:${server.port}`]);
    assert.equal(proxy.seen[0].headers['user-agent'], 'own');
    assert.match(proxy.seen[0].headers['proxy-authorization']!, /^Basic /);
  }));

  test('without credentials in the URL, its own Proxy-Authorization is sent', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const proxy = await startSmallProxy(net);
    const { client } = net.client({ ...trusted, proxy: proxy.url(), proxyConnectHeaders: { 'Proxy-Authorization': 'Bearer own' } });
    await (await client.get(`https://a.example:${server.port}/`)).text();
    assert.equal(proxy.seen[0].headers['proxy-authorization'], 'Bearer own');
  }));

  const faults: [what: string, option: () => unknown, expected: object][] = [
    ['throws', () => { throw new Error('oops'); }, { code: 'ERR_HOOK', hook: 'proxyConnectHeaders', message: 'proxyConnectHeaders threw, so the request failed: oops' }],
    ['is rejected', async () => { throw new Error('oops'); }, { code: 'ERR_HOOK', hook: 'proxyConnectHeaders' }],
    ['returns a number', () => 5, { code: 'ERR_INVALID_HEADER' }],
    ['sets a Host', () => ({ Host: 'x' }), { code: 'ERR_INVALID_HEADER' }],
    ['frames the message', () => ({ 'Transfer-Encoding': 'chunked' }), { code: 'ERR_INVALID_HEADER' }],
  ];
  for (const [what, option, expected] of faults) {
    test(`a function that ${what} fails the request, and the proxy is not asked`, onLoopback(async (net) => {
      const proxy = await startSmallProxy(net);
      const { client } = net.client({ proxy: proxy.url(), proxyConnectHeaders: option as () => null });
      await assert.rejects(client.get('https://a.example/'), expected);
      assert.deepEqual(proxy.seen, []);
      assert.equal(await proxy.server.settlesAt(0), 0);
    }));
  }
});
