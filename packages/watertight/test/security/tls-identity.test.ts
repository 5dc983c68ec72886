/** A connection, and a session, belongs to the TLS options it was made with and serves nobody else. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type tls from 'node:tls';
import { inspect } from 'node:util';
import { CertificateAuthority, selfSigned } from '../fixtures/certificate.js';
import { assertWorks, loopbackLookup, onLoopback, type Loopback } from '../fixtures/loopback.js';
import type { RawRequest, RawServer } from '../fixtures/raw-server.js';

const ca = new CertificateAuthority();
const otherCa = new CertificateAuthority('Another test CA');
const { lookup } = loopbackLookup();

async function serveTls(net: Loopback, options: tls.TlsOptions = {}): Promise<RawServer> {
  const tlsOptions = { ...ca.issue({ names: ['a.test', 'b.test', '127.0.0.1'] }), ...options };
  return net.serve({ tls: tlsOptions, onRequest: (request: RawRequest) => request.reply('hello') });
}

const serverSide = (server: RawServer, index: number): tls.TLSSocket => server.connections[index].tlsSocket;

const VARIANTS: [name: string, options: tls.ConnectionOptions][] = [
  ['another ca', { ca: [ca.cert, otherCa.cert] }],
  ['rejectUnauthorized: false', { ca: ca.cert, rejectUnauthorized: false }],
  ['a client certificate', { ca: ca.cert, ...ca.issue({ names: ['client'] }) }],
  ['another servername', { ca: ca.cert, servername: 'b.test' }],
  ['another minVersion', { ca: ca.cert, minVersion: 'TLSv1.3' }],
  ['a checkServerIdentity', { ca: ca.cert, checkServerIdentity: () => undefined }],
];

for (const [what, options] of VARIANTS) {
  test(`a clone of a transport with ${what} makes its own connection`, onLoopback(async (net) => {
    const server = await serveTls(net);
    const { client, transport } = net.client({ lookup, tls: { ca: ca.cert } });
    await assertWorks(client, `https://a.test:${server.port}/`);
    const { client: other } = net.client({ lookup, tls: options });
    await assertWorks(other, `https://a.test:${server.port}/`);
    await assertWorks(client, `https://a.test:${server.port}/`);
    assert.equal(server.connections.length, 2);
    assert.equal(serverSide(server, 1).isSessionReused(), false, 'a session made under other options was resumed');
    assert.equal(transport.stats().idle, 1);
  }));
}

test('a clone shares no connection with its original', onLoopback(async (net) => {
  const server = await serveTls(net);
  const { client, transport } = net.client({ lookup, tls: { ca: ca.cert } });
  await assertWorks(client, `https://a.test:${server.port}/`);
  const clone = net.adopt(transport.clone());
  assert.deepEqual(clone.stats().hosts, []);
}));

test('an insecure request does not make the next secure one pass', onLoopback(async (net) => {
  const server = await net.serve({ tls: selfSigned({ names: ['a.test'] }), onRequest: (request) => request.reply('hello') });
  const { client: insecure } = net.client({ lookup, tls: { rejectUnauthorized: false } });
  const { client: secure, transport } = net.client({ lookup });
  await assertWorks(insecure, `https://a.test:${server.port}/`);
  await assert.rejects(secure.get(`https://a.test:${server.port}/`));
  await assertWorks(insecure, `https://a.test:${server.port}/`);
  await assert.rejects(secure.get(`https://a.test:${server.port}/`));
  assert.equal(transport.stats().idle, 0);
}));

test('a session is not resumed for another server name, nor by a client that no longer trusts the authority', onLoopback(async (net) => {
  const server = await serveTls(net);
  const trusting = net.client({ lookup, tls: { ca: ca.cert } });
  await assertWorks(trusting.client, `https://a.test:${server.port}/`);
  trusting.transport.closeIdleConnections();
  await assertWorks(trusting.client, `https://b.test:${server.port}/`);
  assert.equal(serverSide(server, 1).isSessionReused(), false);
  const { client: revoked } = net.client({ lookup, tls: { ca: otherCa.cert } });
  await assert.rejects(revoked.get(`https://a.test:${server.port}/`));
}));

test('a rejecting checkServerIdentity refuses every time, pooled, cloned, redirected and retried', onLoopback(async (net) => {
  const server = await serveTls(net);
  const redirecting = await net.serve({
    onRequest: (request) => request.reply('', { status: '302 Found', fields: [`Location: https://a.test:${server.port}/`] }),
  });
  const refusal = new Error('not this one');
  let asked = 0;
  const checkServerIdentity = (): Error => (asked++, refusal);
  const { client, transport } = net.client({ lookup, tls: { ca: ca.cert, checkServerIdentity } });
  const refuses = async (url: string, via = client): Promise<void> => {
    await assert.rejects(via.get(url), (error: unknown) => inspect(error, { depth: 10 }).includes('not this one'));
  };
  await refuses(`https://a.test:${server.port}/`);
  await refuses(`https://a.test:${server.port}/`);
  await refuses(redirecting.origin);
  const clone = net.adopt(transport.clone());
  const { Client } = await import('watertight');
  await refuses(`https://a.test:${server.port}/`, new Client({ transport: clone }));
  assert.equal(asked, 4);
  assert.equal(server.requests.length, 0, 'a request went out before the identity was checked');
}));

test('a name that the certificate does not have is refused', onLoopback(async (net) => {
  const server = await serveTls(net);
  const { client } = net.client({ lookup, tls: { ca: ca.cert } });
  await assert.rejects(client.get(`https://c.test:${server.port}/`));
  await assertWorks(client, `https://a.test:${server.port}/`);
  assert.equal(server.requests.length, 1);
}));

test('a Host override changes neither the server name nor the identity that is checked', onLoopback(async (net) => {
  const server = await serveTls(net, ca.issue({ names: ['a.test'] }));
  const { client } = net.client({ lookup, tls: { ca: ca.cert } });
  await (await client.get(`https://a.test:${server.port}/`, { headers: { Host: 'c.test' } })).bytes();
  assert.equal(serverSide(server, 0).servername, 'a.test');
  await assert.rejects(client.get(`https://c.test:${server.port}/`, { headers: { Host: 'a.test' } }));
}));

test('an IP address is checked as an address and not sent as a server name', onLoopback(async (net) => {
  const server = await serveTls(net);
  const { client } = net.client({ tls: { ca: ca.cert } });
  await assertWorks(client, `${server.origin}/`);
  assert.ok(!serverSide(server, 0).servername);
}));

test('the server name has no trailing dot', onLoopback(async (net) => {
  const server = await serveTls(net);
  const { client } = net.client({ lookup, tls: { ca: ca.cert } });
  await assertWorks(client, `https://a.test.:${server.port}/`);
  assert.equal(serverSide(server, 0).servername, 'a.test');
}));

test('a name with an ideographic full stop is checked as the name it stands for', onLoopback(async (net) => {
  const server = await serveTls(net);
  const { client } = net.client({ lookup, tls: { ca: ca.cert } });
  await assertWorks(client, `https://a。test:${server.port}/`);
  await assertWorks(client, `https://a.test:${server.port}/`);
  assert.equal(serverSide(server, 0).servername, 'a.test');
  assert.equal(server.connections.length, 1);
}));

test('http and https to one host and port share nothing, and https never goes out in clear', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client({ lookup, tls: { ca: ca.cert } });
  await assertWorks(client, `http://a.test:${server.port}/`);
  await assert.rejects(client.get(`https://a.test:${server.port}/secret`, { timeout: 500 }));
  await assertWorks(client, `http://a.test:${server.port}/`);
  assert.ok(server.connections.length >= 2);
  for (const { text } of server.connections) assert.doesNotMatch(text, /secret/);
}));

test('a response tells what TLS agreed on, and a plain one that there was none', onLoopback(async (net) => {
  const server = await serveTls(net);
  const plain = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client({ lookup, tls: { ca: ca.cert } });
  const response = await client.get(`https://a.test:${server.port}/`);
  await response.bytes();
  assert.ok(response.tls);
  const clear = await client.get(plain.origin);
  await clear.bytes();
  assert.ok(!clear.tls);
}));

test('renegotiation under TLS 1.2 ends in a response or an error, and the process lives', onLoopback(async (net) => {
  const server = await net.serve({
    tls: { ...ca.issue({ names: ['a.test'] }), maxVersion: 'TLSv1.2' },
    onRequest: (request) => {
      const socket = request.connection.tlsSocket;
      socket.on('error', () => {});
      socket.renegotiate({ requestCert: true, rejectUnauthorized: false }, () => request.reply('hello'));
    },
  });
  const { client } = net.client({ lookup, tls: { ca: ca.cert } });
  for (let i = 0; i < 3; i++) {
    try {
      await (await client.get(`https://a.test:${server.port}/`, { timeout: 2000 })).bytes();
    } catch (error) {
      assert.equal(typeof (error as { code?: unknown }).code, 'string');
    }
  }
}));
