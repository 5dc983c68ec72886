/**
 * The field Referer, by the policy of the program and of the redirects. Referrer
 * Policy, "Determine request's Referrer" and "Set request's referrer policy on
 * redirect"; Fetch standard, "HTTP-network-or-cache fetch". A program on Node has
 * no page, so the referrer is what it gives.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback } from '../../fixtures/loopback.js';
import { echoOf, field, redirect, site } from '../site.js';

type Told = 'url' | 'origin' | undefined;

/** What each policy tells to the referrer's own origin, and to another; both are as secure as the referrer's. */
const POLICIES: readonly (readonly [NonNullable<RequestInit['referrerPolicy']>, Told, Told])[] = [
  ['', 'url', 'origin'],
  ['no-referrer', undefined, undefined],
  ['no-referrer-when-downgrade', 'url', 'url'],
  ['same-origin', 'url', undefined],
  ['origin', 'origin', 'origin'],
  ['strict-origin', 'origin', 'origin'],
  ['origin-when-cross-origin', 'url', 'origin'],
  ['strict-origin-when-cross-origin', 'url', 'origin'],
  ['unsafe-url', 'url', 'url'],
];

/** The referrer of an origin, and what is told of it. */
const page = (origin: string): string => `${origin}/page?secret=1`;
const toldOf = (origin: string, told: Told): string | undefined => (told === undefined ? undefined : told === 'url' ? page(origin) : `${origin}/`);

describe('a policy of the program', () => {
  for (const [referrerPolicy, same, cross] of POLICIES) {
    test(`'${referrerPolicy}' tells its own origin ${same ?? 'nothing'}, another ${cross ?? 'nothing'}`, onLoopback(async (net) => {
      const [here, there] = [await site(net), await site(net)];
      const init = { referrer: page(here.origin), referrerPolicy };
      for (const [origin, told] of [[here.origin, same], [there.origin, cross]] as const) {
        assert.equal(field(await echoOf(here.fetch(`${origin}/`, init)), 'referer'), toldOf(here.origin, told));
        assert.equal(field(await echoOf(here.fetch(new Request(`${origin}/`, init))), 'referer'), toldOf(here.origin, told));
        assert.equal(field(await echoOf(here.fetch(redirect(here.origin, 302, `${origin}/`), init)), 'referer'), toldOf(here.origin, told));
      }
    }));
  }
});

describe('a policy of a redirect goes before the program\'s', () => {
  for (const [first] of POLICIES) {
    for (const [last, same, cross] of POLICIES) {
      if (last === '') continue;
      test(`'${last}' after '${first}' tells its own origin ${same ?? 'nothing'}, another ${cross ?? 'nothing'}`, onLoopback(async (net) => {
        const [here, there] = [await site(net), await site(net)];
        const init: RequestInit = { referrer: page(here.origin), referrerPolicy: first };
        for (const [origin, told] of [[here.origin, same], [there.origin, cross]] as const) {
          assert.equal(field(await echoOf(here.fetch(redirect(here.origin, 302, `${origin}/`, `&policy=${last}`), init)), 'referer'), toldOf(here.origin, told));
        }
      }));
    }
  }

  for (const [policy, told] of [['unknown', 'origin'], ['', 'origin'], ['origin, unsafe-url', 'url'], ['unsafe-url, unknown', 'url'], ['UNSAFE-URL', 'url'], ['unsafe-url,', 'url']] as const) {
    test(`the last known one of "${policy}" counts`, onLoopback(async (net) => {
      const [here, there] = [await site(net), await site(net)];
      const echo = await echoOf(here.fetch(redirect(here.origin, 302, `${there.origin}/`, `&policy=${encodeURIComponent(policy)}`), { referrer: page(here.origin) }));
      assert.equal(field(echo, 'referer'), toldOf(here.origin, told));
    }));
  }
});

describe('the referrer', () => {
  for (const [what, path, told] of [
    ['loses its fragment', '/page#part', '/page'],
    ['loses its user and password', '@/page', '/page'],
    ['of 4096 characters is told', 4096, 4096],
    ['of 4097 characters is told as its origin', 4097, '/'],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const long = (length: number): string => `${origin}/`.padEnd(length, 'a');
      const referrer = typeof path === 'number' ? long(path) : path.startsWith('@') ? origin.replace('//', '//user:pass@') + path.slice(1) : origin + path;
      assert.equal(field(await echoOf(fetch(`${origin}/`, { referrer })), 'referer'), typeof told === 'number' ? long(told) : origin + told);
    }));
  }

  for (const referrer of ['', 'about:client', undefined]) {
    test(`${referrer === undefined ? 'that is not given' : `'${referrer}'`} is no one, under every policy`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      for (const [referrerPolicy] of POLICIES) {
        assert.equal(field(await echoOf(fetch(redirect(origin, 302, '/', `&policy=${referrerPolicy}`), { referrer, referrerPolicy })), 'referer'), undefined);
      }
    }));
  }

  test('is told again after a redirect that has led to another origin and back', onLoopback(async (net) => {
    const [here, there] = [await site(net), await site(net)];
    const url = redirect(here.origin, 302, redirect(there.origin, 302, `${here.origin}/`));
    assert.equal(field(await echoOf(here.fetch(url, { referrer: page(here.origin), referrerPolicy: 'origin-when-cross-origin' })), 'referer'), page(here.origin));
    assert.equal(there.server.requests[0].header('referer'), `${here.origin}/`);
  }));

  test('that the program sets as a field goes along with every redirect', onLoopback(async (net) => {
    const [here, there] = [await site(net), await site(net)];
    for (const origin of [here.origin, there.origin]) {
      assert.equal(field(await echoOf(here.fetch(redirect(here.origin, 302, `${origin}/`), { headers: { Referer: 'http://example.test/own' } })), 'referer'), 'http://example.test/own');
    }
  }));

  test('of https is told to the loopback, which is as trustworthy', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    for (const [referrerPolicy, told] of [['no-referrer-when-downgrade', 'https://example.test/page'], ['strict-origin', 'https://example.test/'], ['unsafe-url', 'https://example.test/page'], ['', 'https://example.test/']] as const) {
      assert.equal(field(await echoOf(fetch(`${origin}/`, { referrer: 'https://example.test/page', referrerPolicy })), 'referer'), told);
    }
  }));
});
