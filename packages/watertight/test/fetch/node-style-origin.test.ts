/** The origin that a program has set with undici's setGlobalOrigin: Node's own fetch reads it, so this one does. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setGlobalOrigin } from 'undici7';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { echoOf, field, redirect, site } from './site.js';

/** A test of a site; what it has set is undone. */
function withOrigin(body: (net: Loopback) => Promise<void>): ReturnType<typeof onLoopback> {
  return onLoopback(async (net) => {
    try {
      await body(net);
    } finally {
      setGlobalOrigin(undefined);
    }
  });
}

describe('with an origin', () => {
  for (const [url, target] of [['/relative/path', '/relative/path'], ['page', '/a/page'], ['?b', '/a/?b'], ['', '/a/'], ['/x#part', '/x']] as const) {
    test(`${JSON.stringify(url)} is ${target} there`, withOrigin(async (net) => {
      const { origin, fetch } = await site(net);
      setGlobalOrigin(`${origin}/a/`);
      for (const init of [undefined, {}, { headers: { 'X-Own': 'x' } }]) {
        const response = await fetch(url, init);
        assert.equal(response.url, origin + target);
        assert.equal((await echoOf(response)).target, target);
      }
      assert.equal((await echoOf(fetch(url, { method: 'POST', body: new Blob(['data']).stream(), duplex: 'half' }))).body, 'data');
      assert.equal((await echoOf(fetch(new Request(url)))).target, target);
    }));
  }

  test('a whole URL is itself, and data: is read', withOrigin(async (net) => {
    const [here, there] = [await site(net), await site(net)];
    setGlobalOrigin(there.origin);
    assert.equal((await echoOf(here.fetch(`${here.origin}/a`))).target, '/a');
    assert.equal(await (await here.fetch('data:,text')).text(), 'text');
    await assert.rejects(here.fetch('http://['), new TypeError('Failed to parse URL from http://['));
  }));

  test('the Referer is it, unless the program says that there is none', withOrigin(async (net) => {
    const [here, there] = [await site(net), await site(net)];
    setGlobalOrigin(`${here.origin}/page`);
    const refererOf = async (pending: Promise<Response>): Promise<string | undefined> => field(await echoOf(pending), 'referer');
    for (const init of [undefined, {}, { headers: { 'X-Own': 'x' } }, { referrer: 'about:client' }]) assert.equal(await refererOf(here.fetch(here.origin, init)), `${here.origin}/page`);
    assert.equal(await refererOf(here.fetch(new Request(here.origin))), `${here.origin}/page`);
    assert.equal(await refererOf(here.fetch(there.origin)), `${here.origin}/`);
    assert.equal(await refererOf(here.fetch(here.origin, { referrer: '' })), undefined);
    assert.equal(await refererOf(here.fetch(here.origin, { referrerPolicy: 'no-referrer' })), undefined);
  }));

  for (const [method, init, said] of [
    ['GET', {}, undefined],
    ['HEAD', {}, undefined],
    ['POST', {}, 'origin'],
    ['DELETE', {}, 'origin'],
    ['POST', { referrerPolicy: 'unsafe-url' }, 'origin'],
    ['POST', { referrerPolicy: 'no-referrer' }, 'null'],
    ['POST', { referrerPolicy: 'same-origin' }, 'origin'],
    ['POST', { headers: { Origin: 'https://mine.example' } }, 'https://mine.example'],
  ] as readonly (readonly [string, RequestInit, string | undefined])[]) {
    test(`the Origin of ${method} with ${JSON.stringify(init)} is ${said}`, withOrigin(async (net) => {
      const { origin, server, fetch } = await site(net);
      setGlobalOrigin(origin);
      const response = await fetch(`${origin}/a`, { ...init, method });
      await response.text();
      assert.equal(server.requests[0].header('origin'), said === 'origin' ? origin : said);
    }));
  }

  test('another origin hears it after a redirect, whatever the method', withOrigin(async (net) => {
    const [here, there] = [await site(net), await site(net)];
    setGlobalOrigin(here.origin);
    for (const method of ['GET', 'POST']) {
      assert.equal(field(await echoOf(here.fetch(redirect(here.origin, 307, there.origin), { method })), 'origin'), here.origin);
      assert.equal(field(await echoOf(here.fetch(redirect(here.origin, 307, '/'), { method })), 'origin'), method === 'GET' ? undefined : here.origin);
    }
  }));

  test('that is encrypted is not told to a host that is not', withOrigin(async (net) => {
    const { origin, fetch } = await site(net);
    setGlobalOrigin('https://page.example');
    assert.equal(field(await echoOf(fetch(origin, { method: 'POST' })), 'origin'), 'null');
    assert.equal(field(await echoOf(fetch(origin, { method: 'POST', referrerPolicy: 'unsafe-url' })), 'origin'), 'https://page.example');
  }));
});

test('without one, a relative URL is refused, and nothing is said of an origin', onLoopback(async (net) => {
  const { origin, fetch } = await site(net);
  await assert.rejects(fetch('/relative/path'), new TypeError('Failed to parse URL from /relative/path'));
  const echo = await echoOf(fetch(origin, { method: 'POST' }));
  assert.deepEqual([field(echo, 'origin'), field(echo, 'referer')], [undefined, undefined]);
}));
