/** What a caller gave to one origin is not handed to another one because the first one says so. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { loopbackLookup, onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import { reply, type RawRequest, type RawServer } from '../fixtures/raw-server.js';

const SECRETS: Record<string, string> = {
  Authorization: 'Bearer secret',
  Cookie: 'session=secret',
  Cookie2: 'session=secret',
  'WWW-Authenticate': 'Basic secret',
  'Proxy-Authorization': 'Basic secret',
  'Proxy-Authenticate': 'Basic secret',
};

function assertNoSecrets(request: RawRequest): void {
  assert.doesNotMatch(request.head, /secret/, `a credential reached ${request.header('host')}`);
}

function redirectTo(location: () => string, status = '302 Found'): { onRequest(request: RawRequest): void } {
  return { onRequest: (request) => request.reply('', { status, fields: [`Location: ${location()}`] }) };
}

const hello = { onRequest: (request: RawRequest) => request.reply('hello') };

async function secureServer(net: Loopback, ca: CertificateAuthority, onRequest: (request: RawRequest) => void): Promise<RawServer> {
  return net.serve({ tls: ca.issue({ names: ['a.test', 'b.test'] }), onRequest });
}

for (const [from, to] of [
  ['a.test', 'b.test'],
  ['a.test', 'xa.test'],
  ['a.test', 'evil-a.test'],
  ['a.test', 'a.test.evil.test'],
  ['sub.a.test', 'a.test'],
  ['a.test', '127.0.0.1'],
  ['a.test', 'a.test'],
]) {
  test(`a redirect from ${from} to ${to} at another port carries no credentials, whatever their letter case`, onLoopback(async (net) => {
    const b = await net.serve(hello);
    const a = await net.serve(redirectTo(() => `http://${to}:${b.port}/`));
    const { client } = net.client({ lookup: loopbackLookup().lookup });
    for (const spell of [(name: string) => name, (name: string) => name.toLowerCase(), (name: string) => name.toUpperCase()]) {
      const headers = Object.fromEntries(Object.entries(SECRETS).map(([name, value]) => [spell(name), value]));
      const response = await client.get(`http://${from}:${a.port}/`, { headers: { ...headers, 'X-Plain': 'kept' } });
      await response.bytes();
    }
    for (const request of a.requests) assert.equal(request.header('authorization'), 'Bearer secret');
    assert.equal(b.requests.length, 3);
    for (const request of b.requests) {
      assertNoSecrets(request);
      assert.equal(request.header('x-plain'), 'kept');
    }
  }));
}

test('a redirect within one origin keeps the credentials', onLoopback(async (net) => {
  const server = await net.serve({
    onRequest: (request) => request.target === '/' ? request.reply('', { status: '302 Found', fields: ['Location: /next'] }) : request.reply('hello'),
  });
  const { client } = net.client();
  await (await client.get(server.origin, { headers: { Authorization: 'Bearer secret' } })).bytes();
  assert.equal(server.requests[1].header('authorization'), 'Bearer secret');
}));

test('a redirect from https to http strips the credentials and sends no Referer', onLoopback(async (net) => {
  const ca = new CertificateAuthority();
  const plain = await net.serve(hello);
  const secure = await secureServer(net, ca, redirectTo(() => `http://a.test:${plain.port}/`).onRequest);
  const { client } = net.client({ lookup: loopbackLookup().lookup, tls: { ca: ca.cert } });
  await (await client.get(`https://user:secret@a.test:${secure.port}/`, { headers: SECRETS })).bytes();
  assertNoSecrets(plain.requests[0]);
  assert.equal(plain.requests[0].header('referer'), undefined);
}));

test('a redirect from http to https strips the credentials', onLoopback(async (net) => {
  const ca = new CertificateAuthority();
  const secure = await secureServer(net, ca, hello.onRequest);
  const plain = await net.serve(redirectTo(() => `https://a.test:${secure.port}/`));
  const { client } = net.client({ lookup: loopbackLookup().lookup, tls: { ca: ca.cert } });
  await (await client.get(`http://a.test:${plain.port}/`, { headers: SECRETS })).bytes();
  assertNoSecrets(secure.requests[0]);
}));

test('what was stripped does not come back on a later hop, not even at home', onLoopback(async (net) => {
  const b = await net.serve({
    onRequest: (request) =>
      request.reply('', { status: '302 Found', fields: [`Location: ${request.target === '/1' ? '/2' : `http://a.test:${a.port}/home`}`] }),
  });
  const a: RawServer = await net.serve({
    onRequest: (request) =>
      request.target === '/home' ? request.reply('hello') : request.reply('', { status: '302 Found', fields: [`Location: http://b.test:${b.port}/1`] }),
  });
  const { client } = net.client({ lookup: loopbackLookup().lookup });
  await (await client.get(`http://a.test:${a.port}/`, { headers: SECRETS })).bytes();
  assert.deepEqual(b.requests.map((request) => request.target), ['/1', '/2']);
  for (const request of [...b.requests, a.requests[1]]) assertNoSecrets(request);
}));

test('user and password of a URL are not sent to another host and show in no error', onLoopback(async (net) => {
  const b = await net.serve({ onRequest: ({ connection }) => connection.reset() });
  const a = await net.serve(redirectTo(() => `//b.test:${b.port}/`));
  const { client } = net.client({ lookup: loopbackLookup().lookup });
  const { error } = await settle(client.get(`http://user:secret@a.test:${a.port}/`));
  assert.equal(a.requests[0].header('authorization'), `Basic ${Buffer.from('user:secret').toString('base64')}`);
  assert.equal(b.requests[0].header('authorization'), undefined);
  assert.doesNotMatch(b.requests[0].head, /secret/);
  assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /secret/);
}));

test('a Referer never holds user and password', onLoopback(async (net) => {
  const server = await net.serve({
    onRequest: (request) => request.target === '/' ? request.reply('', { status: '302 Found', fields: ['Location: /next'] }) : request.reply('hello'),
  });
  const { client } = net.client();
  await (await client.get(server.origin.replace('//', '//user:secret@'))).bytes();
  assert.doesNotMatch(server.requests[1].header('referer') ?? '', /user|secret/);
}));

test('user and password in a Location are credentials for that place alone', onLoopback(async (net) => {
  const b = await net.serve({
    onRequest: (request) => request.target === '/' ? request.reply('', { status: '302 Found', fields: [`Location: http://c.test:${c.port}/`] }) : request.reply('hello'),
  });
  const c = await net.serve(hello);
  const a = await net.serve(redirectTo(() => `http://user:secret@b.test:${b.port}/`));
  const { client } = net.client({ lookup: loopbackLookup().lookup });
  await (await client.get(`http://a.test:${a.port}/`)).bytes();
  assert.equal(c.requests[0].header('authorization'), undefined);
  assert.doesNotMatch(c.requests[0].header('referer') ?? '', /user|secret/);
}));

const CREDENTIAL_INPUTS: [name: string, headers: () => unknown][] = [
  ['an object', () => ({ authorization: 'Bearer secret', cookie: 'secret' })],
  ['pairs', () => [['Authorization', 'Bearer secret'], ['cookie', 'secret'], ['COOKIE', 'secret']]],
  ['Headers', () => new Headers({ authorization: 'Bearer secret', cookie: 'secret' })],
  ['an object without a prototype', () => Object.assign(Object.create(null), { Authorization: 'Bearer secret' })],
];

for (const [kind, headers] of CREDENTIAL_INPUTS) {
  test(`credentials given as ${kind} are stripped all the same`, onLoopback(async (net) => {
    const b = await net.serve(hello);
    const a = await net.serve(redirectTo(() => `http://b.test:${b.port}/`));
    const { client } = net.client({ lookup: loopbackLookup().lookup });
    await (await client.get(`http://a.test:${a.port}/`, { headers: headers() as never })).bytes();
    assertNoSecrets(b.requests[0]);
  }));
}

const KEY_INPUTS: [name: string, headers: () => unknown][] = [
  ['an object', () => ({ 'x-api-key': 'secret' })],
  ['pairs', () => [['X-API-KEY', 'secret'], ['x-api-key', 'secret']]],
  ['Headers', () => new Headers({ 'x-api-key': 'secret' })],
  ['a Map', () => new Map([['X-Api-Key', 'secret']])],
  ['an object of another realm', () => runInNewContext(`({ 'X-Api-Key': 'secret' })`)],
  ['pairs of another realm', () => runInNewContext(`[['X-Api-Key', 'secret']]`)],
];

for (const [kind, headers] of KEY_INPUTS) {
  for (const [of, sensitiveHeaders] of [['an array', ['X-Api-Key']], ['a Set', new Set(['x-API-key'])], ['an array of another realm', runInNewContext(`['X-Api-Key']`) as string[]]] as const) {
    test(`a field that ${of} names as sensitive, given as ${kind}, is stripped with the credentials`, onLoopback(async (net) => {
      const b = await net.serve(hello);
      const a = await net.serve(redirectTo(() => `http://b.test:${b.port}/`));
      const { client } = net.client({ lookup: loopbackLookup().lookup }, { sensitiveHeaders });
      await (await client.get(`http://a.test:${a.port}/`, { headers: headers() as never })).bytes();
      assert.equal(a.requests[0].header('x-api-key')?.split(',')[0], 'secret');
      assertNoSecrets(b.requests[0]);
    }));
  }
}

test('a Host override is not carried to another origin', onLoopback(async (net) => {
  const b = await net.serve(hello);
  const a = await net.serve({ onRequest: ({ connection }) => connection.write(reply('', { status: '302 Found', fields: [`Location: http://b.test:${b.port}/`] })) });
  const { client } = net.client({ lookup: loopbackLookup().lookup });
  await (await client.get(`http://a.test:${a.port}/`, { headers: { Host: 'internal.test' } })).bytes();
  assert.equal(b.requests[0].header('host'), `b.test:${b.port}`);
}));
