/** The header fields of a request: in whatever form they are given, their names stand on the wire as the program wrote them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback } from '../fixtures/loopback.js';
import { echoOf, field, site, type Echo } from './site.js';

const WRITTEN: [string, string][] = [['X-MiXed', '1'], ['ACCEPT', 'a/b'], ["d'E", ''], ['b_C', '2'], ['2x', "it's"], ['constructor', '3'], ['A', '4']];

function own({ fields }: Echo): [string, string][] {
  const names = WRITTEN.map(([name]) => name.toLowerCase());
  return fields.filter(([name]) => names.includes(name.toLowerCase())).map(([name, value]) => [name, value]);
}

function setOneByOne(): Headers {
  const headers = new Headers();
  for (const [name, value] of WRITTEN) headers.set(name, value);
  return headers;
}

class Named extends Headers {
  readonly origin = 'program';
}

const FORMS: readonly (readonly [string, () => RequestInit['headers']])[] = [
  ['a list', () => WRITTEN],
  ['a record', () => Object.fromEntries(WRITTEN.filter(([name]) => name !== '2x'))],
  ['a Map', () => new Map(WRITTEN) as never],
  ['Headers', () => new Headers(WRITTEN)],
  ['Headers of Headers', () => new Headers(new Headers(WRITTEN))],
  ['Headers that were filled by set', setOneByOne],
  ['a subclass of Headers', () => new Named(WRITTEN)],
  ['the headers of a Response', () => new Response(null, { headers: WRITTEN }).headers],
  ['the headers of a Request', () => new Request('http://127.0.0.1', { headers: WRITTEN }).headers],
];

describe('keep the spelling and the order of the program, given as', () => {
  for (const [what, make] of FORMS) {
    test(`${what}, alone and in a Request`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const expected = what === 'a record' ? WRITTEN.filter(([name]) => name !== '2x') : WRITTEN;
      for (const call of [() => fetch(origin, { headers: make() }), () => fetch(new Request(origin, { headers: make() })), () => fetch(new Request(origin, { headers: make() }), { method: 'POST', body: 'x' }), () => fetch(new Request(origin), { headers: make() }), () => fetch(new Request(origin, { headers: make() }).clone())]) {
        assert.deepEqual(own(await echoOf(call())), expected);
      }
    }));
  }

  test('headers of this library', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const server = await net.serve({ onRequest: (request) => request.reply('', { fields: WRITTEN.map(([name, value]) => `${name}: ${value}`) }) });
    const { client } = net.client();
    const { headers } = await client.get(server.origin);
    assert.deepEqual(own(await echoOf(fetch(origin, { headers: headers as never }))), WRITTEN);
  }));
});

test('the spelling is the last that set gave, and the first of several that were appended', onLoopback(async (net) => {
  const { origin, fetch } = await site(net);
  const headers = new Headers({ 'x-set': '1', 'X-App': '1' });
  headers.set('X-SET', '2');
  headers.append('x-app', '2');
  const echo = await echoOf(fetch(origin, { headers }));
  assert.deepEqual(echo.fields.filter(([name]) => /^x-/i.test(name)).toSorted(), [['X-App', '1, 2'], ['X-SET', '2']]);
}));

test('what only looks like Headers is iterated', onLoopback(async (net) => {
  const { origin, fetch } = await site(net);
  const target = new Headers({ 'X-Own': '1' });
  const proxy = new Proxy(target, { get: (headers, key) => {
    const value: unknown = Reflect.get(headers, key);
    return typeof value === 'function' ? (value.bind(headers) as unknown) : value;
  } });
  assert.equal(field(await echoOf(fetch(origin, { headers: proxy })), 'x-own'), '1');
  const other = Object.assign(new Headers({ 'X-Own': '1' }), { [Symbol.iterator]: () => [['X-Other', '2']].values() });
  const echo = await echoOf(fetch(origin, { headers: other as never }));
  assert.deepEqual([field(echo, 'x-other'), field(echo, 'x-own')], ['2', undefined]);
}));

describe('cookies', () => {
  for (const [what, headers] of [
    ['a list', [['cookie', 'a=1'], ['Cookie', 'b=2']]],
    ['Headers', new Headers([['cookie', 'a=1'], ['Cookie', 'b=2']])],
  ] as const) {
    test(`of ${what} are one field, separated by semicolons`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      for (const input of [fetch(origin, { headers: headers as Headers }), fetch(new Request(origin, { headers: headers as Headers }))]) {
        const { fields } = await echoOf(input);
        assert.deepEqual(fields.filter(([name]) => name.toLowerCase() === 'cookie').map(([, value]) => value), ['a=1; b=2']);
      }
    }));
  }

  test('are sent with each mode of credentials, as Node has no store of its own', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    for (const credentials of ['omit', 'same-origin', 'include'] as const) assert.equal(field(await echoOf(fetch(origin, { credentials, headers: { cookie: 'value' } })), 'cookie'), 'value');
  }));

  test('that a server sets are read from the response, whatever their domain, and are not sent back', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const cookies = ['name=value; Domain=example.com', 'Space=Cat; Secure; HttpOnly'];
    const server = await net.serve({ onRequest: (request) => request.reply('', { fields: cookies.map((cookie) => `Set-Cookie: ${cookie}`) }) });
    for (const credentials of ['same-origin', 'include'] as const) {
      const { headers } = await fetch(server.origin, { credentials });
      assert.deepEqual(headers.getSetCookie(), cookies);
      assert.equal(headers.get('set-cookie'), cookies.join(', '));
    }
    assert.deepEqual(server.requests.map((request) => request.header('cookie')), [undefined, undefined]);
  }));
});
