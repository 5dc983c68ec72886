/** Handshakes that stall, break, or end at a certificate that is not trusted. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { CertificateAuthority, selfSigned } from '../fixtures/certificate.js';
import { assertWorks, loopbackLookup, onLoopback, settle } from '../fixtures/loopback.js';
import type { RawConnection } from '../fixtures/raw-server.js';

const ca = new CertificateAuthority();
const { lookup } = loopbackLookup();

/** The first bytes of a ServerHello that announces more than it brings. */
const HALF_A_SERVER_HELLO = Buffer.from('160303004a020000460303', 'hex');

const STALLS: [name: string, answer: (connection: RawConnection) => unknown][] = [
  ['is silent', () => {}],
  ['sends half a ServerHello', (connection) => connection.write(HALF_A_SERVER_HELLO)],
];

for (const [what, answer] of STALLS) {
  test(`a server that ${what} ends in the handshake timeout`, onLoopback(async (loop) => {
    const server = await loop.serve({ parse: false, onConnection: (connection) => connection.socket.once('data', () => answer(connection)) });
    const { client, transport } = loop.client({ lookup, tlsHandshakeTimeout: 250 });
    const { error } = await settle(client.get(`https://a.test:${server.port}/`, { timeout: 60_000 }));
    assert.equal(error!.name, 'TimeoutError');
    assert.match(error!.message, /tls|handshake/i);
    assert.equal(await server.settlesAt(0), 0);
    assert.equal(transport.stats().dialling, 0);
  }));
}

test('a server that speaks plain HTTP is named as such', onLoopback(async (loop) => {
  const server = await loop.serve({
    parse: false,
    onConnection: (connection) => connection.socket.once('data', () => connection.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')),
  });
  const { client } = loop.client({ lookup });
  const { error } = await settle(client.get(`https://a.test:${server.port}/`, { timeout: 20_000 }));
  assert.match(error!.message, /HTTP/, error!.message);
  assert.match(error!.message, /https|tls/i);
  assert.equal(await server.settlesAt(0), 0);
}));

for (const [how, end] of [
  ['closes', (connection: RawConnection) => connection.finish()],
  ['resets', (connection: RawConnection) => connection.reset()],
  ['sends garbage', (connection: RawConnection) => connection.write(Buffer.alloc(64, 0xaa))],
] as const) {
  test(`a server that ${how} after the ClientHello ends in an error at once`, onLoopback(async (loop) => {
    const server = await loop.serve({ parse: false, onConnection: (connection) => connection.socket.once('data', () => end(connection)) });
    const { client, transport } = loop.client({ lookup });
    const { error } = await settle(client.get(`https://a.test:${server.port}/`, { timeout: 20_000 }));
    assert.notEqual(error!.name, 'TimeoutError');
    assert.equal(typeof error!.code, 'string');
    assert.equal(await server.settlesAt(0), 0);
    assert.equal(transport.stats().dialling, 0);
  }));
}

test('2,000 bad certificates (expired, of another name, self-signed): all refused, nothing pooled, nothing kept', onLoopback(async (loop, t) => {
  t.diagnostic('advisories: undici CVE-2025-47279');
  const past = { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') };
  const certificates = [ca.issue({ names: ['a.test'], ...past }), ca.issue({ names: ['b.test'] }), selfSigned({ names: ['a.test'] })];
  const servers = await Promise.all(certificates.map((certificate) => loop.serve({ tls: certificate })));
  const { client, transport } = loop.client({ lookup, tls: { ca: ca.cert } });
  const round = async (size: number): Promise<void> => {
    const outcomes = await Promise.all(Array.from({ length: size }, (_, i) => settle(client.get(`https://a.test:${servers[i % 3].port}/`, { timeout: 20_000 }))));
    for (const { error } of outcomes) assert.match(inspect(error, { depth: 3 }), /CERT_HAS_EXPIRED|ALTNAME_INVALID|SELF_SIGNED/);
  };
  const heapAfter = async (rounds: number): Promise<number> => {
    for (let i = 0; i < rounds; i++) await round(20);
    for (const { connections } of servers) connections.length = 0;
    for (let i = 0; i < 3; i++) global.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const half = await heapAfter(50);
  const whole = await heapAfter(50);
  assert.ok(whole - half < 1000 * 1024, `grew by ${((whole - half) / 1000 / 1024).toFixed(2)} kB per handshake`);
  assert.equal(transport.stats().idle, 0);
}));

test('a connection whose handshake has failed does not stand in the way of the next', onLoopback(async (loop) => {
  const good = await loop.serve({ tls: ca.issue({ names: ['a.test'] }), onRequest: (request) => request.reply('hello') });
  const { client } = loop.client({ lookup, tls: { ca: ca.cert }, maxConnsPerHost: 1 });
  await assert.rejects(client.get(`https://b.test:${good.port}/`));
  await assert.rejects(client.get(`https://b.test:${good.port}/`));
  await assertWorks(client, `https://a.test:${good.port}/`);
}));
