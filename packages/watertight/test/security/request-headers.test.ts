/** Field values that change while they are looked at, and fields that decide framing given twice. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onLoopback, settle } from '../fixtures/loopback.js';
import type { RawServer } from '../fixtures/raw-server.js';

/** Says something harmless first, and then the poison. */
class TwoFaced {
  #asked = 0;

  toString(): string {
    return this.#asked++ === 0 ? 'harmless' : 'b\r\nX: y';
  }
}

class PrimitiveTwoFaced {
  #asked = 0;

  [Symbol.toPrimitive](): string {
    return this.#asked++ === 0 ? 'harmless' : 'b\r\nX: y';
  }
}

const CRLF_AT_ONCE = { toString: () => 'b\r\nX: y' };

const HEADERS_WITH_OBJECTS: [name: string, headers: () => unknown][] = [
  ['an object that turns into CR LF', () => ({ 'X-A': CRLF_AT_ONCE })],
  ['an object that turns into CR LF when it is asked again', () => ({ 'X-A': new TwoFaced() })],
  ['an object with a primitive that changes', () => ({ 'X-A': new PrimitiveTwoFaced() })],
  ['an array of such objects', () => ({ 'X-A': [new TwoFaced(), CRLF_AT_ONCE] })],
  ['a pair with such an object', () => [['X-A', new TwoFaced()]]],
  ['a pair whose name is such an object', () => [[new TwoFaced(), 'b']]],
  ['an array whose elements change', () => ({ 'X-A': new Proxy(['b'], { get: (target, key) => (key === '0' ? 'b\r\nX: y' : Reflect.get(target, key)) }) })],
  ['a map of such objects', () => new Map([['X-A', new TwoFaced()]])],
];

for (const [what, headers] of HEADERS_WITH_OBJECTS) {
  test(`${what} is coerced once and then checked, or refused`, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply() });
    const { client } = net.client();
    const { value: response } = await settle((async () => client.get(server.origin, { headers: headers() as never }))());
    if (response) await response.bytes();
    for (const { lines } of server.requests) assert.ok(!lines.includes('X: y'), 'a line was smuggled in');
  }));
}

test('a getter that returns another value the second time is read once', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply() });
  const { client } = net.client();
  let asked = 0;
  const headers = { get 'X-A'() { return asked++ === 0 ? 'harmless' : 'b\r\nX: y'; } };
  const { value: response } = await settle((async () => client.get(server.origin, { headers }))());
  if (response) await response.bytes();
  for (const { lines } of server.requests) assert.ok(!lines.includes('X: y'));
}));

const DOUBLED: [name: string, headers: unknown][] = [
  ['two lengths that differ in letter case', { 'Content-Length': '1', 'content-length': '2' }],
  ['two lengths given as pairs', [['Content-Length', '1'], ['Content-Length', '5']]],
  ['two lengths given as an array', { 'Content-Length': ['1', '5'] }],
  ['a list of lengths', { 'Content-Length': '5, 5' }],
  ['two hosts that differ in letter case', { Host: 'a.test', host: 'b.test' }],
  ['two hosts given as pairs', [['Host', 'a.test'], ['host', 'b.test']]],
  ['two hosts given as an array', { Host: ['a.test', 'b.test'] }],
  ['two transfer codings given as pairs', [['Transfer-Encoding', 'chunked'], ['transfer-encoding', 'chunked']]],
];

for (const [what, headers] of DOUBLED) {
  test(`${what} are refused or become one field`, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => (await request.body, request.reply()) });
    const { client } = net.client();
    const ask = (async () => client.post(server.origin, 'hello', { headers: headers as never, timeout: 5000 }))();
    const { value: response } = await settle(ask);
    if (response) await response.bytes();
    if (response) await assertOneRequest(server);
    else assert.equal(server.connections.length, 0, 'refused means that nothing was opened');
  }));
}

async function assertOneRequest(server: RawServer): Promise<void> {
  const [request] = server.requests;
  assert.equal(server.requests.length, 1);
  assert.equal(request.all('host').length, 1);
  assert.equal(request.all('content-length').length + request.all('transfer-encoding').length, 1);
  assert.equal((await request.body)!.toString(), 'hello');
}
