/** The Referer field: each policy, given by the program and by a redirect, to the same and to another origin (Referrer Policy). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createFetch } from 'watertight';
import { loopbackLookup, onLoopback } from '../fixtures/loopback.js';
import { echoOf, field, redirect, site } from './site.js';

/** What each policy tells the same origin, and another one: the page, its origin, or nothing. */
const POLICIES: readonly (readonly [string, 'page' | 'origin' | 'nothing', 'page' | 'origin' | 'nothing'])[] = [
  ['no-referrer', 'nothing', 'nothing'],
  ['no-referrer-when-downgrade', 'page', 'page'],
  ['same-origin', 'page', 'nothing'],
  ['origin', 'origin', 'origin'],
  ['strict-origin', 'origin', 'origin'],
  ['origin-when-cross-origin', 'page', 'origin'],
  ['strict-origin-when-cross-origin', 'page', 'origin'],
  ['unsafe-url', 'page', 'page'],
  ['', 'page', 'origin'],
];

describe('the policy', () => {
  for (const [policy, same, other] of POLICIES) {
    test(`${policy === '' ? 'of nobody' : policy} tells the same origin ${same}, and another one ${other}`, onLoopback(async (net) => {
      const [here, there] = [await site(net), await site(net)];
      const told = { page: `${here.origin}/page?a=b`, origin: `${here.origin}/`, nothing: undefined };
      const referrer = `${here.origin.replace('//', '//user:secret@')}/page?a=b#part`;
      const init = { referrer, referrerPolicy: policy } as RequestInit;
      const refererOf = async (pending: Promise<Response>): Promise<string | undefined> => field(await echoOf(pending), 'referer');
      for (const [origin, expected] of [[here.origin, told[same]], [there.origin, told[other]]] as const) {
        assert.equal(await refererOf(here.fetch(origin, init)), expected);
        assert.equal(await refererOf(here.fetch(new Request(origin, init))), expected);
        assert.equal(await refererOf(here.fetch(redirect(here.origin, 302, origin), init)), expected);
        assert.equal(await refererOf(here.fetch(redirect(here.origin, 302, origin, policy === '' ? '' : `&policy=${policy}`), { referrer })), expected);
      }
    }));
  }

  for (const [policy, other] of [['no-referrer-when-downgrade', undefined], ['strict-origin', undefined], ['strict-origin-when-cross-origin', undefined], ['', undefined], ['origin', 'https://page.example/'], ['origin-when-cross-origin', 'https://page.example/'], ['unsafe-url', 'https://page.example/a?b']] as const) {
    test(`${policy === '' ? 'of nobody' : policy} tells ${other ?? 'nothing'} of a page that was encrypted to a host that is not`, onLoopback(async (net) => {
      const { origin, server, fetch } = await site(net);
      // A name that is not known to be this machine: over a transport that goes there whatever the name.
      const toAnyName = createFetch({ transport: net.client({ lookup: loopbackLookup().lookup }).transport });
      const init = { referrer: 'https://page.example/a?b#c', referrerPolicy: policy } as RequestInit;
      assert.equal(field(await echoOf(toAnyName(`http://plain.example:${server.port}/`, init)), 'referer'), other);
      // This machine is as good as encrypted.
      const trusted = policy === '' || policy.startsWith('strict') ? 'https://page.example/' : 'https://page.example/a?b';
      assert.equal(field(await echoOf(fetch(origin, init)), 'referer'), other ?? trusted);
    }));
  }
});

describe('the policy of a redirect', () => {
  for (const [what, header, told] of [
    ['is the last one that is known', 'no-referrer, unknown, origin, 0943sd', 'origin'],
    ['is the last one that is known, behind one that is not', 'unknown, origin', 'origin'],
    ['is the last one that is known, before empty ones', 'origin, unknown, no-referrer,,', 'nothing'],
    ['is the last one that is known, before those that are not', 'origin, unknown, asdaw34', 'origin'],
    ['has no letter case', 'ORIGIN', 'origin'],
    ['leaves what there was if it is not known', 'unknown', 'page'],
    ['leaves what there was if none of several is known', 'unknown, other, 12daw,', 'page'],
    ['leaves what there was if it is empty', '', 'page'],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const referrer = `${origin}/index.html?test=1`;
      const expected = { page: referrer, origin: `${origin}/`, nothing: undefined }[told];
      assert.equal(field(await echoOf(fetch(redirect(origin, 302, '/there', `&policy=${encodeURIComponent(header)}`), { referrer })), 'referer'), expected);
    }));
  }

  test('goes before what the program gave, and holds for the redirects that follow', onLoopback(async (net) => {
    const [here, there] = [await site(net), await site(net)];
    const referrer = `${here.origin}/page`;
    const echo = await echoOf(here.fetch(redirect(here.origin, 302, redirect('', 302, there.origin), '&policy=unsafe-url'), { referrer, referrerPolicy: 'no-referrer' }));
    assert.equal(field(echo, 'referer'), referrer);
  }));
});

describe('a referrer', () => {
  for (const [what, referrer, sent] of [
    ['that is too long is its origin', `https://page.example/${'a'.repeat(5000)}`, 'https://page.example/'],
    ['of about: is none', 'about:client', undefined],
    ['of about: with a host is none', 'about://client', undefined],
    ['of about:blank is none', 'about:blank', undefined],
    ['of data: is none', 'data:,x', undefined],
    ['that is empty is none', '', undefined],
    ['of a file is told where the policy wants it', 'file:///a/b', 'file:///a/b'],
    ['with a user and a fragment is told without', 'https://user:secret@page.example/a?b#c', 'https://page.example/a?b'],
    ['beyond ASCII is encoded', 'https://page.example/m\u00f6', 'https://page.example/m%C3%B6'],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const init: RequestInit = { referrer, referrerPolicy: 'unsafe-url' };
      assert.equal(field(await echoOf(fetch(origin, init)), 'referer'), sent);
      assert.equal(field(await echoOf(fetch(new Request(origin, init))), 'referer'), sent);
    }));
  }

  test('goes before the field of the program', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const { fields } = await echoOf(fetch(redirect(origin, 302, '/'), { referrer: `${origin}/page`, headers: { Referer: 'https://mine.example/' } }));
    assert.deepEqual(fields.filter(([name]) => name.toLowerCase() === 'referer').map(([, value]) => value), [`${origin}/page`]);
  }));
});
