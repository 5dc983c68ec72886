/** Any origin through a SOCKS5 proxy (RFC 1928, RFC 1929). */

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { TransportOptions } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { loopbackLookup, onLoopback } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';
import { startSocksServer } from '../fixtures/socks-server.js';

const echo = (request: RawRequest): void => request.reply(request.head);
const authority = new CertificateAuthority();
const certificate = authority.issue({ names: ['a.example', '127.0.0.1'] });
const trusted: TransportOptions = { tls: { ca: authority.cert } };

describe('an origin through SOCKS5', () => {
  for (const scheme of ['socks5', 'socks5h']) {
    test(`${scheme}: the proxy gets the name, and the origin a request as without a proxy`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: echo });
      const proxy = await startSocksServer(net);
      const { lookup, asked } = loopbackLookup();
      const { client, transport } = net.client({ lookup, proxy: proxy.url(undefined, scheme) });
      for (let i = 0; i < 3; i++) assert.match(await (await client.get(`http://a.example:${server.port}/x`)).text(), /^GET \/x HTTP\/1\.1\r\nHost: a\.example:\d+\r\n/);
      assert.deepEqual(proxy.asked, [`a.example:${server.port}`]);
      assert.deepEqual(asked, [], 'nothing is resolved here');
      assert.deepEqual(transport.stats().hosts.map(({ key, idle }) => [key, idle]), [[`http://a.example:${server.port} through socks5://127.0.0.1:${proxy.server.port}`, 1]]);
      assert.equal(taskCount(), 3);
    }));
  }

  test('https, and each origin has connections of its own', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const plain = await net.serve({ onRequest: echo });
    const proxy = await startSocksServer(net);
    const { client } = net.client({ ...trusted, proxy: proxy.url() });
    for (const url of [`https://a.example:${server.port}/`, `http://a.example:${plain.port}/`, `http://b.example:${plain.port}/`, `https://a.example:${server.port}/`]) await (await client.get(url)).text();
    assert.deepEqual(proxy.asked, [`a.example:${server.port}`, `a.example:${plain.port}`, `b.example:${plain.port}`]);
  }));

  test('a connection that has ended is held by nothing, not by the timer of the package either', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const proxy = await startSocksServer(net);
    const { client, transport } = net.client({ proxy: proxy.url() });
    const sockets: WeakRef<object>[] = [];
    for (let i = 0; i < 5; i++) {
      await (await client.get(`http://a.example:${server.port}/x`, { trace: { gotConn: ({ socket }) => void sockets.push(new WeakRef(socket)) } })).text();
      transport.closeIdleConnections();
    }
    for (let round = 0; round < 20 && sockets.some((each) => each.deref() !== undefined); round++) {
      await sleep(20);
      globalThis.gc!();
    }
    // The last one may still be on the engine's own stack.
    assert.ok(sockets.filter((each) => each.deref() !== undefined).length <= 1, 'sockets that have ended are still there');
  }));

  for (const [what, url, asked] of [
    ['of IPv4', 'http://127.0.0.1', '127.0.0.1'],
    ['of IPv6', 'http://[2001:db8::1]', '20010db8000000000000000000000001'],
  ] as const) {
    test(`an address ${what} is sent as one`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: echo });
      const proxy = await startSocksServer(net);
      const { client } = net.client({ proxy: proxy.url() });
      await (await client.get(`${url}:${server.port}/`)).text();
      assert.deepEqual(proxy.asked, [`${asked}:${server.port}`]);
    }));
  }

  test('user and password are sent where the proxy wants them', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const proxy = await startSocksServer(net, { account: 'us@er:pass word' });
    const { client } = net.client({ proxy: proxy.url('us%40er:pass%20word') });
    assert.match(await (await client.get(`http://a.example:${server.port}/x`)).text(), /^GET \/x/);
  }));

  test('they are not where it wants none', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const proxy = await startSocksServer(net);
    const { client } = net.client({ proxy: proxy.url('user:topsecret') });
    assert.doesNotMatch(await (await client.get(`http://a.example:${server.port}/x`, { headers: { 'Proxy-Authorization': 'x' } })).text(), /authorization/i);
  }));

  test('large bodies go both ways, and one that is not read pins the connection', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => request.reply((await request.body)!) });
    const proxy = await startSocksServer(net);
    const { client } = net.client({ proxy: proxy.url() });
    const content = Buffer.alloc(1_000_000, 'x');
    assert.deepEqual(Buffer.from(await (await client.post(`http://a.example:${server.port}/`, content)).bytes()), content);
    const response = await client.post(`http://a.example:${server.port}/`, content);
    assert.equal(taskCount(), 3);
    await response.close();
    assert.equal(taskCount(), 1);
    assert.equal(await proxy.server.settlesAt(0), 0);
  }));
});

describe('a SOCKS5 proxy that makes no connection', () => {
  const replies: [reply: number, message: RegExp][] = [
    [1, /Failure/],
    [2, /NotAllowed/],
    [3, /NetworkUnreachable/],
    [4, /HostUnreachable/],
    [5, /ConnectionRefused/],
    [6, /TTLExpired/],
    [7, /CommandNotSupported/],
    [8, /AddressNotSupported/],
    [99, /rejected/i],
  ];
  for (const [reply, message] of replies) {
    test(`its answer ${reply} is said, without the password`, onLoopback(async (net) => {
      const proxy = await startSocksServer(net, { reply });
      const { client } = net.client({ proxy: proxy.url('user:topsecret') });
      await assert.rejects(client.get('http://a.example/'), (error: Error & { code: string; status: unknown }) => {
        assert.equal(error.code, 'ERR_PROXY_REFUSED');
        assert.equal(error.status, null);
        assert.match(error.message, /^the proxy socks5:\/\/127\.0\.0\.1:\d+ did not connect to a\.example:80: /);
        assert.match(error.message, message);
        assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /topsecret/);
        return true;
      });
      assert.equal(await proxy.server.settlesAt(0), 0);
    }));
  }

  const faults: [what: string, url: (of: { url: (userinfo?: string) => string }) => string, options: Parameters<typeof startSocksServer>[1], code: string][] = [
    ['it knows another password', (proxy) => proxy.url('user:topsecret'), { account: 'user:other' }, 'ERR_PROXY_REFUSED'],
    ['it wants an account and there is none', (proxy) => proxy.url(), { account: 'user:other' }, 'ERR_PROXY_REFUSED'],
    ['it speaks HTTP', (proxy) => proxy.url(), { script: says(0, 'HTTP/1.1 400 Bad Request\r\n\r\n') }, 'ERR_PROXY_PROTOCOL'],
    ['it speaks SOCKS4', (proxy) => proxy.url(), { script: says(0, '\x00\x5a\x00\x00\x00\x00\x00\x00') }, 'ERR_PROXY_PROTOCOL'],
    ['it chooses a method that was not offered', (proxy) => proxy.url(), { script: says(0, '\x05\x42') }, 'ERR_PROXY_PROTOCOL'],
    ['it closes at once', (proxy) => proxy.url(), { script: closes(0) }, 'ERR_PROXY_CLOSED'],
    ['it closes before it answers the request', (proxy) => proxy.url(), { script: closes(2) }, 'ERR_PROXY_CLOSED'],
    ['it closes in the middle of its answer', (proxy) => proxy.url(), { script: (step, socket) => step === 2 && socket.end(Buffer.of(5, 0, 0, 1, 1)) !== null }, 'ERR_PROXY_CLOSED'],
    ['its answer to the request is of another version', (proxy) => proxy.url(), { script: says(2, '\x04\x00\x00\x01\x00\x00\x00\x00\x00\x00') }, 'ERR_PROXY_REFUSED'],
    ['it answers more than it was asked', (proxy) => proxy.url('user:topsecret'), { account: 'user:topsecret', script: says(1, '\x01\x00xxxxxxxxxxxxxxxxxxxx') }, 'ERR_PROXY_PROTOCOL'],
  ];
  for (const [what, urlOf, options, code] of faults) {
    test(`${what}: the request fails and nothing is left open`, onLoopback(async (net) => {
      const proxy = await startSocksServer(net, options);
      const { client } = net.client({ proxy: urlOf(proxy) });
      await assert.rejects(client.get('http://a.example/'), (error: Error & { code: string }) => {
        assert.equal(error.code, code, error.message);
        assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /topsecret/);
        return true;
      });
      assert.equal(taskCount(), 1);
      assert.equal(await proxy.server.settlesAt(0), 0);
    }));
  }

  test('a name that is too long for SOCKS5 is refused', onLoopback(async (net) => {
    const proxy = await startSocksServer(net);
    const { client } = net.client({ proxy: proxy.url() });
    await assert.rejects(client.get(`http://${'a'.repeat(60)}.${`${'b'.repeat(60)}.`.repeat(4)}example/`), { code: 'ERR_PROXY_REFUSED' });
    assert.equal(await proxy.server.settlesAt(0), 0);
  }));

  for (const step of [0, 2]) {
    test(`a request that gives up while it waits for answer ${step}`, onLoopback(async (net) => {
      let reached!: () => void;
      const waits = new Promise<void>((resolve) => { reached = resolve; });
      const proxy = await startSocksServer(net, { script: (at) => {
        if (at === step) reached();
        return at === step;
      } });
      const { client } = net.client({ proxy: proxy.url() });
      const controller = new AbortController();
      const request = client.get('http://a.example/', { signal: controller.signal });
      await waits;
      controller.abort(new Error('enough'));
      await assert.rejects(request, /enough/);
      assert.equal(taskCount(), 1);
      assert.equal(await proxy.server.settlesAt(0), 0);
    }));
  }
});

function says(at: number, text: string): (step: number, socket: Socket) => boolean {
  return (step, socket) => step === at && (socket.write(Buffer.from(text, 'latin1')), true);
}

function closes(at: number): (step: number, socket: Socket) => boolean {
  return (step, socket) => step === at && (socket.end(), true);
}
