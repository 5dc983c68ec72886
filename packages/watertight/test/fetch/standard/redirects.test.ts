/**
 * Redirects: where they lead, what is sent there, and when they end the fetch. Fetch
 * standard, "HTTP-redirect fetch", "HTTP fetch" and "Location URL".
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback, type Loopback } from '../../fixtures/loopback.js';
import type { RawServer } from '../../fixtures/raw-server.js';
import { echoOf, field, redirect, site } from '../site.js';
import { fetchOf, half, streamOf } from './place.js';

const STATUSES = [301, 302, 303, 307, 308];

/** A server that redirects `/` with the status and these fields; everything else it answers with `there`. */
function redirects(net: Loopback, status: number, ...fields: string[]): Promise<RawServer> {
  return net.serve({ onRequest: async (request) => {
    await request.body;
    if (request.target === '/') request.reply('moved', { status: `${status} Moved`, fields });
    else request.reply('there');
  } });
}

/** A server that redirects to itself as often as the number in the path says. */
function counts(net: Loopback, status: number): Promise<RawServer> {
  return net.serve({ onRequest: (request) => {
    const left = Number(request.target.slice(1));
    if (left === 0) request.reply('arrived');
    else request.reply('', { status: `${status} Moved`, fields: [`Location: ${left - 1}`] });
  } });
}

describe('the count', () => {
  for (const status of STATUSES) {
    test(`20 redirects ${status} are followed, 21 are a TypeError`, onLoopback(async (net) => {
      const server = await counts(net, status);
      const fetch = fetchOf(net);
      const response = await fetch(`${server.origin}/20`);
      assert.deepEqual([await response.text(), response.redirected, response.url], ['arrived', true, `${server.origin}/0`]);
      await assert.rejects(fetch(`${server.origin}/21`), TypeError);
    }));
  }

  test('a redirect to itself, with an empty Location, ends at the limit', onLoopback(async (net) => {
    const server = await redirects(net, 302, 'Location: ');
    await assert.rejects(fetchOf(net)(server.origin), TypeError);
    assert.equal(server.requests.length, 21);
  }));
});

describe('the mode', () => {
  for (const status of STATUSES) {
    for (const [what, fields, follow] of [
      ['without Location', [], `${status} moved`],
      ['with a Location', ['Location: /there'], '200 there'],
      ['with a Location that is no URL', ['Location: http://[/'], TypeError],
      ['with a Location of an unknown scheme', ['Location: invalidurl:'], TypeError],
      ['with a Location that is data', ['Location: data:,moved'], TypeError],
    ] as const) {
      test(`follow: ${status} ${what} is ${typeof follow === 'string' ? follow : 'a TypeError'}`, onLoopback(async (net) => {
        const server = await redirects(net, status, ...fields);
        const pending = fetchOf(net)(server.origin).then(async (response) => `${response.status} ${await response.text()}`);
        if (typeof follow === 'string') assert.equal(await pending, follow);
        else await assert.rejects(pending, TypeError);
      }));

      test(`manual: ${status} ${what} is the response`, onLoopback(async (net) => {
        const server = await redirects(net, status, ...fields);
        const response = await fetchOf(net)(server.origin, { redirect: 'manual' });
        assert.deepEqual([response.status, response.redirected, response.url, await response.text(), server.requests.length], [status, false, `${server.origin}/`, 'moved', 1]);
      }));

      test(`error: ${status} ${what} is a TypeError`, onLoopback(async (net) => {
        const server = await redirects(net, status, ...fields);
        await assert.rejects(fetchOf(net)(server.origin, { redirect: 'error' }), TypeError);
        assert.equal(server.requests.length, 1);
      }));
    }
  }

  for (const status of [300, 304, 305, 306, 201]) {
    test(`${status} with a Location is no redirect`, onLoopback(async (net) => {
      const server = await redirects(net, status, 'Location: /there');
      const response = await fetchOf(net)(server.origin, { redirect: 'error' });
      assert.deepEqual([response.status, response.redirected], [status, false]);
      await response.text();
    }));
  }

  for (const mode of ['cors', 'no-cors', 'same-origin'] as const) {
    test(`a redirect in the mode ${mode} to the same origin is followed`, onLoopback(async (net) => {
      const server = await redirects(net, 302, 'Location: /there');
      const response = await fetchOf(net)(server.origin, { mode });
      assert.deepEqual([response.status, response.type, await response.text()], [200, 'basic', 'there']);
    }));

    test(`a redirect in the mode ${mode} to data: is a TypeError`, onLoopback(async (net) => {
      const server = await redirects(net, 301, 'Location: data:text/plain;base64,cmVzcG9uc2UncyBib2R5');
      await assert.rejects(fetchOf(net)(server.origin, { mode }), TypeError);
    }));
  }

  test('a redirect in the mode same-origin to another origin is a TypeError', onLoopback(async (net) => {
    const { origin, server } = await site(net);
    const first = await redirects(net, 302, `Location: ${origin}/`);
    await assert.rejects(fetchOf(net)(first.origin, { mode: 'same-origin' }), TypeError);
    assert.equal(server.requests.length, 0);
  }));

  test('a redirect to another origin in the mode cors makes the type cors, also on the way back', onLoopback(async (net) => {
    const [here, there] = [await site(net), await site(net)];
    const response = await here.fetch(redirect(here.origin, 302, `${there.origin}/a`));
    assert.equal(response.type, 'cors');
    assert.equal(response.headers.get('content-type'), 'application/json');
    await response.text();
    const back = await here.fetch(redirect(here.origin, 303, redirect(there.origin, 303, `${here.origin}/b`)));
    assert.deepEqual([back.type, back.url], ['cors', `${here.origin}/b`]);
    await back.text();
  }));
});

test('a redirect to another origin in the mode no-cors makes the response opaque, and frees its connection', onLoopback(async (net) => {
  const [here, there] = [await site(net), await site(net)];
  const response = await here.fetch(redirect(here.origin, 302, `${there.origin}/a`), { mode: 'no-cors' });
  assert.deepEqual([response.type, response.status, response.ok, response.body, await response.text(), there.server.requests.length], ['opaque', 0, false, null, '', 1]);
  const copy = response.clone();
  assert.deepEqual([copy.type, copy.status], ['opaque', 0]);
}));

describe('a TypeError, and nothing is asked of where it leads:', () => {
  for (const location of ['mailto:a@b.c', 'data:,HI', 'ftp://127.0.0.1/', 'file:///etc/hostname', 'about:blank', 'about:unicorn', 'blob:djfksfjs', 'javascript:1', 'ws://127.0.0.1/', 'http://127.0.0.1:22/', 'http://127.0.0.1:6000/', 'https://127.0.0.1:25/', 'http://']) {
    test(location, onLoopback(async (net) => {
      const server = await redirects(net, 302, `Location: ${location}`);
      await assert.rejects(fetchOf(net)(server.origin), TypeError);
    }));
  }
});

describe('a Location', () => {
  for (const [location, path] of [
    ['/there', '/there'], ['there', '/there'], ['./there', '/there'], ['../there', '/there'], ['?a=b', '/?a=b'], ['/there#part', '/there'], ['  /there  ', '/there'], ['/a/../there', '/there'],
    ['/%E2%98%83', '/%E2%98%83'], ['/\xe2\x98\x83', '/%E2%98%83'], ['/%E2%98%83\xe2\x98\x83', '/%E2%98%83%E2%98%83'], ['/a%', '/a%'], ['/a%25b', '/a%25b'], ['/a b', '/a%20b'], ['/?\xe2\x98\x83', '/?%E2%98%83'],
  ] as const) {
    test(`${JSON.stringify(location)} leads to ${path}`, onLoopback(async (net) => {
      const server = await redirects(net, 302, `Location: ${location}`);
      const response = await fetchOf(net)(`${server.origin}/#here`);
      assert.deepEqual([response.status, response.url, await response.text(), server.requests[1].target], [200, server.origin + path, 'there', path]);
    }));
  }

  test('with bytes that are no UTF-8 leads to these bytes', onLoopback(async (net) => {
    const server = await redirects(net, 302, 'Location: /there?\xff');
    const response = await fetchOf(net)(server.origin);
    assert.equal(response.url, `${server.origin}/there?%FF`);
    await response.text();
  }));

  test('without a scheme leads to the same scheme, and one with a host to another origin', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    for (const to of [origin.slice('http:'.length), origin]) {
      const server = await redirects(net, 302, `Location: ${to}/a`);
      const response = await fetch(server.origin);
      assert.equal(response.url, `${origin}/a`);
      await response.text();
    }
  }));

  test('that comes twice and differs is a TypeError', onLoopback(async (net) => {
    const server = await redirects(net, 302, 'Location: /a', 'Location: http://[/b');
    await assert.rejects(fetchOf(net)(server.origin), TypeError);
  }));
});

const FIELDS = ['content-type', 'content-length', 'content-encoding', 'content-language', 'content-location'];

describe('what is sent there', () => {
  for (const status of STATUSES) {
    for (const [method, body] of [['GET', null], ['HEAD', null], ['POST', 'data'], ['PUT', 'data'], ['DELETE', 'data'], ['TESTING', 'data'], ['TESTING', null], ['POST', null]] as const) {
      const changes = status === 303 ? method !== 'GET' && method !== 'HEAD' : status < 303 && method === 'POST';
      test(`${method} ${body === null ? 'without' : 'with'} a body after ${status} is ${changes ? 'GET, without what describes a body' : `${method}, as it was`}`, onLoopback(async (net) => {
        const { origin, server, fetch } = await site(net);
        const init = { method, body, headers: { 'Content-Encoding': 'Identity', 'Content-Language': 'en-US', 'Content-Location': 'foo', 'X-Own': '1' } };
        for (const input of [[redirect(origin, status, '/there'), init], [new Request(redirect(origin, status, '/there'), init)]] as const) {
          const response = await (fetch as (...args: unknown[]) => Promise<Response>)(...input);
          assert.deepEqual([response.status, response.redirected], [200, true]);
          await response.text();
          const [first, second] = server.requests.slice(-2);
          assert.equal(second.method, changes ? 'GET' : method);
          assert.equal(String(await second.body), changes ? '' : (body ?? ''));
          assert.equal(second.header('x-own'), '1');
          assert.deepEqual(FIELDS.map((name) => second.header(name)), FIELDS.map((name) => (changes ? undefined : first.header(name))));
        }
      }));
    }

    for (const [what, body, bytes] of [['a Blob', () => new Blob(['it is ', 'a blob']), 'it is a blob'], ['bytes', () => Buffer.from('bytes'), 'bytes'], ['fields', () => new URLSearchParams({ a: 'b' }), 'a=b'], ['an empty string', () => '', '']] as const) {
      if (status < 307) continue;
      test(`${what} after ${status} again`, onLoopback(async (net) => {
        const { origin, fetch } = await site(net);
        assert.equal((await echoOf(fetch(redirect(origin, status, '/there'), { method: 'POST', body: body() }))).body, bytes);
      }));
    }

    test(`a stream after ${status} ${status === 303 ? 'not at all' : 'can\'t be, so it is a TypeError'}`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const pending = fetch(redirect(origin, status, '/there'), half(streamOf(Buffer.from('Test'))));
      if (status === 303) assert.equal((await echoOf(pending)).method, 'GET');
      else await assert.rejects(pending, TypeError);
    }));
  }

  for (const keepalive of [true, false]) {
    test(`with keepalive ${keepalive} the same`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      assert.equal((await echoOf(fetch(redirect(origin, 307, '/there'), { method: 'POST', body: 'data', keepalive }))).body, 'data');
    }));
  }
});

describe('who asks', () => {
  const headers = { Authorization: 'secret', Cookie: 'a=b', 'Proxy-Authorization': 'secret', 'X-Own': '1' };
  const told = (echo: Awaited<ReturnType<typeof echoOf>>): unknown[] => ['authorization', 'cookie', 'x-own', 'origin'].map((name) => field(echo, name));

  for (const status of STATUSES) {
    test(`is told to the same origin after ${status}, and to no other`, onLoopback(async (net) => {
      const [here, there] = [await site(net), await site(net)];
      assert.deepEqual(told(await echoOf(here.fetch(redirect(here.origin, status, '/a'), { headers }))), ['secret', 'a=b', '1', undefined]);
      assert.deepEqual(told(await echoOf(here.fetch(redirect(here.origin, status, `${there.origin}/a`), { headers }))), [undefined, undefined, '1', undefined]);
      assert.deepEqual(told(await echoOf(here.fetch(new Request(redirect(here.origin, status, `${there.origin}/a`), { headers })))), [undefined, undefined, '1', undefined]);
    }));
  }

  test('is not told again when a redirect leads back', onLoopback(async (net) => {
    const [here, there] = [await site(net), await site(net)];
    const echo = await echoOf(here.fetch(redirect(here.origin, 302, redirect(there.origin, 302, `${here.origin}/b`)), { headers }));
    assert.deepEqual(told(echo), [undefined, undefined, '1', undefined]);
    assert.deepEqual(here.server.requests.map((request) => request.header('authorization')), ['secret', undefined]);
  }));

  test('a Host of the program stays with its origin', onLoopback(async (net) => {
    const [here, there] = [await site(net), await site(net)];
    const echo = await echoOf(here.fetch(redirect(here.origin, 302, `${there.origin}/`), { headers: { Host: 'example.test' } }));
    assert.equal(field(echo, 'host'), there.origin.slice('http://'.length));
  }));

  test('a user and a password in a Location are refused in the mode cors, and not sent in the mode same-origin', onLoopback(async (net) => {
    const [here, there] = [await site(net), await site(net)];
    await assert.rejects(here.fetch(redirect(here.origin, 302, there.origin.replace('//', '//user:pass@'))), TypeError);
    assert.equal(there.server.requests.length, 0);
    const toItself = redirect(here.origin, 302, `${here.origin.replace('//', '//user:pass@')}/there`);
    await assert.rejects(here.fetch(toItself), TypeError);
    const response = await here.fetch(toItself, { mode: 'same-origin' });
    assert.equal(field(await echoOf(response), 'authorization'), undefined);
  }));
});
