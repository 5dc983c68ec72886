/** Redirects to another origin, in each mode: what is told there, what the response says of it, and what is refused. Also redirects whose own body is not at hand. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { echoOf, field, redirect, site } from './site.js';

/** Two origins; `fetch` is the first one's. */
async function two(net: Loopback): Promise<{ here: string; there: string; requests: () => number; fetch: typeof globalThis.fetch }> {
  const [one, other] = [await site(net), await site(net)];
  return { here: one.origin, there: other.origin, requests: () => other.server.requests.length, fetch: one.fetch };
}

describe('the response to a redirect', () => {
  test('to the same origin is basic', onLoopback(async (net) => {
    const { here, fetch } = await two(net);
    for (const mode of ['cors', 'no-cors', 'same-origin'] as const) {
      const response = await fetch(redirect(here, 302, '/a'), { mode });
      assert.deepEqual([response.type, response.redirected, response.status, response.url], ['basic', true, 200, `${here}/a`]);
      await response.text();
    }
  }));

  test('to another origin is cors, and stays so when the way leads back', onLoopback(async (net) => {
    const { here, there, fetch } = await two(net);
    for (const [to, url] of [[`${there}/a`, `${there}/a`], [redirect(there, 307, `${here}/b`), `${here}/b`]] as const) {
      const response = await fetch(redirect(here, 302, to));
      const copy = response.clone();
      assert.deepEqual([response.type, response.url, copy.type, copy.url], ['cors', url, 'cors', url]);
      assert.equal(await copy.text(), await response.text());
    }
  }));

  test('to another origin is refused in the mode same-origin, before anything is sent there', onLoopback(async (net) => {
    const { here, there, requests, fetch } = await two(net);
    for (const status of [301, 302, 303, 307, 308]) await assert.rejects(fetch(redirect(here, status, there), { mode: 'same-origin' }), (error: TypeError) => error instanceof TypeError && (error.cause as Error).message === 'request mode cannot be "same-origin"');
    await assert.rejects(fetch(redirect(here, 302, redirect('', 302, there)), { mode: 'same-origin' }), TypeError);
    assert.equal(requests(), 0);
  }));

  test('to another origin says nothing in the mode no-cors, and pins no connection', onLoopback(async (net) => {
    const { here, there, requests, fetch } = await two(net);
    const response = await fetch(redirect(here, 301, `${there}/a`), { mode: 'no-cors' });
    const { type, status, statusText, ok, url, redirected, body } = response;
    assert.deepEqual({ type, status, statusText, ok, url, redirected, body, headers: [...response.headers], text: await response.text() }, { type: 'opaque', status: 0, statusText: '', ok: false, url: '', redirected: false, body: null, headers: [], text: '' });
    assert.equal(requests(), 1);
  }));

  test('that is given out is basic, in each mode', onLoopback(async (net) => {
    const { here, there, requests, fetch } = await two(net);
    for (const mode of ['cors', 'no-cors', 'same-origin'] as const) {
      const response = await fetch(redirect(here, 302, there), { mode, redirect: 'manual' });
      assert.deepEqual([response.type, response.status, response.ok, response.redirected, await response.text()], ['basic', 302, false, false, 'moved']);
    }
    assert.equal(requests(), 0);
  }));
});

describe('a user or a password in a Location', () => {
  for (const user of ['user:secret@', 'user@', ':secret@']) {
    test(`${user} is a TypeError, at the same origin too, and is not said`, onLoopback(async (net) => {
      const { here, there, requests, fetch } = await two(net);
      for (const to of [here, there]) {
        await assert.rejects(fetch(redirect(here, 302, to.replace('//', `//${user}`))), (error: TypeError) => error instanceof TypeError && !String((error.cause as Error).stack).includes('secret'));
      }
      assert.equal(requests(), 0);
    }));
  }

  test('is left out in the other modes', onLoopback(async (net) => {
    const { here, fetch } = await two(net);
    for (const mode of ['no-cors', 'same-origin'] as const) {
      const response = await fetch(redirect(here, 302, `${here.replace('//', '//user:secret@')}/a`), { mode });
      assert.equal(response.url, `${here}/a`);
      assert.equal(field(await echoOf(response), 'authorization'), undefined);
    }
  }));
});

describe('of the program\'s fields', () => {
  test('those that say who asks stay, whatever their letter case and whichever way they are given', onLoopback(async (net) => {
    const { here, there, fetch } = await two(net);
    const secrets: [string, string][] = [['AUTHORIZATION', 'a'], ['Cookie', 'b=c'], ['proxy-authorization', 'd']];
    for (const headers of [secrets, Object.fromEntries(secrets), new Headers(secrets)]) {
      for (const pending of [fetch(redirect(here, 302, there), { headers }), fetch(new Request(redirect(here, 308, there), { headers })), fetch(redirect(here, 302, redirect(there, 302, here)), { headers })]) {
        const echo = await echoOf(pending);
        assert.deepEqual(secrets.map(([name]) => field(echo, name.toLowerCase())), [undefined, undefined, undefined]);
      }
      const same = await echoOf(fetch(redirect(here, 302, '/'), { headers }));
      // What is for a proxy reaches no origin at all.
      assert.deepEqual(secrets.map(([name]) => field(same, name.toLowerCase())), ['a', 'b=c', undefined]);
    }
  }));

  test('another port, scheme or host is another origin', onLoopback(async (net) => {
    const { here, there, fetch } = await two(net);
    for (const to of [there, here.replace('127.0.0.1', 'localhost')]) {
      const echo = await echoOf(fetch(redirect(here, 302, to), { headers: { Authorization: 'a' } }));
      assert.equal(field(echo, 'authorization'), undefined);
    }
  }));

  test('Referer and Origin go along', onLoopback(async (net) => {
    const { here, there, fetch } = await two(net);
    for (const to of [here, there]) {
      const echo = await echoOf(fetch(redirect(here, 302, to), { headers: { Referer: 'https://page.example/', Origin: 'https://origin.example' } }));
      assert.deepEqual([field(echo, 'referer'), field(echo, 'origin')], ['https://page.example/', 'https://origin.example']);
    }
  }));

  test('those of a body go with the body', onLoopback(async (net) => {
    const { here, fetch } = await two(net);
    const fields = { 'Content-Type': 'a/b', 'Content-Language': 'en', 'Content-Location': '/', 'Content-Encoding': 'x', 'X-Own': 'y' };
    const names = Object.keys(fields).map((name) => name.toLowerCase());
    const ask = (status: number): ReturnType<typeof echoOf> => echoOf(fetch(redirect(here, status, '/there'), { method: 'POST', body: 'x', headers: fields }));
    const [without, withBody] = [await ask(303), await ask(307)];
    assert.deepEqual(names.map((name) => field(without, name)), [undefined, undefined, undefined, undefined, 'y']);
    assert.deepEqual(names.map((name) => field(withBody, name)), Object.values(fields));
  }));
});

describe('a body of the request', () => {
  test('that is a stream is not missed any more once a redirect has dropped it', onLoopback(async (net) => {
    const { here, fetch } = await two(net);
    for (const status of [301, 302, 303, 307, 308]) {
      const echo = await echoOf(fetch(redirect(here, 303, redirect('', status, '/there')), { method: 'POST', body: new Blob(['data']).stream(), duplex: 'half' }));
      assert.deepEqual([echo.method, echo.target, echo.body], ['GET', '/there', '']);
    }
  }));

  test('that is empty is sent again as an empty one', onLoopback(async (net) => {
    const { here, fetch } = await two(net);
    for (const body of ['', new Uint8Array(0), new Blob([])]) {
      const echo = await echoOf(fetch(redirect(here, 307, '/there'), { method: 'PUT', body }));
      assert.deepEqual([echo.method, echo.body, field(echo, 'content-length')], ['PUT', '', '0']);
    }
  }));

  test('that is a form keeps its boundary', onLoopback(async (net) => {
    const { here, fetch } = await two(net);
    const form = new FormData();
    form.set('text', 'data');
    form.set('file', new File(['d'], 'd.txt.exe'));
    const echo = await echoOf(fetch(redirect(here, 307, redirect('', 308, '/there')), { method: 'POST', body: form }));
    const type = field(echo, 'content-type')!;
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the platform's parser is asked whether both agree
    const parsed = await new Response(echo.body, { headers: { 'content-type': type } }).formData();
    const file = parsed.get('file');
    assert.ok(typeof file === 'object' && file !== null);
    assert.deepEqual([parsed.get('text'), file.name], ['data', 'd.txt.exe']);
    assert.ok(echo.body.trimEnd().endsWith(`--${/boundary=(.*)$/.exec(type)![1]}--`) && echo.body.endsWith('\r\n'));
  }));
});

describe('a redirect whose body', () => {
  for (const [what, head, worthy] of [
    ['never ends', 'Transfer-Encoding: chunked\r\n\r\n5\r\nmoved\r\n', true],
    ['is longer than what is worth waiting for', 'Content-Length: 1000000\r\n\r\nmoved', false],
    ['does not begin', 'Content-Length: 5\r\n\r\n', true],
  ] as const) {
    test(`${what} is followed at once, with its body sent again`, onLoopback(async (net) => {
      const { fetch } = await site(net);
      let open = 0;
      const server = await net.serve({ onRequest: async (request) => {
        open = server.open.length;
        const body = String(await request.body);
        if (request.target === '/') request.connection.write(`HTTP/1.1 307 Moved\r\nLocation: /there\r\n${head}`);
        else request.reply(`${request.method} ${body}`);
      } });
      const response = await fetch(server.origin, { method: 'POST', body: 'data' });
      assert.deepEqual([await response.text(), response.redirected], ['POST data', true]);
      // The second request did not wait until the first one's connection was done with.
      assert.equal(server.connections.length, 2);
      if (worthy) assert.equal(open, 2);
    }));
  }

  test('comes whole with its head saves the connection', onLoopback(async (net) => {
    const { here, fetch } = await two(net);
    const server = await net.serve({ onRequest: (request) => (request.target === '/' ? request.reply('moved', { status: '302 Found', fields: ['Location: /there'] }) : request.reply('here')) });
    for (let i = 0; i < 3; i++) assert.equal(await (await fetch(server.origin)).text(), 'here');
    assert.equal(server.connections.length, 1);
    assert.equal((await echoOf(fetch(redirect(here, 302, '/')))).method, 'GET');
  }));

  test('is encoded is not decoded, so what it is does not matter', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const server = await net.serve({ onRequest: (request) => (request.target === '/' ? request.reply('no gzip', { status: '302 Found', fields: ['Location: /there', 'Content-Encoding: gzip'] }) : request.reply('here')) });
    assert.equal(await (await fetch(server.origin)).text(), 'here');
  }));
});
