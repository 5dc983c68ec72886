/** One parser decides what a URL means, for the name that is resolved, the Host that is sent and the path. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loopbackLookup, onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import { reply, type RawServer } from '../fixtures/raw-server.js';

const hello = { onRequest: (request: { reply(body: string): void }) => request.reply('hello') };

async function twoServers(net: Loopback): Promise<[a: RawServer, b: RawServer]> {
  return [await net.serve(hello), await net.serve(hello)];
}

for (const path of ['//127.0.0.1:B/', '/\\127.0.0.1:B/', '/http://127.0.0.1:B/', '//user@127.0.0.1:B/x', '/@127.0.0.1:B/', '/..//127.0.0.1:B/', '///127.0.0.1:B']) {
  test(`a path of ${path} stays with its host`, onLoopback(async (net) => {
    const [a, b] = await twoServers(net);
    const { client } = net.client();
    const response = await client.get(a.origin + path.replace('B', String(b.port)));
    await response.bytes();
    assert.equal(a.requests.length, 1);
    assert.equal(a.requests[0].header('host'), `127.0.0.1:${a.port}`);
    assert.match(a.requests[0].target, /^\//);
    assert.equal(b.connections.length, 0);
  }));
}

for (const url of ['//127.0.0.1:B/', '\\\\127.0.0.1:B\\', '/path', '127.0.0.1:B', '', ' ', 'http://', 'http:///', '?a']) {
  test(`a URL of ${JSON.stringify(url)} is not absolute and is refused`, onLoopback(async (net) => {
    const [, b] = await twoServers(net);
    const { client } = net.client();
    const { error, value } = await settle((async () => client.get(url.replace('B', String(b.port))))());
    assert.ok(error, `got ${value?.status}`);
    assert.equal(b.connections.length, 0);
  }));
}

const AMBIGUOUS: [url: string, host: string, path: string][] = [
  ['http://a.test:PORT\\@b.test/', 'a.test', '/@b.test/'],
  ['http://a.test:PORT/@b.test', 'a.test', '/@b.test'],
  ['http://a.test:PORT#@b.test/', 'a.test', '/'],
  ['http://a.test:PORT?@b.test/', 'a.test', '/?@b.test/'],
  ['http://b.test@a.test:PORT/', 'a.test', '/'],
  ['http://b.test:80@a.test:PORT/', 'a.test', '/'],
  ['http://b.test%40@a.test:PORT/', 'a.test', '/'],
  ['ht\ttp://a.te\nst:PORT/pa\tth', 'a.test', '/path'],
  ['  http://a.test:PORT/  ', 'a.test', '/'],
  ['http:\\\\a.test:PORT\\x', 'a.test', '/x'],
  ['http:a.test:PORT/x', 'a.test', '/x'],
  ['HTTP://A.TEST:PORT/X', 'a.test', '/X'],
  ['http://a%2etest:PORT/', 'a.test', '/'],
  ['http://a。test:PORT/', 'a.test', '/'],
  ['http://ａ．test:PORT/', 'a.test', '/'],
  ['http://a.test:PORT/a/../b/%2e%2e/c', 'a.test', '/c'],
];

for (const [url, host, path] of AMBIGUOUS) {
  test(`${JSON.stringify(url)} means the same host to the resolver and in Host`, onLoopback(async (net) => {
    const [server] = await twoServers(net);
    const { lookup, asked } = loopbackLookup();
    const { client } = net.client({ lookup });
    const response = await client.get(url.replace('PORT', String(server.port)));
    await response.bytes();
    assert.deepEqual(asked, [host]);
    assert.equal(server.requests[0].header('host'), `${host}:${server.port}`);
    assert.equal(server.requests[0].target, path);
  }));
}

test('all spellings of one host share its connections', onLoopback(async (net) => {
  const server = await net.serve(hello);
  const { lookup } = loopbackLookup();
  const { client } = net.client({ lookup });
  for (const host of ['a.test', 'A.TEST', 'a。test', 'a%2Etest', 'user:password@a.test']) {
    await (await client.get(`http://${host}:${server.port}/`)).bytes();
  }
  assert.equal(server.connections.length, 1);
}));

for (const url of ['http://[::1/', 'http://[::1]x/', 'http://[::1]:x/', 'http://[::g]/', 'http://::1/', 'http://[fe80::1%25a]/', 'http://[::1', 'http://a b/', 'http://a<b/', 'http://127.0.0.1:99999/', 'http://256.256.256.256/']) {
  test(`the malformed ${url} is refused`, onLoopback(async (net) => {
    const { lookup, asked } = loopbackLookup();
    const { client } = net.client({ lookup });
    await assert.rejects((async () => client.get(url))(), { code: 'ERR_INVALID_URL' });
    assert.deepEqual(asked, []);
  }));
}

for (const url of ['data:text/plain,hello', 'file:///etc/passwd', 'ftp://127.0.0.1/', 'unix:/tmp/x.sock', 'javascript:alert(1)', 'blob:http://127.0.0.1/x', 'ws://127.0.0.1/', 'about:blank', 'http+unix://%2Ftmp%2Fx/']) {
  test(`the scheme of ${url} is refused, directly and in a redirect`, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply('moved', { status: '302 Found', fields: [`Location: ${url}`] })) });
    const { lookup, asked } = loopbackLookup();
    const { client } = net.client({ lookup });
    await assert.rejects((async () => client.get(url))(), { code: 'ERR_INVALID_URL' });
    await assert.rejects(client.get(server.origin));
    assert.equal(server.requests.length, 1);
    assert.deepEqual(asked, []);
  }));
}

test('a socketPath beside a request is nothing that a request has', onLoopback(async (net) => {
  const server = await net.serve(hello);
  const { client } = net.client();
  const init = { socketPath: '/tmp/watertight-nobody-listens.sock', path: '/tmp/watertight-nobody-listens.sock' };
  const response = await client.get(`${server.origin}/over-tcp`, init as object);
  await response.bytes();
  assert.equal(server.requests[0].target, '/over-tcp');
}));
