/** No error carries a credential: not in its message, its cause, its JSON, or what `inspect` finds in it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { fetch as ourFetch } from 'watertight';
import { findLeaks } from 'watertight/leak';
import { loopbackLookup, onLoopback, settle } from '../fixtures/loopback.js';
import { RawServer, type RawRequest } from '../fixtures/raw-server.js';

const HEADERS = { Authorization: 'Bearer topsecret', Cookie: 'a=topsecret', 'X-Api-Key': 'topsecret', 'Proxy-Authorization': 'Basic topsecret' };

/** Everything that a logger could print. */
function everythingAbout(error: unknown): string {
  const seen: string[] = [];
  for (let at = error as Error | undefined; at; at = at.cause as Error | undefined) {
    seen.push(String(at), at.stack ?? '', JSON.stringify(at), JSON.stringify(Object.getOwnPropertyDescriptors(at)));
  }
  return `${seen.join('\n')}\n${inspect(error, { depth: 20, showHidden: true })}`;
}

const FAILURES: [name: string, respond: (request: RawRequest) => unknown, init?: Record<string, unknown>][] = [
  ['a reset', ({ connection }) => connection.reset()],
  ['an early end', ({ connection }) => connection.finish()],
  ['silence until the timeout', () => {}, { timeout: 50 }],
  ['a malformed head', (request) => request.connection.write('HTTP/1.1 200 OK\r\nbad header\r\n\r\n')],
  ['a cut body', ({ connection }) => (connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe'), connection.finish())],
  ['a redirect loop', (request) => request.reply('', { status: '302 Found', fields: ['Location: http://user:topsecret@b.test/loop'] })],
  ['a redirect to another scheme', (request) => request.reply('', { status: '302 Found', fields: ['Location: ftp://user:topsecret@b.test/'] })],
  ['a malformed Location', (request) => request.reply('', { status: '302 Found', fields: ['Location: http://user:topsecret@[::1/'] })],
];

for (const [what, respond, init] of FAILURES) {
  test(`the error after ${what} holds no credential`, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: respond });
    const { client } = net.client({ lookup: loopbackLookup().lookup });
    const url = `http://user:topsecret@127.0.0.1:${server.port}/path?token=topsecret`;
    const ask = (async () => (await client.post(url, 'password=topsecret', { headers: HEADERS, ...init })).bytes())();
    const { error } = await settle(ask);
    assert.ok(error);
    assert.doesNotMatch(everythingAbout(error), /topsecret/);
    assert.doesNotMatch(everythingAbout(error), new RegExp(Buffer.from('user:topsecret').toString('base64')));
  }));
}

test('the error of a refused connection holds no credential', onLoopback(async (net) => {
  const closed = await RawServer.start();
  const { port } = closed;
  await closed.stop();
  const { client } = net.client();
  const { error } = await settle(client.get(`http://user:topsecret@127.0.0.1:${port}/?token=topsecret`, { headers: HEADERS }));
  assert.doesNotMatch(everythingAbout(error), /topsecret/);
}));

for (const [what, url, headers] of [
  ['a URL', 'http://user:topsecret@[::1/', {}],
  ['a URL of another scheme', 'ftp://user:topsecret@a.test/', {}],
  ['a field value', 'http://a.test/', { Authorization: 'Bearer topsecret\r\nX: y' }],
  ['a field name', 'http://a.test/', { 'X\n': 'topsecret' }],
] as const) {
  test(`the error of ${what} that cannot be sent does not repeat it where it may hold a secret`, onLoopback(async (net) => {
    const { client } = net.client();
    const { error } = await settle((async () => client.get(url, { headers }))());
    assert.ok(error);
    assert.doesNotMatch(everythingAbout(error), /topsecret/);
  }));
}

for (const url of ['http://user:topsecret@[::1/', 'http://user:topsecret/x@a.test/', 'http://user:topsecret#x@a.test/', ':topsecret@a.test']) {
  test(`the error of fetch for ${url.replace('topsecret', '…')}, and its cause, hold no credential`, async () => {
    const { error } = await settle(ourFetch(url));
    assert.ok(error instanceof TypeError);
    assert.doesNotMatch(everythingAbout(error), /topsecret/);
  });
}

test('a leak report names the request without user, password and query values', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  const response = await client.get(`http://user:topsecret@127.0.0.1:${server.port}/path?token=topsecret`, { headers: HEADERS });
  const leaks = await findLeaks();
  assert.equal(leaks.length, 1);
  assert.match(leaks[0].url ?? '', /\/path\?token=/);
  assert.doesNotMatch(inspect(leaks, { depth: 20, showHidden: true }), /topsecret/);
  await response.close();
}));
