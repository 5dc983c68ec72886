/** What the options of fetch put on the wire, and in which words they are refused: as with Node's own fetch, which programs were written for. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { onLoopback } from '../fixtures/loopback.js';
import { echoOf, field, redirect, site } from './site.js';

/** The types of Node 20 leave `cache` out. */
type Options = RequestInit & { readonly cache?: string };

type Ask = (fetch: typeof globalThis.fetch, url: string, init: Options) => Promise<Response>;

/** With options, and with a Request that has them. */
const WAYS: readonly (readonly [string, Ask])[] = [
  ['options', (fetch, url, init) => fetch(url, init)],
  ['a Request', (fetch, url, init) => fetch(new Request(url, init))],
  ['a Request and options', (fetch, url, init) => fetch(new Request(url, { method: init.method }), init)],
];

/** What caches on the way are told. */
async function cacheFieldsOf(response: Promise<Response>): Promise<(string | undefined)[]> {
  const echo = await echoOf(response);
  return ['cache-control', 'pragma'].map((name) => field(echo, name));
}

describe('the mode of the cache', () => {
  for (const [cache, told] of [
    ['default', [undefined, undefined]],
    ['force-cache', [undefined, undefined]],
    ['no-cache', ['max-age=0', undefined]],
    ['no-store', ['no-cache', 'no-cache']],
    ['reload', ['no-cache', 'no-cache']],
  ] as const) {
    for (const [what, ask] of WAYS) {
      test(`${cache} in ${what} says so to those on the way`, onLoopback(async (net) => {
        const { origin, fetch } = await site(net);
        assert.deepEqual(await cacheFieldsOf(ask(fetch, origin, { cache })), told);
        assert.deepEqual(await cacheFieldsOf(ask(fetch, redirect(origin, 302, '/there'), { cache })), told);
      }));
    }
  }

  for (const name of ['If-None-Match', 'If-Modified-Since', 'If-Match', 'If-Unmodified-Since', 'If-Range']) {
    test(`a request with ${name} is no-store, unless the program names another`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      for (const [, ask] of WAYS) {
        const headers = { [name]: '"a"' };
        assert.deepEqual(await cacheFieldsOf(ask(fetch, origin, { headers })), ['no-cache', 'no-cache']);
        assert.deepEqual(await cacheFieldsOf(ask(fetch, origin, { headers, cache: 'force-cache' })), [undefined, undefined]);
      }
    }));
  }

  test('leaves the fields of the program as they are', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    assert.deepEqual(await cacheFieldsOf(fetch(origin, { cache: 'no-store', headers: { Pragma: 'mine', 'cache-control': 'max-age=9' } } as Options)), ['max-age=9', 'mine']);
    assert.deepEqual(await cacheFieldsOf(fetch(origin, { cache: 'no-cache', headers: { 'Cache-Control': 'no-transform' } } as Options)), ['no-transform', undefined]);
  }));

  test('only-if-cached is for the mode same-origin alone', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    await assert.rejects(fetch(origin, { cache: 'only-if-cached' } as Options), TypeError);
    assert.equal(field(await echoOf(fetch(origin, { cache: 'only-if-cached', mode: 'same-origin' } as Options)), 'sec-fetch-mode'), 'same-origin');
  }));
});

describe('the mode', () => {
  for (const mode of ['cors', 'no-cors', 'same-origin'] as const) {
    test(`${mode} is what Sec-Fetch-Mode says, whatever the program's headers say`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      for (const [, ask] of WAYS) {
        for (const headers of [undefined, { 'sec-fetch-mode': 'navigate' }]) {
          const { fields } = await echoOf(ask(fetch, origin, { mode, headers }));
          assert.deepEqual(fields.filter(([name]) => name.toLowerCase() === 'sec-fetch-mode').map(([, value]) => value), [mode]);
        }
      }
    }));
  }

  test('no-cors is for simple methods alone', onLoopback(async (net) => {
    const { origin, server, fetch } = await site(net);
    for (const method of ['PUT', 'DELETE', 'PATCH']) await assert.rejects(fetch(origin, { mode: 'no-cors', method }), TypeError);
    assert.equal(server.requests.length, 0);
    assert.equal((await echoOf(fetch(origin, { mode: 'no-cors', method: 'POST' }))).method, 'POST');
  }));
});

describe('a field of the program', () => {
  for (const [what, ask] of WAYS) {
    test(`Host in ${what} is left out: the URL says it`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const { fields } = await echoOf(ask(fetch, origin, { headers: { Host: 'elsewhere.example' } }));
      assert.deepEqual(fields.filter(([name]) => name.toLowerCase() === 'host').map(([, value]) => value), [origin.slice('http://'.length)]);
    }));

    test(`Accept-Encoding beside Range in ${what} has identity as well`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      assert.equal(field(await echoOf(ask(fetch, origin, { headers: { Range: 'bytes=0-', 'Accept-Encoding': 'gzip' } })), 'accept-encoding'), 'gzip, identity');
    }));

    for (const [name, value] of [['User-Agent', 'mine/1'], ['Accept', 'application/json'], ['Accept-Language', 'de'], ['Accept-Encoding', 'gzip'], ['Origin', 'https://origin.example'], ['Referer', 'https://page.example/'], ['Authorization', 'Bearer x'], ['Cookie', 'a=b']] as const) {
      test(`${name} in ${what} is sent as it is`, onLoopback(async (net) => {
        const { origin, fetch } = await site(net);
        const { fields } = await echoOf(ask(fetch, origin, { method: 'POST', body: '', redirect: 'error', headers: { [name]: value } }));
        assert.deepEqual(fields.filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, each]) => each), [value]);
      }));
    }
  }

  test('Origin and Referer are not made up', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const echo = await echoOf(fetch(origin, { method }));
      assert.deepEqual([field(echo, 'origin'), field(echo, 'referer')], [undefined, undefined]);
    }
  }));
});

describe('the URL', () => {
  for (const [end, sent] of [['/echo', '/echo'], ['/echo?', '/echo?'], ['/echo?a=b', '/echo?a=b'], ['/echo?a=b&c=d', '/echo?a=b&c=d'], ['/echo?#part', '/echo?'], ['/echo#?', '/echo'], ['/echo#part?a', '/echo'], ['', '/'], ['?a', '/?a'], ['/m\u00f6bius', '/m%C3%B6bius']] as const) {
    test(`ending in ${JSON.stringify(end)} is sent as ${sent}`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      for (const input of [`${origin}${end}`, new URL(`${origin}${end}`), new Request(`${origin}${end}`)]) {
        const response = await fetch(input);
        assert.equal(response.url, origin + sent);
        assert.equal((await echoOf(response)).target, sent);
      }
    }));
  }

  for (const [url, words] of [['/relative', '/relative'], ['//host.example/', '//host.example/'], ['', ''], ['http://[', 'http://['], ['http://user:secret@[/', 'http://***@[/']] as const) {
    test(`${JSON.stringify(url)} is refused as one that can't be parsed`, onLoopback(async (net) => {
      const { fetch } = await site(net);
      await assert.rejects(fetch(url), new TypeError(`Failed to parse URL from ${words}`));
    }));
  }

  test('with a password is refused without saying it, and so is one with a host of a few letters', onLoopback(async (net) => {
    const { fetch } = await site(net);
    for (const host of ['h', 't', 'ht', 'tp', 'localhost']) {
      for (const scheme of ['http', 'https']) await assert.rejects(fetch(`${scheme}://user:secret@${host}/test?a=b#part`), (error: TypeError) => error instanceof TypeError && error.message.includes('includes credentials') && !error.message.includes('secret'));
    }
  }));
});

describe('is refused as the platform\'s Request refuses it:', () => {
  for (const [what, init] of [
    ['a signal that is an object', { signal: {} }],
    ['a signal that is a text', { signal: '' }],
    ['a signal without a prototype', { signal: Object.create(null) as object }],
    ['a signal that is false', { signal: false }],
    ['an unknown redirect', { redirect: 'foobar' }],
    ['a redirect in capitals', { redirect: 'FOLLOW' }],
    ['a redirect that is null', { redirect: null }],
    ['a duplex that is full', { method: 'POST', body: 'x', duplex: 'full' }],
    ['a method that is no token', { method: 'A B' }],
    ['an empty method', { method: '' }],
    ['a method beyond ASCII', { method: '\u00f6' }],
    ['a method that is a symbol', { method: Symbol('x') }],
    ['a forbidden method', { method: 'TRACE' }],
    ['a forbidden method in another letter case', { method: 'Track' }],
    ['a body with GET', { body: 'x' }],
    ['an empty body with HEAD', { body: '', method: 'head' }],
    ['a stream without duplex', { method: 'POST', body: new ReadableStream() }],
    ['a window', { window: 1 }],
    ['a mode in another letter case', { mode: 'CoRs' }],
    ['the mode navigate', { mode: 'navigate' }],
    ['unknown credentials', { credentials: 'OMIt' }],
    ['an unknown cache mode', { cache: 'DeFaULt' }],
    ['an unknown referrer policy', { referrerPolicy: 'maybe' }],
    ['a referrer that is no URL', { referrer: 'page' }],
  ] as readonly (readonly [string, RequestInit])[]) {
    test(what, onLoopback(async (net) => {
      const { origin, server, fetch } = await site(net);
      let refusal: unknown;
      try {
        new Request(origin, init);
      } catch (error) {
        refusal = error;
      }
      assert.ok(refusal instanceof TypeError);
      await assert.rejects(fetch(origin, init), { name: 'TypeError', message: refusal.message });
      assert.equal(server.requests.length, 0);
    }));
  }

  test('a stream that shall outlive the program', onLoopback(async (net) => {
    const { origin, server, fetch } = await site(net);
    await assert.rejects(fetch(origin, { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half', keepalive: true }), TypeError);
    assert.equal(server.requests.length, 0);
  }));
});

describe('is taken:', () => {
  for (const [what, init, method] of [
    ['an option that is undefined', { method: undefined, headers: undefined, body: undefined, signal: undefined, redirect: undefined, mode: undefined, credentials: undefined, cache: undefined, referrer: undefined, referrerPolicy: undefined, integrity: undefined, keepalive: undefined, window: undefined, duplex: undefined }, 'GET'],
    ['null where it means none', { signal: null, body: null, window: null }, 'GET'],
    ['null as options', null, 'GET'],
    ['the name of a method of every object', { method: 'hasOwnProperty' }, 'hasOwnProperty'],
    ['a method that is null, as its text', { method: null }, 'null'],
    ['a method of the program', { method: 'propfind' }, 'propfind'],
    ['credentials, keepalive and a priority', { credentials: 'include', keepalive: true, priority: 'high' }, 'GET'],
  ] as readonly (readonly [string, RequestInit, string])[]) {
    test(what, onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: (request) => request.reply('x') });
      assert.equal(await (await fetch(server.origin, init)).text(), 'x');
      assert.equal(server.requests[0].method, method);
    }));
  }
});

test('the method patch is warned of once in a process, for it is not PATCH', onLoopback(async (net) => {
  const { origin, fetch } = await site(net);
  const warnings: string[] = [];
  const listener = (warning: Error & { code?: string }): void => void warnings.push(warning.code ?? warning.name);
  process.on('warning', listener);
  try {
    const warned = once(process, 'warning');
    for (let i = 0; i < 2; i++) assert.equal((await echoOf(fetch(origin, { method: 'patch' }))).method, 'patch');
    await warned;
    assert.deepEqual(warnings, ['UNDICI-FETCH-patch']);
  } finally {
    process.off('warning', listener);
  }
}));
