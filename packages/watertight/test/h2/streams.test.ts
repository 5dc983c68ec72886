/** Many streams on one connection: who shares it, what an unread body holds, and how streams and connections end. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { type Client, type Response, type Transport, type TransportOptions } from 'watertight';
import { findLeaks } from 'watertight/leak';
import { taskCount, tasks } from 'watertight/tasks';
import { provenLeaks } from '#tasks';
import { fill, H2Server, say, trust, type OnStream } from '../fixtures/h2-server.js';
import { assertWorks, onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import { until } from '../fixtures/until.js';

/** More than a stream's window. */
const LARGE = 9_000_000;

interface Setting {
  server: H2Server;
  client: Client;
  transport: Transport;
  url: string;
}

async function serving(net: Loopback, onStream: OnStream, options: TransportOptions = {}, streams?: number): Promise<Setting> {
  const server = net.keep(await H2Server.start(onStream, streams === undefined ? {} : { settings: { maxConcurrentStreams: streams } }));
  return { server, ...net.client({ tls: trust, track: 'all', ...options }), url: server.origin };
}

const pages: OnStream = (stream, headers) => (headers[':path']!.startsWith('/large') ? fill(LARGE) : headers[':path'] === '/never' ? undefined : say('hello'))?.(stream, headers);

describe('one connection', () => {
  test('serves all requests at once, also those that began when there was none', onLoopback(async (net) => {
    const { server, client, transport, url } = await serving(net, pages);
    const texts = await Promise.all(Array.from({ length: 20 }, async () => (await client.get(url)).text()));
    assert.deepEqual(new Set(texts), new Set(['hello']));
    await until('the dials that were not needed are closed', () => transport.stats().dialling === 0);
    const { opened, idle, active, streams } = transport.stats();
    assert.deepEqual({ opened, idle, active, streams }, { opened: 1, idle: 1, active: 0, streams: 0 });
    assert.equal(await server.settlesAt(1), 1);
    assert.equal(taskCount(), 2);
    await Promise.all(Array.from({ length: 20 }, async () => (await client.get(url)).text()));
    assert.equal(transport.stats().opened, 1);
  }));

  test('goes on while a body on it is not read, however large', onLoopback(async (net) => {
    const { server, client, transport, url } = await serving(net, pages);
    const held = await Promise.all([1, 2, 3].map(() => client.get(`${url}/large`)));
    for (let i = 0; i < 5; i++) await assertWorks(client, url);
    assert.equal(taskCount(), 1 + 1 + 3);
    const { opened, active, streams } = transport.stats();
    assert.deepEqual({ opened, active, streams, sessions: server.sessions.length }, { opened: 1, active: 1, streams: 3, sessions: 1 });
    assert.equal((await held[0].bytes()).length, LARGE);
    await held[1].close();
    assert.equal(taskCount(), 1 + 1 + 1);
    await until('the server knows of one stream', () => server.open.length === 1);
    await held[2].close();
  }));

  test('is not the only one where the server allows no further stream', onLoopback(async (net) => {
    const { server, client, transport, url } = await serving(net, pages, {}, 2);
    const held: Response[] = [];
    for (let i = 0; i < 5; i++) held.push(await client.get(`${url}/large`));
    assert.deepEqual({ opened: transport.stats().opened, streams: transport.stats().streams, tasks: taskCount() }, { opened: 3, streams: 5, tasks: 1 + 3 + 5 });
    for (const response of held) await response.close();
    assert.equal(server.sessions.length, 3);
  }));

  test('makes requests wait for a stream where there may be no further connection, in their order', onLoopback(async (net) => {
    const { server, client, transport, url } = await serving(net, pages, { maxConnsPerHost: 1 }, 2);
    await assertWorks(client, url);
    const held = [await client.get(`${url}/large`), await client.get(`${url}/large`)];
    const waiting = [1, 2, 3].map(async (n) => (await client.get(`${url}/?${n}`)).text());
    await turn();
    await turn();
    assert.equal(transport.stats().waiting, 3);
    const { error } = await settle(client.get(url, { timeout: 50 }));
    assert.match(error!.message, /1 connections of 1 \(maxConnsPerHost\) to .* are open, with 2 streams: 1 by .*streams\.test/);
    await held[0].close();
    await Promise.all(waiting);
    assert.deepEqual(server.streams.slice(-3).map(({ headers }) => headers[':path']), ['/?1', '/?2', '/?3']);
    await held[1].close();
    assert.equal(server.sessions.length, 1);
  }));
});

describe('a body that nobody reads', () => {
  for (const [what, path, bytes] of [['that has come in full', '/', 5], ['that is larger than the window', '/large', -1]] as const) {
    test(`${what} is reported with the line that holds it`, onLoopback(async (net) => {
      const { client, url } = await serving(net, pages);
      const response = await client.get(`${url}${path}`);
      await sleep(20);
      assert.equal(taskCount(), path === '/' ? 2 : 3);
      const [leak, ...others] = await findLeaks({ retries: 0 });
      assert.equal(others.length, 0);
      assert.deepEqual({ kind: leak.kind, url: leak.url, bytes: leak.contentLength, status: leak.status }, { kind: 'body', url: `${url}${path}`, bytes, status: 200 });
      assert.match(leak.site!.file, /streams\.test/);
      await response.close();
      assert.deepEqual(await findLeaks({ retries: 0 }), []);
      assert.equal(taskCount(), 2);
    }));

    test(`${what} is found when the program has dropped it, and its stream is reset`, onLoopback(async (net) => {
      const { server, client, transport, url } = await serving(net, pages);
      const known = provenLeaks().length;
      await (async () => {
        await client.get(`${url}${path}`);
      })();
      await until('it is found', () => {
        globalThis.gc!();
        return provenLeaks().length > known;
      });
      assert.deepEqual((await findLeaks()).map((leak) => [leak.verdict, leak.url]), [['proven', `${url}${path}`]]);
      await until('no stream is open', () => server.open.length === 0 && transport.stats().streams === 0);
      assert.equal(taskCount(), 2);
      await assertWorks(client, url);
      assert.equal(server.sessions.length, 1);
    }));
  }

  test('can be read when its connection is gone, if it had come in full', onLoopback(async (net) => {
    const { server, client, url } = await serving(net, pages);
    const response = await client.get(url);
    await sleep(20);
    for (const session of server.sessions) session.destroy();
    await until('the connection is gone', () => taskCount() === 1);
    assert.equal(await response.text(), 'hello');
  }));

  test('fails when the transport is closed', onLoopback(async (net) => {
    const { client, transport, url } = await serving(net, pages);
    const [small, large] = [await client.get(url), await client.get(`${url}/large`)];
    await sleep(20);
    await transport.close();
    for (const response of [small, large]) await assert.rejects(response.text(), { code: 'ERR_TRANSPORT_CLOSED' });
    assert.equal(taskCount(), 1);
  }));
});

describe('a stream', () => {
  test('is a task with the name of Go\'s function, as is its connection', onLoopback(async (net) => {
    const { client, url } = await serving(net, pages);
    const response = await client.get(`${url}/large`);
    const own = tasks().filter(({ kind }) => kind === 'connection');
    assert.deepEqual(own.map(({ name, entry }) => [name, entry]), [['readLoop', 'http2ClientConn.readLoop'], ['doRequest', 'http2clientStream.doRequest']]);
    for (const { holder } of own) assert.equal(holder!.url, `${url}/large`);
    await response.close();
    assert.equal(tasks().find(({ name }) => name === 'readLoop')!.holder, null);
  }));

  for (const [how, end] of [
    ['close()', (response: Response) => response.close()],
    ['leaving the loop over its body', async (response: Response) => {
      for await (const _ of response.body) break;
    }],
    ['destroying its Readable', async (response: Response) => {
      response.body.toReadable().destroy();
      await turn();
    }],
  ] as const) {
    test(`is reset by ${how}, and its connection stays`, onLoopback(async (net) => {
      const { server, client, url } = await serving(net, pages);
      await end(await client.get(`${url}/large`));
      assert.equal(taskCount(), 2);
      await until('the server has no stream', () => server.open.length === 0);
      assert.equal(server.streams[0].stream.rstCode, 8);
      await assertWorks(client, url);
      assert.equal(server.sessions.length, 1);
    }));
  }

  test('that is cancelled rejects what awaits it with the reason, and only that', onLoopback(async (net) => {
    const { server, client, url } = await serving(net, pages);
    const other = await client.get(`${url}/large`);
    for (const path of ['/never', '/large']) {
      const controller = new AbortController();
      const reason = new Error('enough');
      const pending = client.get(`${url}${path}`, { signal: controller.signal }).then(async (response) => {
        await sleep(10);
        controller.abort(reason);
        return response.text();
      });
      if (path === '/never') setTimeout(() => controller.abort(reason), 20);
      await assert.rejects(pending, (error) => error === reason);
    }
    await until('one stream is left', () => server.open.length === 1);
    assert.equal((await other.bytes()).length, LARGE);
  }));
});

describe('a connection', () => {
  for (const [what, options, init] of [['with keep-alives disabled', { disableKeepAlives: true }, {}], ['of a request with Connection: close', {}, { close: true }]] as const) {
    test(`${what} serves one request`, onLoopback(async (net) => {
      const { server, client, url } = await serving(net, pages, options);
      for (let i = 0; i < 3; i++) assert.equal(await (await client.get(url, init)).text(), 'hello');
      await until('all are closed', () => taskCount() === 1);
      assert.equal(server.sessions.length, 3);
      assert.equal(await server.settlesAt(0), 0);
    }));
  }

  test('ends when it is idle for too long, and not while a stream is open', onLoopback(async (net) => {
    const { client, transport, url } = await serving(net, pages, { idleConnTimeout: 40 });
    const held = await client.get(`${url}/large`);
    await sleep(100);
    assert.equal(transport.stats().active, 1);
    await held.close();
    await until('it is closed', () => taskCount() === 1);
  }));

  test('ends by closeIdleConnections() if no stream is open, and goes on if one is', onLoopback(async (net) => {
    const { client, transport, url } = await serving(net, pages);
    const held = await client.get(`${url}/large`);
    transport.closeIdleConnections();
    await assertWorks(client, url);
    await held.close();
    assert.equal(taskCount(), 2);
    transport.closeIdleConnections();
    assert.equal(taskCount(), 1);
    await assertWorks(client, url);
  }));

  test('is made anew when the server has ended it', onLoopback(async (net) => {
    const { server, client, url } = await serving(net, pages);
    for (let i = 0; i < 3; i++) {
      await assertWorks(client, url);
      server.sessions[i].close();
      await until('it is gone', () => taskCount() === 1);
    }
    assert.equal(server.sessions.length, 3);
  }));

  test('resumes the TLS session of the one before', onLoopback(async (net) => {
    const { client, transport, url } = await serving(net, pages);
    const resumed: boolean[] = [];
    for (let i = 0; i < 2; i++) {
      const response = await client.get(url);
      await response.text();
      resumed.push(response.tls!.resumed);
      await sleep(20);
      transport.closeIdleConnections();
    }
    assert.deepEqual(resumed, [false, true]);
  }));
});

describe('stats()', () => {
  test('counts streams and connections, how those ended, and names the one that holds a stream for the longest time', onLoopback(async (net) => {
    const { server, client, transport, url } = await serving(net, pages, { track: 'all' });
    const held = await client.get(`${url}/large`);
    const other = await client.get(`${url}/large?other`);
    await (await client.get(url)).text();
    const { idle, active, streams, opened, reused, oldest } = transport.stats();
    assert.deepEqual({ idle, active, streams, opened, reused }, { idle: 0, active: 1, streams: 2, opened: 1, reused: 2 });
    assert.equal(oldest!.url, `${url}/large`);
    assert.match(oldest!.site!.file, /streams\.test/);
    await held.close();
    await other.close();
    assert.deepEqual(((all) => [all.idle, all.active, all.streams, all.oldest])(transport.stats()), [1, 0, 0, null]);
    transport.closeIdleConnections();
    await (await client.get(url, { close: true })).text();
    await until('it is closed', () => transport.stats().closed === 2);
    await (await client.get(url)).text();
    server.sessions[2].close();
    await until('it is closed', () => transport.stats().closed === 3);
    await (await client.get(url)).text();
    await transport.close();
    assert.deepEqual(transport.stats().closedBy, { closeIdleConnections: 1, connectionClose: 1, serverClosed: 1, transportClosed: 1 });
  }));
});
