/** The ways on which HTTP/2 is spoken and those on which it is not: tunnels, proxies over TLS, upgrades, undici's interface. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import undici from 'undici7';
import { taskCount } from 'watertight/tasks';
import { dispatcherClass, type WatertightDispatch } from '#dispatcher';
import { H2Server, say, serverCertificate, trust } from '../fixtures/h2-server.js';
import { loopbackLookup, onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import { startSmallProxy } from '../fixtures/small-proxy.js';
import { startSocksServer } from '../fixtures/socks-server.js';
import { until } from '../fixtures/until.js';

/** A server that speaks both. */
async function both(net: Loopback): Promise<H2Server> {
  const server = net.keep(await H2Server.start(say('hello'), { allowHTTP1: true }));
  server.answerOlder('older');
  return server;
}

describe('through a tunnel', () => {
  test('of an HTTP proxy, HTTP/2 is spoken with the origin', onLoopback(async (net) => {
    const server = await both(net);
    const proxy = await startSmallProxy(net);
    const { lookup } = loopbackLookup();
    const { client, transport } = net.client({ tls: trust, lookup, proxy: proxy.url() });
    for (let i = 0; i < 3; i++) {
      const response = await client.get(`https://a.test:${server.port}/`);
      assert.deepEqual([response.proto, await response.text()], ['HTTP/2.0', 'hello']);
    }
    assert.equal(proxy.seen.length, 1);
    assert.equal(taskCount(), 2);
    const [{ key, idle }] = transport.stats().hosts;
    assert.deepEqual([key, idle], [`https://a.test:${server.port} through http://127.0.0.1:${proxy.port}`, 1]);
  }));

  test('of a proxy that is spoken to over TLS, too; the proxy is offered HTTP/1.1 alone', onLoopback(async (net) => {
    const server = await both(net);
    const offered: (string | false | null)[] = [];
    const proxy = await startSmallProxy(net, { tls: { ...serverCertificate, ALPNProtocols: ['h2', 'http/1.1'] } });
    proxy.server.connections.length = 0;
    const { client } = net.client({ tls: trust, proxy: proxy.url() });
    const response = await client.get(server.origin);
    assert.deepEqual([response.proto, await response.text()], ['HTTP/2.0', 'hello']);
    for (const { tlsSocket } of proxy.server.connections) offered.push(tlsSocket.alpnProtocol);
    assert.deepEqual(offered, ['http/1.1']);
  }));

  test('a proxy over TLS that forwards is spoken to in HTTP/1.1', onLoopback(async (net) => {
    const origin = await net.serve({ onRequest: (request) => request.reply('plain') });
    const proxy = await startSmallProxy(net, { tls: { ...serverCertificate, ALPNProtocols: ['h2', 'http/1.1'] } });
    const { client } = net.client({ tls: trust, proxy: proxy.url() });
    const response = await client.get(`${origin.origin.replace('127.0.0.1', 'a.test')}/x`);
    assert.deepEqual([response.proto, await response.text()], ['HTTP/1.1', 'plain']);
    assert.deepEqual(proxy.server.connections.map(({ tlsSocket }) => tlsSocket.alpnProtocol), ['http/1.1']);
  }));

  test('of a SOCKS server, HTTP/2 is spoken with the origin', onLoopback(async (net) => {
    const server = await both(net);
    const socks = await startSocksServer(net);
    const { client } = net.client({ tls: trust, proxy: socks.url() });
    const response = await client.get(`https://a.test:${server.port}/`);
    assert.deepEqual([response.proto, await response.text()], ['HTTP/2.0', 'hello']);
  }));
});

test('over a Unix socket, HTTP/2 is spoken as well', { skip: process.platform === 'win32' && 'Unix sockets have other names there' }, onLoopback(async (net) => {
  const path = join(tmpdir(), `watertight-h2-${process.pid}.sock`);
  const server = net.keep(await H2Server.start(say('hello'), {}, path));
  const { client, transport } = net.client({ tls: trust, socketPath: path });
  const response = await client.get('https://a.test/x');
  assert.deepEqual([response.proto, await response.text(), server.streams[0].headers[':authority']], ['HTTP/2.0', 'hello', 'a.test']);
  assert.equal(transport.stats().idle, 1);
}));

describe('what HTTP/2 can\'t carry goes over HTTP/1.1', () => {
  test('a request that asks for another protocol, beside those that do not', onLoopback(async (net) => {
    const server = await both(net);
    server.upgradeOlder((request, socket) => {
      const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\nwelcome`);
      socket.on('error', () => undefined);
      socket.on('end', () => socket.end());
      socket.resume();
    });
    const { client, transport } = net.client({ tls: trust });
    assert.equal((await client.get(server.origin).then(async (response) => [response.proto, await response.text()])).join(), 'HTTP/2.0,hello');
    const response = await client.get(server.origin, { headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version': '13' } });
    assert.deepEqual([response.status, response.proto, response.headers.get('sec-websocket-accept')], [101, 'HTTP/1.1', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=']);
    const socket = response.socket!;
    const [welcome] = (await once(socket, 'data')) as [Buffer];
    assert.equal(welcome.toString(), 'welcome');
    socket.end();
    await once(socket, 'close');
    assert.equal((await (await client.get(server.origin)).text()), 'hello');
    const { opened, hosts } = transport.stats();
    assert.deepEqual({ opened, keys: hosts.map(({ key }) => key) }, { opened: 2, keys: [server.origin] });
  }));

  test('undici\'s dispatcher interface, on connections of its own', onLoopback(async (net) => {
    const server = await both(net);
    const { client, transport } = net.client({ tls: trust });
    assert.equal((await client.get(server.origin).then(async (response) => [response.proto, await response.text()])).join(), 'HTTP/2.0,hello');
    const dispatcher = new (dispatcherClass(undici as never))({ transport }) as unknown as WatertightDispatch & undici.Dispatcher;
    for (let i = 0; i < 2; i++) {
      const { body } = await dispatcher.request({ origin: server.origin, path: '/', method: 'GET' });
      assert.equal(await body.text(), 'older');
    }
    assert.deepEqual({ opened: transport.stats().opened, idle: transport.stats().hosts.map(({ idle }) => idle) }, { opened: 2, idle: [2] });
    assert.deepEqual(Object.keys(dispatcher.stats), [server.origin]);
    await dispatcher.close();
  }));

  test('a dialTls that agrees on HTTP/2 all the same is refused, and its socket is closed', onLoopback(async (net) => {
    const server = await both(net);
    const { client } = net.client({
      forceAttemptHttp2: false,
      dialTls: async () => {
        const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca: trust.ca, ALPNProtocols: ['h2'] });
        await once(socket, 'secureConnect');
        return socket;
      },
    });
    const { error } = await settle(client.get(server.origin));
    assert.equal(error?.code, 'ERR_TLS');
    assert.match(error.message, /dialTls agreed with .* on HTTP\/2 by ALPN, but this connection is for HTTP\/1\.1/);
    await until('the socket is closed', () => server.connections === 0);
  }));

  test('everything, where tls.ALPNProtocols does not name h2', onLoopback(async (net) => {
    const server = await both(net);
    const { client } = net.client({ tls: { ...trust, ALPNProtocols: ['http/1.1'] } });
    const response = await client.get(server.origin);
    assert.deepEqual([response.proto, await response.text()], ['HTTP/1.1', 'older']);
  }));
});
