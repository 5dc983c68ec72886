/** Fields that have one value, given more than once; and a Location and a query that reach the server as they were. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Headers, RedirectError, Request } from 'watertight';
import { onLoopback } from '../fixtures/loopback.js';

describe('a Location that comes twice', () => {
  for (const [what, location] of [
    ['the origin', (origin: string) => origin],
    ['a path', () => '/b'],
    ['a URL', (origin: string) => `${origin}/b`],
    ['a path with a query', () => '/b?x=1,2'],
  ] as const) {
    test(`${what}, the same both times, is followed once`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => {
        if (request.target !== '/a') return request.reply('here');
        const to = location(`http://127.0.0.1:${server.port}`);
        return request.reply('', { status: '302 Found', fields: [`Location: ${to}`, `location:  ${to} `] });
      } });
      const { client } = net.client();
      assert.equal(await (await client.get(`${server.origin}/a`)).text(), 'here');
      assert.deepEqual(server.requests.map(({ target }) => target), ['/a', location(server.origin).replace(server.origin, '') || '/']);
    }));
  }

  test('with different values is refused by an error that shows both, and no password', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('', { status: '302 Found', fields: ['Location: http://u:s3cret@a.example/b', 'Location: /c'] }) });
    const { client } = net.client();
    await assert.rejects(client.get(`${server.origin}/a`), (error: RedirectError) => {
      assert.ok(error instanceof RedirectError);
      assert.equal(error.code, 'ERR_REDIRECT_LOCATION');
      assert.match(error.message, /two different Location fields, .*a\.example\/b.* and "\/c"/);
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    });
    assert.equal(server.requests.length, 1);
  }));

  test('with different values is the program\'s own affair where it follows redirects itself', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('', { status: '302 Found', fields: ['Location: /b', 'Location: /c'] }) });
    const { client } = net.client();
    const response = await client.get(server.origin, { redirect: 'manual' });
    assert.equal(response.headers.get('location'), '/b, /c');
    assert.throws(() => response.headers.getSingle('location'), { name: 'ProtocolError', code: 'ERR_HEADER_FIELD' });
    await response.close();
  }));
});

describe('a field that has one value', () => {
  const names = ['Age', 'Content-Location', 'Content-Range', 'Content-Type', 'Date', 'ETag', 'Expires', 'Last-Modified', 'Location', 'Retry-After', 'Server'];

  test('and comes twice with the same value is read as one', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('ok', { fields: [...names, ...names].map((name) => `${name}: a, b`) }) });
    const { client } = net.client();
    const response = await client.get(server.origin);
    await response.text();
    for (const name of names) {
      assert.equal(response.headers.get(name), 'a, b', name);
      assert.equal(response.headers.getSingle(name), 'a, b', name);
    }
    assert.deepEqual([...response.headers].filter(([name]) => name === 'content-type'), [['content-type', 'a, b']]);
  }));

  test('and comes with different values loses none of them, and is refused where one is asked for', () => {
    for (const name of names) {
      const headers = new Headers([[name, 'a'], [name.toUpperCase(), 'a'], [name, 'b']]);
      assert.match(headers.get(name) ?? '', /a.*, b$/, name);
      assert.throws(() => headers.getSingle(name), { code: 'ERR_HEADER_FIELD', message: /different.*"a" and "b"/ });
    }
  });

  test('a list that comes twice stays a list', () => {
    const headers = new Headers([['Via', 'a'], ['Via', 'a'], ['Cache-Control', 'no-store'], ['Cache-Control', 'no-store']]);
    assert.equal(headers.get('via'), 'a, a');
    assert.equal(headers.get('cache-control'), 'no-store, no-store');
    assert.equal(headers.getSingle('nothing'), null);
  });

  test('the error of a secret field does not show it', () => {
    assert.throws(() => new Headers([['Authorization', 'Bearer s3cret'], ['Authorization', 'Bearer other']]).getSingle('authorization'), (error: Error) => !/s3cret|other/.test(error.message));
  });
});

describe('framing fields that come twice', () => {
  for (const [what, fields, body] of [
    ['Transfer-Encoding: chunked in two lines', ['Transfer-Encoding: chunked', 'Content-Type: application/json', 'Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'],
    ['Content-Length in two lines', ['Content-Length: 2', 'Content-Length: 2'], '{}'],
    ['Content-Length as a list', ['Content-Length: 2, 2'], '{}'],
  ] as const) {
    test(`${what}: the body is read, and the connection is used again`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(`HTTP/1.1 200 OK\r\n${fields.join('\r\n')}\r\n\r\n${body}`) });
      const { client } = net.client();
      for (let times = 0; times < 2; times++) assert.equal(await (await client.get(server.origin)).text(), '{}');
      assert.equal(server.connections.length, 1);
    }));
  }

  for (const fields of [['Transfer-Encoding: chunked, identity'], ['Transfer-Encoding: chunked, chunked'], ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], ['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'], ['Content-Length: 2, 3'], ['Content-Length: 2', 'Content-Length: 3']]) {
    test(`${fields.join(' and ')} is refused`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(`HTTP/1.1 200 OK\r\n${fields.join('\r\n')}\r\n\r\n2\r\n{}\r\n0\r\n\r\n`) });
      const { client } = net.client();
      await assert.rejects(client.get(server.origin), { name: 'ProtocolError' });
    }));
  }
});

describe('bytes and queries go as they are', () => {
  for (const [what, location, target] of [
    ['a byte beyond ASCII that is no UTF-8', '/caf\xe9', '/caf%E9'],
    ['such bytes in a query', '/b?q=\xe4\xff', '/b?q=%E4%FF'],
    ['UTF-8', Buffer.from('/café').toString('latin1'), '/caf%C3%A9'],
    ['a byte that Latin-1 takes for a blank, at the end', '/b\xa0', '/b%A0'],
    ['an empty query', '/b?', '/b?'],
    ['an empty query and a fragment', '/b?#top', '/b?'],
    ['an empty query alone', '?', '/a?'],
    ['no query', '/b#?', '/b'],
  ] as const) {
    test(`Location with ${what}`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => (server.requests.length === 1 ? request.reply('', { status: '302 Found', fields: [`Location: ${location}`] }) : request.reply('here')) });
      const { client } = net.client();
      await (await client.get(`${server.origin}/a`)).text();
      assert.equal(server.requests[1].target, target);
    }));
  }

  test('a URL with an empty query, as text, as a URL, and for the second time', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('here') });
    const { client } = net.client();
    const urls = [`${server.origin}/a?`, new URL('/a?', server.origin), `${server.origin}/a?#part`, `${server.origin}/a?`, `${server.origin}?`];
    for (const url of urls) await (await client.get(url)).text();
    assert.deepEqual(server.requests.map(({ target }) => target), ['/a?', '/a?', '/a?', '/a?', '/?']);
    assert.equal(new Request(`${server.origin}/a?`).url, `${server.origin}/a?`);
  }));
});

test('cookies given as a list, as pairs or one by one are one field', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('ok') });
  const { client } = net.client();
  const appended = new Headers({ cookie: 'a=1' });
  appended.append('Cookie', 'b=2');
  const forms = [{ Cookie: ['a=1', 'b=2'] }, [['Cookie', 'a=1'], ['cookie', 'b=2']] as [string, string][], appended];
  for (const headers of forms) await (await client.get(server.origin, { headers })).text();
  for (const request of server.requests) assert.deepEqual(request.all('cookie'), ['a=1; b=2']);
}));
