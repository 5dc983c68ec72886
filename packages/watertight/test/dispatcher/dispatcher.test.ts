/** The dispatcher: what programs do with undici, over our connections, with the results that undici's own Agent gives. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findLeaks } from 'watertight/leak';
import { taskCount } from 'watertight/tasks';
import { onLoopback } from '../fixtures/loopback.js';
import { answer, redirect, type Echo } from '../fetch/site.js';
import { COPIES, dispatcherOf, type Copy } from './copies.js';

/** What request() of both dispatchers gives for the same request. */
async function seen(undici: Copy, url: string, options: object): Promise<unknown> {
  try {
    const { statusCode, headers, body, trailers } = await undici.request(url, options);
    const text = await body.text();
    const { date: _date, 'content-length': _length, ...rest } = headers;
    // undici says nothing of itself, and says that it keeps the connection.
    const echo = text.startsWith('{') ? (JSON.parse(text) as Echo) : text;
    if (typeof echo === 'object') (echo as { fields: unknown }).fields = (echo.fields as [string, string][]).filter(([name]) => !['user-agent', 'connection', 'host', 'transfer-encoding'].includes(name.toLowerCase())).map(([name, value]) => [name.toLowerCase(), value]).sort();
    return { statusCode, headers: rest, echo, trailers };
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException;
    return { name, code };
  }
}

for (const { version, undici, skip } of COPIES) {
  describe(`undici ${version}`, { skip }, () => {
    describe('request() gives what an Agent gives', () => {
      for (const [what, path, make] of [
        ['a GET', '/a?b=c', () => ({})],
        ['a query', '/a', () => ({ query: { b: 'c d', e: ['f', 'g'] } })],
        ['a text', '/', () => ({ method: 'POST', body: 'dätä' })],
        ['bytes', '/', () => ({ method: 'PUT', body: Buffer.from('data'), headers: { 'Content-Type': 'a/b' } })],
        ['a Node stream', '/', () => ({ method: 'POST', body: Readable.from([Buffer.from('da'), Buffer.from('ta')]) })],
        ['an iterable', '/', () => ({ method: 'POST', body: [Buffer.from('da'), Buffer.from('ta')] })],
        ['headers as a list', '/', () => ({ headers: ['X-One', '1', 'X-Two', '2'] })],
        ['headers with lists', '/', () => ({ headers: { 'X-One': ['1', '2'], 'X-None': undefined } })],
        ['a redirect, which is not followed', '/redirect?status=302&to=/there', () => ({})],
        ['HEAD', '/', () => ({ method: 'HEAD' })],
        ['a coding, which is not undone', '/encoded?as=gzip', () => ({})],
        ['a header that is none', '/', () => ({ headers: { 'a b': 'c' } })],
        ['a value that is none', '/', () => ({ headers: { a: 'b\nc' } })],
        ['an odd list', '/', () => ({ headers: ['a'] })],
      ] as const) {
        test(what, onLoopback(async (net) => {
          const server = await net.serve({ onRequest: answer });
          const { dispatcher } = dispatcherOf(net, undici);
          const agent = new undici.Agent();
          const ours = await seen(undici, server.origin + path, { ...make(), dispatcher });
          const theirs = await seen(undici, server.origin + path, { ...make(), dispatcher: agent });
          await agent.destroy();
          assert.deepEqual(ours, theirs);
        }));
      }
    });

    test('a port that refuses, a server that goes away and a body that breaks have undici\'s codes', onLoopback(async (net) => {
      const { dispatcher } = dispatcherOf(net, undici);
      const gone = http.createServer().listen(0, '127.0.0.1');
      await once(gone, 'listening');
      const { port } = gone.address() as AddressInfo;
      gone.close();
      await once(gone, 'close');
      await assert.rejects(undici.request(`http://127.0.0.1:${port}/`, { dispatcher }), { code: 'ECONNREFUSED' });
      const closing = await net.serve({ onRequest: ({ connection }) => connection.finish() });
      await assert.rejects(undici.request(closing.origin, { dispatcher, method: 'POST' }), { code: 'UND_ERR_SOCKET' });
      const breaking = await net.serve({ onRequest: ({ connection }) => {
        connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart');
        connection.finish();
      } });
      const { body } = await undici.request(breaking.origin, { dispatcher });
      await assert.rejects(body.text(), { code: 'UND_ERR_SOCKET' });
    }));

    test('the limits on time are those of the dispatcher and of the request', onLoopback(async (net) => {
      const silent = await net.serve({});
      const { dispatcher } = dispatcherOf(net, undici, { headersTimeout: 20 });
      await assert.rejects(undici.request(silent.origin, { dispatcher }), { code: 'UND_ERR_HEADERS_TIMEOUT' });
      await assert.rejects(undici.request(silent.origin, { dispatcher: dispatcherOf(net, undici).dispatcher, headersTimeout: 20 }), { code: 'UND_ERR_HEADERS_TIMEOUT' });
      const half = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart') });
      const { body } = await undici.request(half.origin, { dispatcher, bodyTimeout: 20 });
      await assert.rejects(body.text(), { code: 'UND_ERR_BODY_TIMEOUT' });
      assert.throws(() => dispatcherOf(net, undici, { bodyTimeout: -1 }), { code: 'ERR_INVALID_OPTION' });
    }));

    test('stream() and pipeline()', onLoopback(async (net) => {
      const server = await net.serve({ onRequest: answer });
      const { dispatcher } = dispatcherOf(net, undici);
      let text = '';
      const take = (): Writable => new Writable({ write: (chunk, _coding, done) => {
        text += String(chunk);
        done();
      } });
      await undici.stream(`${server.origin}/a`, { dispatcher, method: 'GET' }, take);
      assert.match(text, /"target":"\/a"/);
      text = '';
      await pipeline(Readable.from([Buffer.from('data')]), undici.pipeline(`${server.origin}/b`, { dispatcher, method: 'POST' }, ({ body }: { body: Readable }) => body), take());
      assert.match(text, /"body":"data"/);
    }));

    test('fetch() of undici', onLoopback(async (net) => {
      const server = await net.serve({ onRequest: answer });
      const { dispatcher } = dispatcherOf(net, undici);
      const echo = await (await undici.fetch(redirect(server.origin, 307, '/there'), { dispatcher, method: 'POST', body: 'data' })).json();
      assert.deepEqual([echo.method, echo.target, echo.body], ['POST', '/there', 'data']);
      assert.equal(await (await undici.fetch(`${server.origin}/encoded?as=gzip`, { dispatcher })).text(), 'hello');
    }));

    test('an abort ends a request before its head and in its body, and frees the connection', onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ target, connection }) => target === '/body' && connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart') });
      const { dispatcher } = dispatcherOf(net, undici);
      const reason = new Error('enough');
      for (const path of ['/', '/body']) {
        const cancel = new AbortController();
        const text = undici.request(server.origin + path, { dispatcher, signal: cancel.signal }).then(({ body }: Copy) => body.text());
        text.catch(() => undefined);
        const count = server.requests.length;
        while (server.requests.length === count) await sleep(1);
        await sleep(10);
        cancel.abort(reason);
        await assert.rejects(text, (error) => error === reason);
      }
      assert.equal(await server.settlesAt(0), 0);
      assert.equal(taskCount(), 1);
    }));

    test('a body that nobody reads is paused, and is a leak of the line that asked', onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => request.reply(Buffer.alloc(1 << 20)) });
      const { dispatcher } = dispatcherOf(net, undici);
      const { body } = await undici.request(server.origin, { dispatcher });
      await sleep(20);
      const leaks = await findLeaks();
      assert.equal(leaks.length, 1);
      assert.match(leaks[0].site!.file, /dispatcher\.test\.ts$/);
      assert.ok(leaks[0].bytesRead < 1 << 20);
      assert.equal((await body.arrayBuffer()).byteLength, 1 << 20);
      assert.equal(taskCount(), 3);
    }));

    test('interceptors are composed: redirect, retry and decompress', onLoopback(async (net) => {
      let asked = 0;
      const server = await net.serve({ onRequest: (request) => (request.target === '/flaky' && asked++ === 0 ? request.reply('later', { status: '503 Later' }) : answer(request)) });
      const { dispatcher } = dispatcherOf(net, undici);
      const composed = dispatcher.compose(undici.interceptors.redirect({ maxRedirections: 3 }), undici.interceptors.retry({ minTimeout: 1, maxRetries: 2 }));
      const redirected = await undici.request(redirect(server.origin, 302, '/there'), { dispatcher: composed });
      assert.match(await redirected.body.text(), /"target":"\/there"/);
      const retried = await undici.request(`${server.origin}/flaky`, { dispatcher: composed });
      assert.equal(retried.statusCode, 200);
      await retried.body.dump();
      if (undici.interceptors.decompress !== undefined) {
        const decoded = await undici.request(`${server.origin}/encoded?as=gzip`, { dispatcher: dispatcher.compose(undici.interceptors.decompress()) });
        assert.equal(await decoded.body.text(), 'hello');
      }
    }));

    test('close() waits for what is under way and refuses what comes later; destroy() ends it', onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => void setTimeout(() => request.reply('late'), 20) });
      const { dispatcher } = dispatcherOf(net, undici);
      const first = undici.request(server.origin, { dispatcher }).then(({ body }: Copy) => body.text());
      await sleep(1);
      const closed = dispatcher.close();
      await assert.rejects(undici.request(server.origin, { dispatcher }), { code: 'UND_ERR_CLOSED' });
      assert.equal(await first, 'late');
      await closed;
      assert.equal(dispatcher.closed, true);
      const { dispatcher: other } = dispatcherOf(net, undici);
      const ended = assert.rejects(undici.request(server.origin, { dispatcher: other }), { message: 'over' });
      await sleep(1);
      await other.destroy(new Error('over'));
      await ended;
      await assert.rejects(undici.request(server.origin, { dispatcher: other }), { code: 'UND_ERR_DESTROYED' });
    }));

    test('an upgrade and CONNECT give a socket', onLoopback(async (net) => {
      const server = http.createServer().listen(0, '127.0.0.1');
      server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 101 Switching\r\nUpgrade: own\r\nConnection: upgrade\r\n\r\nhi'));
      server.on('connect', (_request, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nhi'));
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const { dispatcher } = dispatcherOf(net, undici);
      for (const { socket } of [await undici.upgrade(url, { dispatcher, protocol: 'own' }), await undici.connect(url, { dispatcher })]) {
        let text = '';
        for await (const chunk of socket) text += String(chunk);
        assert.equal(text, 'hi');
      }
      await dispatcher.close();
      server.close();
    }));

    test('its statistics are the transport\'s, in undici\'s words', onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => request.reply('x') });
      const { dispatcher } = dispatcherOf(net, undici);
      const { body } = await undici.request(server.origin, { dispatcher });
      await body.text();
      await sleep(1);
      assert.deepEqual(dispatcher.stats[server.origin], { connected: 1, free: 1, pending: 0, queued: 0, running: 0, size: 0 });
    }));

    test('a MockAgent is used beside it', onLoopback(async (net) => {
      const server = await net.serve({ onRequest: answer });
      const { dispatcher } = dispatcherOf(net, undici);
      const mock = new undici.MockAgent();
      mock.disableNetConnect();
      mock.get('http://mocked.test').intercept({ path: '/' }).reply(200, 'mocked');
      assert.equal(await (await undici.request('http://mocked.test/', { dispatcher: mock })).body.text(), 'mocked');
      assert.equal((await undici.request(server.origin, { dispatcher })).statusCode, 200);
      await mock.close();
      await dispatcher.destroy();
    }));
  });
}

test('Node\'s own fetch goes over it, through the global dispatcher', onLoopback(async (net) => {
  const { undici } = COPIES.find(({ skip }) => skip === false)!;
  const server = await net.serve({ onRequest: answer });
  const { dispatcher, transport } = dispatcherOf(net, undici);
  const before = undici.getGlobalDispatcher();
  undici.setGlobalDispatcher(dispatcher);
  try {
    const echo = (await (await fetch(`${server.origin}/a`, { method: 'POST', body: 'data' })).json()) as { body: string };
    assert.equal(echo.body, 'data');
    await sleep(1);
    assert.equal(transport.stats().idle, 1);
    const response = await fetch(`${server.origin}/b`);
    await response.body!.cancel();
  } finally {
    undici.setGlobalDispatcher(before);
  }
}));
