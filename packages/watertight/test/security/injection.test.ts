/** Nothing that a caller hands in may end a line of the request that it is not the content of. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertWorks, loopbackLookup, onLoopback, settle } from '../fixtures/loopback.js';
import type { RawServer } from '../fixtures/raw-server.js';

type Ask = { url: string; init?: Record<string, unknown> };

const POISONS: [name: string, text: string][] = [
  ['CR LF and a field', '\r\nX: y'],
  ['a lone CR', '\r'],
  ['a lone LF', '\n'],
  ['a NUL', '\0'],
];

const PLACES: [name: string, ask: (origin: string, poison: string) => Ask][] = [
  ['the method', (origin, poison) => ({ url: origin, init: { method: `GET${poison}` } })],
  ['the path', (origin, poison) => ({ url: `${origin}/a${poison}` })],
  ['the query', (origin, poison) => ({ url: `${origin}/?a=${poison}` })],
  ['the fragment', (origin, poison) => ({ url: `${origin}/#${poison}` })],
  ['the host', (origin, poison) => ({ url: origin.replace('127.0.0.1', `127.0.0.1${poison}`) })],
  ['the user name', (origin, poison) => ({ url: origin.replace('//', `//user${poison}:pass@`) })],
  ['the Host field', (origin, poison) => ({ url: origin, init: { headers: { Host: `a.test${poison}` } } })],
  ['the name of a field', (origin, poison) => ({ url: origin, init: { headers: { [`X-A${poison}`]: 'b' } } })],
  ['the value of a field', (origin, poison) => ({ url: origin, init: { headers: { 'X-A': `b${poison}c` } } })],
  ['the value of a field given as a pair', (origin, poison) => ({ url: origin, init: { headers: [['X-A', `b${poison}c`]] } })],
  ...['User-Agent', 'Accept-Encoding', 'Connection', 'Content-Type', 'Expect', 'Transfer-Encoding', 'Content-Length', 'Cookie'].map(
    (field): [string, (origin: string, poison: string) => Ask] => [
      `the value of ${field}`,
      (origin, poison) => ({ url: origin, init: { method: 'POST', body: 'hello', headers: { [field]: `b${poison}c` } } }),
    ],
  ),
];

/** Lines end in CR LF and nowhere else, and nothing else is in the head. */
function assertHeadsAreWhole(server: RawServer): void {
  for (const { head } of server.requests) {
    assert.ok(!head.split(/[\r\n]+/).includes('X: y'), `a line was smuggled in: ${JSON.stringify(head)}`);
    assert.doesNotMatch(head.replaceAll('\r\n', ''), /[\r\n\0]/, 'a bare control byte was sent');
  }
}

for (const [place, ask] of PLACES) {
  for (const [poison, text] of POISONS) {
    test(`${poison} in ${place} does not split the request`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => request.reply('hello') });
      const { client } = net.client();
      const { url, init } = ask(server.origin, text);
      const { value: response, error } = await settle((async () => client.request(url, { timeout: 5000, ...init }))());
      if (response) await response.bytes();
      assertHeadsAreWhole(server);
      if (error) assert.equal(server.connections.length, 0, 'refused means that nothing was opened');
      await assertWorks(client, server.origin);
    }));
  }
}

for (const method of ['GET / HTTP/1.1\r\nX: y\r\n', 'GE T', '', 'gét', 'GET\t', 'GET:', '(GET)', 'G\x7fT']) {
  test(`a method of ${JSON.stringify(method)} is refused`, onLoopback(async (net) => {
    const server = await net.serve();
    const { client } = net.client();
    await assert.rejects((async () => client.request(server.origin, { method }))());
    assert.equal(server.connections.length, 0);
  }));
}

test('letters that become CR LF when they are cut to a byte stay letters in the path', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply() });
  const { client } = net.client();
  await assertWorks(client, `${server.origin}/\u010D\u010AX:\u0120y?\u010D\u010A`);
  assert.equal(server.requests[0].target, '/%C4%8D%C4%8AX:%C4%A0y?%C4%8D%C4%8A');
}));

for (const [what, headers] of [
  ['the value', { 'X-A': 'b\u010D\u010AX: y' }],
  ['the name', { '\u010D\u010AX': 'y' }],
] as const) {
  test(`letters that become CR LF when they are cut to a byte are refused in ${what} of a field`, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply() });
    const { client } = net.client();
    const { value: response } = await settle((async () => client.get(server.origin, { headers }))());
    if (response) await response.bytes();
    assertHeadsAreWhole(server);
    assert.ok(!response || !server.requests[0].head.includes('\n X: y'));
  }));
}

for (const host of ['a/b', 'a b', 'a\r\n', 'a@b', 'a?b', 'a#b', 'a\\b', 'a\tb', '']) {
  test(`a Host of ${JSON.stringify(host)} is refused`, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply() });
    const { client } = net.client();
    await assert.rejects((async () => client.get(server.origin, { headers: { Host: host } }))());
    assert.equal(server.connections.length, 0);
  }));
}

test('a sound Host is sent once and does not change where the request goes', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply() });
  const { lookup, asked } = loopbackLookup();
  const { client } = net.client({ lookup });
  const response = await client.get(`http://a.test:${server.port}/`, { headers: { Host: 'b.test' } });
  await response.bytes();
  assert.deepEqual(server.requests[0].all('host'), ['b.test']);
  assert.deepEqual(asked, ['a.test']);
}));

test('an upgrade option or field with a line end in it is refused or ignored', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply() });
  const { client } = net.client();
  for (const init of [{ upgrade: 'x\r\nX: y' }, { headers: { Upgrade: 'x\r\nX: y' } }]) {
    const { value: response } = await settle((async () => client.get(server.origin, init as object))());
    if (response) await response.bytes();
  }
  assertHeadsAreWhole(server);
}));
