/** Cookies, with the jar of the package tough-cookie: what goes in, what comes out, and where a cookie may not go. docs/go-parity.md says which test of Go's is which. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { CookieJar } from 'tough-cookie';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { loopbackLookup, onLoopback, settle } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';

const { lookup } = loopbackLookup();

/** `/set?a=b; Path=/` sets that cookie; anything else is answered with the cookies that came. */
function cookieServer(request: RawRequest): void {
  const [, text] = request.target.split('/set?');
  request.reply(request.header('cookie') ?? 'none', text === undefined ? {} : { fields: [`Set-Cookie: ${decodeURIComponent(text)}`] });
}

describe('a cookie of the jar', () => {
  test('is sent by every form of a request', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: cookieServer });
    const jar = new CookieJar();
    await jar.setCookie('ChocolateChip=tasty; Path=/', server.origin);
    await jar.setCookie('First=Hit; Path=/', server.origin);
    const { client } = net.client({}, { jar });
    const url = `${server.origin}/`;
    for (const ask of [() => client.get(url), () => client.head(url), () => client.post(url, 'body'), () => client.postForm(url, {}), () => client.request(url), () => client.do({ url }), () => client.do({ url, method: 'POST' })]) await (await ask()).close();
    assert.deepEqual(server.requests.map((request) => request.all('cookie')), Array.from({ length: 7 }, () => ['ChocolateChip=tasty; First=Hit']));
  }));

  test('that a response sets is sent with the next request, and with the redirect that came with it', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => (request.target === '/' ? request.reply('', { status: '301 Moved', fields: ['Location: /second', 'Set-Cookie: First=Hit'] }) : request.reply('hello', { fields: ['Set-Cookie: Second=Hit'] })) });
    const jar = new CookieJar();
    await jar.setCookie('ChocolateChip=tasty', server.origin);
    const { client } = net.client({}, { jar });
    await (await client.get(server.origin)).text();
    await (await client.get(`${server.origin}/third`)).text();
    assert.deepEqual(server.requests.map((request) => request.header('cookie')), ['ChocolateChip=tasty', 'ChocolateChip=tasty; First=Hit', 'ChocolateChip=tasty; First=Hit; Second=Hit']);
  }));

  test('is asked for and stored by the URL of each hop, in their order, and is not stored where none is set', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => {
      if (request.target === '/') request.reply('', { status: '302 Found', fields: [`Location: http://second.example:${server.port}/path`, 'Set-Cookie: name=val'] });
      else request.reply('', { fields: request.target === '/none' ? [] : ['Set-Cookie: other=val2'] });
    } });
    const calls: string[] = [];
    const jar = {
      getCookieString: (url: string) => (calls.push(`get ${url}`), ''),
      setCookie: (cookie: string, url: string) => void calls.push(`set ${url} ${cookie}`),
    };
    const { client } = net.client({ lookup }, { jar });
    await (await client.get(`http://user:pw@first.example:${server.port}/#part`)).text();
    await (await client.get(`http://first.example:${server.port}/none`)).text();
    const [first, second] = [`http://first.example:${server.port}`, `http://second.example:${server.port}/path`];
    assert.deepEqual(calls, [`get ${first}/`, `set ${first}/ name=val`, `get ${second}`, `set ${second} other=val2`, `get ${first}/none`]);
  }));

  for (const [what, cookie, from, to, sent] of [
    ['of a host', 'a=b', 'www.shop.example', 'www.shop.example', true],
    ['of a host goes to no subdomain', 'a=b', 'shop.example', 'www.shop.example', false],
    ['of a host goes to no other', 'a=b', 'www.shop.example', 'www.other.example', false],
    ['of a domain goes to its subdomains', 'a=b; Domain=shop.co.uk', 'shop.co.uk', 'www.shop.co.uk', true],
    ['of a domain, set by a subdomain, goes to others', 'a=b; Domain=.shop.co.uk', 'a.shop.co.uk', 'b.shop.co.uk', true],
    ['of a domain that is none of the host\'s is not stored', 'a=b; Domain=bank.co.uk', 'www.shop.co.uk', 'bank.co.uk', false],
    ['of a public suffix is not stored', 'a=b; Domain=co.uk', 'www.shop.co.uk', 'www.bank.co.uk', false],
    ['of a public suffix of two parts is not stored', 'a=b; Domain=github.io', 'mine.github.io', 'other.github.io', false],
    ['of a whole country is not stored', 'a=b; Domain=uk', 'www.shop.co.uk', 'www.shop.co.uk', false],
    ['of a path goes below it', 'a=b; Path=/x', 'a.example', 'a.example/x/y', true],
    ['of a path goes nowhere else', 'a=b; Path=/x', 'a.example', 'a.example/xy', false],
    ['that is secure does not go in clear', 'a=b; Secure', 'a.example', 'a.example', false],
    ['that has ended is not sent', 'a=b; Max-Age=0', 'a.example', 'a.example', false],
    ['that ended before is not sent', 'a=b; Expires=Thu, 01 Jan 1970 00:00:01 GMT', 'a.example', 'a.example', false],
    ['for programs of pages alone goes, too', 'a=b; HttpOnly', 'a.example', 'a.example', true],
    ['of an address', 'a=b', '127.0.0.1', '127.0.0.1', true],
    ['that is none changes nothing', '=; ;;', 'a.example', 'a.example', false],
  ] as const) {
    test(`${what} (${cookie})`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: cookieServer });
      const { client } = net.client({ lookup }, { jar: new CookieJar() });
      await (await client.get(`http://${from}:${server.port}/set?${encodeURIComponent(cookie)}`)).text();
      const [host, path = ''] = to.split(/\/(.*)/, 2);
      assert.equal(await (await client.get(`http://${host}:${server.port}/${path}`)).text(), sent ? 'a=b' : 'none');
    }));
  }

  test('that is secure goes over TLS, also to another port of the host', onLoopback(async (net) => {
    const ca = new CertificateAuthority();
    const tls = ca.issue({ names: ['a.example'] });
    const [one, two] = [await net.serve({ tls, onRequest: cookieServer }), await net.serve({ tls, onRequest: cookieServer })];
    const { client } = net.client({ lookup, tls: { ca: ca.cert } }, { jar: new CookieJar() });
    await (await client.get(`https://a.example:${one.port}/set?${encodeURIComponent('a=b; Secure; Path=/')}`)).text();
    assert.equal(await (await client.get(`https://a.example:${two.port}/`)).text(), 'a=b');
  }));

  test('does not go along to where the program\'s own Cookie was taken away', onLoopback(async (net) => {
    const away = await net.serve({ onRequest: cookieServer });
    const home = await net.serve({ onRequest: (request) => request.reply('', { status: '302 Found', fields: [`Location: http://away.example:${away.port}/`] }) });
    const jar = new CookieJar();
    await jar.setCookie('home=1', `http://home.example:${home.port}/`);
    await jar.setCookie('away=1', `http://away.example:${away.port}/`);
    const { client } = net.client({ lookup }, { jar });
    assert.equal(await (await client.get(`http://home.example:${home.port}/`, { headers: { Cookie: 'own=1' } })).text(), 'away=1');
    assert.equal(home.requests[0].header('cookie'), 'own=1; home=1');
  }));
});

test('what a redirect sets is taken out of the program\'s own Cookie, and comes from the jar; the rest of it goes along', onLoopback(async (net) => {
  const set: Record<string, string[]> = {
    '/0': ['Cycle=1; Path=/', 'Cookie2=; Path=/; Max-Age=0'],
    '/1': ['Cycle=2; Path=/', 'Cookie3=New3; Path=/', 'Cookie4=New4; Path=/'],
    '/2': ['Cycle=3; Path=/', 'Cookie5=New5; Path=/'],
  };
  const server = await net.serve({ onRequest: (request) => {
    const cookies = set[request.target];
    if (cookies === undefined) request.reply('here');
    else request.reply('', { status: '302 Found', fields: [`Location: /${Number(request.target.slice(1)) + 1}`, ...cookies.map((cookie) => `Set-Cookie: ${cookie}`)] });
  } });
  const jar = new CookieJar();
  await jar.setCookie('Cookie4=Old4; Path=/', server.origin);
  await jar.setCookie('Cycle=0; Path=/', server.origin);
  const { client } = net.client({}, { jar });
  await (await client.get(`${server.origin}/0`, { headers: { Cookie: 'Cookie1=Old1a; Cookie1=Old1b; Cookie2=Old2; Cookie3=Old3a; Cookie3=Old3b' } })).text();
  const sorted = server.requests.map((request) => request.header('cookie')!.split('; ').toSorted());
  assert.deepEqual(sorted, [
    ['Cookie1=Old1a', 'Cookie1=Old1b', 'Cookie2=Old2', 'Cookie3=Old3a', 'Cookie3=Old3b', 'Cookie4=Old4', 'Cycle=0'],
    ['Cookie1=Old1a', 'Cookie1=Old1b', 'Cookie3=Old3a', 'Cookie3=Old3b', 'Cookie4=Old4', 'Cycle=1'],
    ['Cookie1=Old1a', 'Cookie1=Old1b', 'Cookie3=New3', 'Cookie4=New4', 'Cycle=2'],
    ['Cookie1=Old1a', 'Cookie1=Old1b', 'Cookie3=New3', 'Cookie4=New4', 'Cookie5=New5', 'Cycle=3'],
  ]);
}));

test('without a jar the program\'s own Cookie goes along as it is, whatever a redirect sets', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => (request.target === '/' ? request.reply('', { status: '302 Found', fields: ['Location: /next', 'Set-Cookie: a=new'] }) : request.reply('here')) });
  const { client } = net.client();
  await (await client.get(server.origin, { headers: { Cookie: 'a=old; b=1' } })).text();
  assert.equal(server.requests[1].header('cookie'), 'a=old; b=1');
}));

test('a program\'s own Cookie of which nothing is left is not sent as an empty field', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => (request.target === '/' ? request.reply('', { status: '302 Found', fields: ['Location: /next', 'Set-Cookie: a=; Max-Age=0'] }) : request.reply('here')) });
  const { client } = net.client({}, { jar: new CookieJar() });
  await (await client.get(server.origin, { headers: { Cookie: 'a=old' } })).text();
  assert.deepEqual(server.requests[1].all('cookie'), []);
}));

test('the error of a jar says which method failed and not what the cookie is', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('x', { fields: ['Set-Cookie: session=topsecret'] }) });
  const { client } = net.client({}, { jar: { getCookieString: () => 'session=topsecret', setCookie: () => {
    throw new Error('the disk is full');
  } } });
  const { error } = await settle(client.get(server.origin));
  assert.equal((error as { hook?: string }).hook, 'jar.setCookie');
  assert.doesNotMatch(inspect(error, { depth: 20, showHidden: true }), /topsecret/);
}));
