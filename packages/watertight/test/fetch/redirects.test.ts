/** Redirects as the Fetch standard has them (section 4.4), where they differ from Go's: methods, bodies, the limit, credentials, the Referer. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { onLoopback } from '../fixtures/loopback.js';
import { echoOf, field, redirect, site } from './site.js';

const stream = (): RequestInit => ({ method: 'POST', body: new Blob(['data']).stream(), duplex: 'half' });

describe('the method after a redirect', () => {
  for (const [statuses, method, becomes] of [
    [[301, 302], 'POST', 'GET'],
    [[301, 302, 307, 308], 'PUT', 'PUT'],
    [[301, 302, 307, 308], 'DELETE', 'DELETE'],
    [[301, 302, 307, 308], 'PATCH', 'PATCH'],
    [[301, 302, 307, 308], 'OPTIONS', 'OPTIONS'],
    [[307, 308], 'POST', 'POST'],
    [[303], 'POST', 'GET'],
    [[303], 'PUT', 'GET'],
    [[303], 'DELETE', 'GET'],
    [[303], 'OPTIONS', 'GET'],
    [[301, 302, 303, 307, 308], 'GET', 'GET'],
  ] as const) {
    test(`${method} becomes ${becomes} after ${statuses.join(', ')}`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const withBody = method !== 'GET' && method !== 'OPTIONS';
      for (const status of statuses) {
        const echo = await echoOf(fetch(redirect(origin, status, '/there'), { method, body: withBody ? 'data' : null }));
        assert.deepEqual([echo.method, echo.target, echo.body], [becomes, '/there', withBody && becomes === method ? 'data' : '']);
        if (becomes !== method) assert.equal(field(echo, 'content-type'), undefined);
      }
    }));
  }

  test('HEAD stays HEAD after each', onLoopback(async (net) => {
    const { origin, server, fetch } = await site(net);
    for (const status of [301, 302, 303, 307, 308]) {
      assert.equal((await fetch(redirect(origin, status, '/there'), { method: 'HEAD' })).status, 200);
      assert.equal(server.requests.at(-1)?.method, 'HEAD');
    }
  }));
});

describe('the body after 307', () => {
  const form = new FormData();
  form.set('key', 'data');
  for (const [what, body] of [['a string', 'data'], ['a Blob', new Blob(['data'])], ['bytes', Buffer.from('data')], ['a form', form]] as const) {
    test(`${what} is sent again, given alone and in a Request`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const init = { method: 'POST', body };
      for (const input of [fetch(redirect(origin, 307, '/there'), init), fetch(new Request(redirect(origin, 307, '/there'), init))]) {
        const echo = await echoOf(input);
        assert.equal(echo.method, 'POST');
        assert.match(echo.body, /data/);
        assert.equal(field(echo, 'content-length'), String(Buffer.byteLength(echo.body)));
      }
    }));
  }

  test('a stream can\'t be sent again, so it is a TypeError', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    for (const status of [301, 307, 308]) await assert.rejects(fetch(redirect(origin, status, '/there'), stream()), { name: 'TypeError', message: 'fetch failed' });
    await assert.rejects(fetch(new Request(redirect(origin, 307, '/there'), stream())), TypeError);
  }));

  test('a Content-Length of the program goes with the body, and only with it', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    for (const [status, length] of [[301, undefined], [302, undefined], [303, undefined], [307, '5'], [308, '5']] as const) {
      const echo = await echoOf(fetch(redirect(origin, status, '/there'), { method: 'POST', body: 'a+b+c', headers: { 'content-length': '5', 'content-type': 'a/b' } }));
      assert.deepEqual([field(echo, 'content-length'), field(echo, 'content-type'), echo.body.length], [length, length && 'a/b', Number(length ?? 0)]);
    }
  }));

  test('after 303 a stream is not needed again', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    assert.equal((await echoOf(fetch(redirect(origin, 303, '/there'), stream()))).method, 'GET');
  }));
});

describe('the mode', () => {
  test('twenty redirects are followed, the next one is a TypeError', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const response = await fetch(`${origin}/chain?left=20`);
    assert.deepEqual([await response.text(), response.redirected, response.url], ['arrived', true, `${origin}/chain?left=0`]);
    await assert.rejects(fetch(`${origin}/chain?left=21`), (error: TypeError) => error instanceof TypeError && (error.cause as Error).message === 'redirect count exceeded');
  }));

  test('error: a redirect is a TypeError, with a Location or without', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const bare = await net.serve({ onRequest: (request) => request.reply('here', { status: '302 Found' }) });
    for (const url of [redirect(origin, 302, '/there'), bare.origin]) await assert.rejects(fetch(url, { redirect: 'error' }), (error: TypeError) => error.name === 'TypeError' && (error.cause as Error).message === 'unexpected redirect');
  }));

  test('manual: the body of a redirect is read as it comes', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const server = await net.serve({ onRequest: async ({ connection }) => {
      connection.write('HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 6\r\n\r\n');
      for (const letter of 'hello!') {
        await sleep(1);
        connection.write(letter);
      }
    } });
    const response = await fetch(server.origin, { redirect: 'manual' });
    assert.deepEqual([response.status, response.headers.get('location'), await response.text()], [302, '/there', 'hello!']);
    assert.equal(server.requests.length, 1);
  }));

  test('twenty redirects with a signal leave no listener on it, and warn of nothing', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 5 }, async () => (await fetch(`${origin}/chain?left=20`, { signal })).text()));
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  }));

  test('a redirect whose body is not what its Content-Encoding says is followed all the same', onLoopback(async (net) => {
    const { fetch } = await site(net);
    for (const body of ['', 'no gzip']) {
      const server = await net.serve({ onRequest: (request) => {
        if (request.target === '/') request.reply(body, { status: '301 Moved', fields: ['Location: /there', 'Content-Encoding: gzip'] });
        else request.reply(gzipSync('there'), { fields: ['Content-Encoding: gzip'] });
      } });
      assert.equal(await (await fetch(server.origin)).text(), 'there');
    }
  }));

  test('a Location with another status is no redirect, and the body is decoded', onLoopback(async (net) => {
    const { fetch } = await site(net);
    for (const status of ['200 OK', '201 Created', '300 Multiple Choices', '404 Not Found']) {
      const server = await net.serve({ onRequest: (request) => request.reply(gzipSync('here'), { status, fields: ['Location: /there', 'Content-Encoding: gzip'] }) });
      const response = await fetch(server.origin);
      assert.deepEqual([response.redirected, response.url, await response.text()], [false, `${server.origin}/`, 'here']);
    }
  }));

  test('manual: the redirect is the response, with its body', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const response = await fetch(redirect(origin, 302, '/there'), { redirect: 'manual' });
    assert.deepEqual([response.status, response.redirected, response.headers.get('location'), await response.text()], [302, false, '/there', 'moved']);
  }));

  test('a redirect without Location is the response', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const bare = await net.serve({ onRequest: (request) => request.reply('here', { status: '302 Found' }) });
    const response = await fetch(bare.origin);
    assert.deepEqual([response.status, response.redirected, await response.text()], [302, false, 'here']);
  }));

  for (const to of ['data:,x', 'ftp://127.0.0.1/', 'http://[', 'http://user:secret@127.0.0.2/', 'http://127.0.0.1:6000/']) {
    test(`a redirect to ${to} is a TypeError that says no password`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      await assert.rejects(fetch(redirect(origin, 302, to)), (error: TypeError) => error instanceof TypeError && !String((error.cause as Error).stack).includes('secret'));
    }));
  }

  for (const [what, location, path] of [['Latin-1', '/caf\xe9#there', '/caf%E9'], ['UTF-8', `/${Buffer.from('안녕').toString('latin1')}#there`, `/${encodeURIComponent('안녕')}`]] as const) {
    test(`bytes beyond ASCII in a Location are encoded as they are, ${what}, and a fragment is not sent`, onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: (request) => (request.target === '/' ? request.reply('', { status: '302 Found', fields: [`Location: ${location}`] }) : request.reply('x')) });
      const response = await fetch(`${server.origin}/#here`);
      assert.equal(response.url, `${server.origin}${path}`);
      assert.equal(server.requests.at(-1)!.target, path);
      await response.text();
    }));
  }
});

describe('what another origin is told', () => {
  test('credentials, cookies and Host stay with their origin', onLoopback(async (net) => {
    const [here, there] = [await site(net), await site(net)];
    const headers = { Authorization: 'a', Cookie: 'b=c', 'Proxy-Authorization': 'd', Host: 'e', 'X-Own': 'f' };
    const echo = await echoOf(here.fetch(redirect(here.origin, 302, `${there.origin}/`), { headers }));
    assert.deepEqual(['authorization', 'cookie', 'proxy-authorization', 'x-own'].map((name) => field(echo, name)), [undefined, undefined, undefined, 'f']);
    assert.equal(field(echo, 'host'), there.origin.slice('http://'.length));
    const same = await echoOf(here.fetch(redirect(here.origin, 302, '/'), { headers }));
    assert.deepEqual(['authorization', 'cookie'].map((name) => field(same, name)), ['a', 'b=c']);
  }));

  test('there is no Referer, unless the program gives a referrer', onLoopback(async (net) => {
    const [here, there] = [await site(net), await site(net)];
    assert.equal(field(await echoOf(here.fetch(redirect(here.origin, 302, `${there.origin}/`, '&secret=1'))), 'referer'), undefined);
    const referrer = `${here.origin}/page?secret=1#part`;
    assert.equal(field(await echoOf(here.fetch(`${here.origin}/`, { referrer })), 'referer'), `${here.origin}/page?secret=1`);
    const cross = (init: RequestInit, more = ''): Promise<string | undefined> => echoOf(here.fetch(redirect(here.origin, 302, `${there.origin}/`, more), { referrer, ...init })).then((echo) => field(echo, 'referer'));
    assert.equal(await cross({}), `${here.origin}/`);
    assert.equal(await cross({ referrerPolicy: 'no-referrer' }), undefined);
    assert.equal(await cross({ referrerPolicy: 'unsafe-url' }), `${here.origin}/page?secret=1`);
    assert.equal(await cross({}, '&policy=no-referrer'), undefined);
    assert.equal(await cross({ referrerPolicy: 'no-referrer' }, '&policy=unknown,%20origin'), `${here.origin}/`);
  }));
});

test('an abort between two requests ends the fetch with its reason', onLoopback(async (net) => {
  const { fetch } = await site(net);
  const server = await net.serve({ onRequest: async (request) => {
    if (request.target === '/') request.reply('', { status: '302 Found', fields: ['Location: /silent'] });
    else await sleep(1);
  } });
  const reason = new Error('enough');
  const cancel = new AbortController();
  const pending = fetch(server.origin, { signal: cancel.signal });
  while (server.requests.length < 2) await sleep(1);
  cancel.abort(reason);
  await assert.rejects(pending, (error) => error === reason);
}));
