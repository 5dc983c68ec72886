/** http origins through an HTTP proxy: it gets the whole URL, and its connections serve all of them. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CertificateAuthority, selfSigned } from '../fixtures/certificate.js';
import { closedPort } from '../fixtures/closed-port.js';
import { loopbackLookup, onLoopback } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';
import { startSmallProxy } from '../fixtures/small-proxy.js';

const echo = (request: RawRequest): void => request.reply(request.head);
const authority = new CertificateAuthority();
const certificate = authority.issue({ names: ['127.0.0.1'] });

describe('an http origin through an HTTP proxy', () => {
  test('the proxy gets the whole URL, without fragment, user and password, and the origin the path', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const proxy = await startSmallProxy(net);
    const { client } = net.client({ proxy: proxy.url() });
    const head = await (await client.get(`http://u:p@a.example:${server.port}/x?y=1#z`)).text();
    assert.equal(proxy.seen[0].target, `http://a.example:${server.port}/x?y=1`);
    assert.equal(proxy.seen[0].headers.host, `a.example:${server.port}`);
    assert.match(head, /^GET \/x\?y=1 HTTP\/1\.1\r\n/);
    assert.match(head, /^authorization: Basic dTpw$/im, 'the user of the URL is for the origin');
  }));

  test('all http origins share its connections, and the Host field is that of each request', onLoopback(async (net) => {
    const one = await net.serve({ onRequest: echo });
    const two = await net.serve({ onRequest: echo });
    const proxy = await startSmallProxy(net);
    const { client, transport } = net.client({ proxy: proxy.url() });
    for (const origin of [`a.example:${one.port}`, `b.example:${two.port}`, `a.example:${two.port}`]) {
      await (await client.get(`http://${origin}/`)).text();
      await (await client.get(`http://${origin}/`, { headers: { 'X-Own': '1' } })).text();
    }
    assert.deepEqual(proxy.seen.map(({ headers }) => headers.host), [`a.example:${one.port}`, `a.example:${one.port}`, `b.example:${two.port}`, `b.example:${two.port}`, `a.example:${two.port}`, `a.example:${two.port}`]);
    assert.equal(proxy.server.connections.length, 1);
    assert.deepEqual(transport.stats().hosts.map(({ key, idle }) => [key, idle]), [[`http://* through http://127.0.0.1:${proxy.port}`, 1]]);
  }));

  test('the target is the URL, whatever Host the program sets (RFC 9112 section 3.2.2)', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const proxy = await startSmallProxy(net);
    const { client } = net.client({ proxy: proxy.url() });
    await (await client.get(`http://a.example:${server.port}/`, { headers: { Host: 'elsewhere.example' } })).text();
    assert.equal(proxy.seen[0].target, `http://a.example:${server.port}/`);
  }));

  test('the origin is not resolved here, and a body arrives there', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => request.reply((await request.body)!) });
    const proxy = await startSmallProxy(net);
    const { lookup, asked } = loopbackLookup();
    const { client } = net.client({ proxy: `http://proxy.example:${proxy.port}`, lookup });
    const response = await client.post(`http://a.example:${server.port}/`, 'content');
    assert.equal(await response.text(), 'content');
    assert.deepEqual(asked, ['proxy.example']);
  }));

  test('user and password of the proxy\'s URL go to the proxy, in place of the program\'s field, and not to the origin', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const proxy = await startSmallProxy(net);
    const { client } = net.client({ proxy: proxy.url('us%40er:pass%20word') });
    const head = await (await client.get(`http://a.example:${server.port}/`, { headers: { 'Proxy-Authorization': 'Basic other' } })).text();
    assert.equal(proxy.seen[0].headers['proxy-authorization'], `Basic ${Buffer.from('us@er:pass word').toString('base64')}`);
    assert.doesNotMatch(head, /proxy-authorization/i);
  }));

  test('without them, the program\'s own field goes to the proxy', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const proxy = await startSmallProxy(net);
    const { client } = net.client({ proxy: proxy.url() });
    await (await client.get(`http://a.example:${server.port}/`, { headers: { 'Proxy-Authorization': 'Bearer own' } })).text();
    assert.equal(proxy.seen[0].headers['proxy-authorization'], 'Bearer own');
  }));

  test('the field of the program goes to no origin that is reached without a proxy', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    for (const proxy of [null, undefined]) {
      const { client } = net.client({ proxy });
      const head = await (await client.get(server.origin, { headers: { 'Proxy-Authorization': 'Bearer own' } })).text();
      assert.doesNotMatch(head, /proxy-authorization/i);
    }
  }));

  test('other credentials are another proxy: its connections are not shared, and the statistics show neither', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const proxy = await startSmallProxy(net);
    let user = 'one';
    const { client, transport } = net.client({ proxy: () => proxy.url(`${user}:topsecret`) });
    await (await client.get(`http://a.example:${server.port}/`)).text();
    user = 'two';
    await (await client.get(`http://a.example:${server.port}/`)).text();
    assert.equal(proxy.server.connections.length, 2);
    assert.doesNotMatch(JSON.stringify(transport.stats()), /topsecret|one/);
  }));

  test('a 407 is a response, as every status is', onLoopback(async (net) => {
    const proxy = await net.serve({ onRequest: (request) => request.reply('who are you?', { status: '407 Proxy Authentication Required', fields: ['Proxy-Authenticate: Basic realm="x"'] }) });
    const { client } = net.client({ proxy: proxy.origin });
    const response = await client.get('http://a.example/');
    assert.equal(response.status, 407);
    assert.equal(await response.text(), 'who are you?');
  }));

  test('maxConnsPerHost is per proxy, for all http origins', onLoopback(async (net) => {
    const waiting: RawRequest[] = [];
    const proxy = await net.serve({ onRequest: (request) => waiting.push(request) });
    const { client, transport } = net.client({ proxy: proxy.origin, maxConnsPerHost: 1 });
    const first = client.get('http://a.example/');
    while (waiting.length === 0) await new Promise(setImmediate);
    const second = client.get('http://b.example/', { timeout: 30 });
    await assert.rejects(second, (error: Error) => {
      assert.match(error.message, /GET http:\/\/b\.example\/ took longer than 30 ms \(timeout\), waiting for a connection; 1 connections of 1 \(maxConnsPerHost\) to http:\/\/\* through http:\/\/127\.0\.0\.1:\d+ are open/);
      return true;
    });
    waiting[0].reply('done');
    await (await first).text();
    assert.equal(transport.stats().opened, 1);
  }));

  test('a redirect to another origin goes through it as well', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const first = await net.serve({ onRequest: (request) => request.reply('', { status: '302 Found', fields: [`Location: http://b.example:${server.port}/there`] }) });
    const proxy = await startSmallProxy(net);
    const { client } = net.client({ proxy: proxy.url() });
    assert.match(await (await client.get(`http://a.example:${first.port}/`)).text(), /^GET \/there/);
    assert.deepEqual(proxy.seen.map(({ target }) => target), [`http://a.example:${first.port}/`, `http://b.example:${server.port}/there`]);
    assert.equal(proxy.server.connections.length, 1);
  }));

  test('an idle connection that the proxy has closed is replaced, and the request made again', onLoopback(async (net) => {
    const proxy = await net.serve({
      onRequest(request) {
        if (request.index === 1) request.connection.reset();
        else request.reply(String(request.index));
      },
    });
    const { client } = net.client({ proxy: proxy.origin });
    assert.equal(await (await client.get('http://a.example/')).text(), '0');
    assert.equal(await (await client.get('http://a.example/')).text(), '2');
  }));

  test('the hooks are told the address that is dialled, which is the proxy\'s', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const proxy = await startSmallProxy(net);
    const { client } = net.client({ proxy: proxy.url() });
    const told: string[] = [];
    const trace = { getConn: (to: string) => told.push(`getConn ${to}`), connectStart: (_network: string, to: string) => told.push(`connectStart ${to}`), connectDone: (_network: string, to: string, error: unknown) => told.push(`connectDone ${to} ${String(error)}`) };
    await (await client.get(`http://a.example:${server.port}/`, { trace })).text();
    const at = `127.0.0.1:${proxy.port}`;
    assert.deepEqual(told, [`getConn ${at}`, `connectStart ${at}`, `connectDone ${at} null`]);
  }));

  test('a proxy that can\'t be connected to is named, without its password', onLoopback(async (net) => {
    const port = await closedPort();
    const { client } = net.client({ proxy: `http://user:topsecret@127.0.0.1:${port}` });
    await assert.rejects(client.get('http://a.example/'), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ERR_DIAL');
      assert.match(error.message, new RegExp(`^connecting to the proxy http://127\\.0\\.0\\.1:${port} failed: .*ECONNREFUSED`));
      return true;
    });
  }));
});

describe('an http origin through a proxy spoken to over TLS', () => {
  test('the proxy\'s certificate is checked by the options of the transport', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const proxy = await startSmallProxy(net, { tls: certificate });
    const { client, transport } = net.client({ proxy: proxy.url(), tls: { ca: authority.cert } });
    assert.match(await (await client.get(`http://a.example:${server.port}/x`)).text(), /^GET \/x /);
    assert.equal(proxy.seen[0].target, `http://a.example:${server.port}/x`);
    assert.equal(transport.stats().hosts[0].key, `http://* through https://127.0.0.1:${proxy.port}`);
  }));

  test('one with a wrong certificate gets nothing of the request', onLoopback(async (net) => {
    const proxy = await startSmallProxy(net, { tls: selfSigned({ names: ['127.0.0.1'] }) });
    const { client } = net.client({ proxy: proxy.url('user:topsecret'), tls: { ca: authority.cert } });
    await assert.rejects(client.get('http://a.example/'), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ERR_TLS');
      assert.match(error.message, new RegExp(`^the TLS handshake with the proxy https://127\\.0\\.0\\.1:${proxy.port} failed: self-signed`));
      return true;
    });
    assert.deepEqual(proxy.seen, []);
  }));
});
