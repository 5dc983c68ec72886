/** What Go's tests of its client pin of HTTP/2, against Node's own server. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TimeoutError, type GotConnInfo, type Transport, type TransportOptions, type Client } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { H2Server, say, trust, type OnStream } from '../fixtures/h2-server.js';
import { loopbackLookup, onLoopback, type Loopback } from '../fixtures/loopback.js';
import { until } from '../fixtures/until.js';

async function serving(net: Loopback, onStream: OnStream, options: TransportOptions = {}): Promise<{ server: H2Server; client: Client; transport: Transport; url: string }> {
  const server = net.keep(await H2Server.start(onStream));
  return { server, ...net.client({ tls: trust, ...options }), url: server.origin };
}

describe('over HTTP/2', () => {
  test('gotConn tells whether the connection was used before and how long it was idle', onLoopback(async (net) => {
    const { client, url } = await serving(net, say('hello'));
    const got: GotConnInfo[] = [];
    const trace = { gotConn: (info: GotConnInfo) => void got.push(info) };
    for (let i = 0; i < 2; i++) await (await client.get(url, { trace })).text();
    assert.deepEqual(got.map(({ reused, wasIdle }) => [reused, wasIdle]), [[false, false], [true, true]]);
    assert.ok(got[1].idleTime >= 0);
  }));

  test('a response to HEAD has the length of the body that it has not', onLoopback(async (net) => {
    const { client, url } = await serving(net, (stream) => stream.respond({ ':status': 200, 'content-length': 6 }, { endStream: true }));
    const response = await client.head(url);
    assert.deepEqual([response.contentLength, await response.text()], [6, '']);
  }));

  test('a body that is read as it comes is not waited for', onLoopback(async (net) => {
    let write = (_text: string): void => undefined;
    const { client, url } = await serving(net, (stream) => {
      stream.respond({ ':status': 200 });
      stream.write('i am ');
      write = (text) => {
        if (text === '') stream.end();
        else stream.write(text);
      };
    });
    const { body } = await client.get(url);
    const read = async (): Promise<string> => String(Buffer.from((await body.read()) ?? []));
    assert.equal(await read(), 'i am ');
    for (const text of ['a stream', ' that goes on']) {
      write(text);
      assert.equal(await read(), text);
    }
    write('');
    assert.equal(await body.read(), null);
  }));

  test('the time of a call covers the wait for the head and the body, and says in which it was over', onLoopback(async (net) => {
    const { client, url, server } = await serving(net, (stream, headers) => {
      if (headers[':path'] !== '/body') return;
      stream.respond({ ':status': 200 });
      stream.write('some');
    });
    await assert.rejects(client.get(`${url}/head`, { timeout: 50 }), (error) => error instanceof TimeoutError && error.phase === 'waiting for headers');
    // On a busy machine the time may be over before the head is there.
    let ms = 100;
    for (;;) {
      const response = await client.get(`${url}/body`, { timeout: ms }).catch(() => null);
      if (response !== null) {
        await assert.rejects(response.text(), (error) => error instanceof TimeoutError && error.phase === 'reading the body');
        break;
      }
      ms *= 2;
    }
    await until('no stream is open', () => server.open.length === 0);
  }));

  test('a time that is not over changes nothing, however the body is read', onLoopback(async (net) => {
    const { client, url } = await serving(net, say('hello'));
    const response = await client.get(url, { timeout: 600_000 });
    assert.equal(await response.text(), 'hello');
    assert.equal(await response.body.read(), null);
  }));

  test('a cancel and a time limit are two errors', onLoopback(async (net) => {
    const { client, url } = await serving(net, () => undefined);
    const reason = new Error('enough');
    await assert.rejects(client.get(url, { signal: AbortSignal.abort(reason), timeout: 600_000 }), (error) => error === reason);
    const controller = new AbortController();
    const pending = client.get(url, { signal: controller.signal, timeout: 600_000 });
    controller.abort(reason);
    await assert.rejects(pending, (error) => error === reason);
    await assert.rejects(client.get(url, { signal: new AbortController().signal, timeout: 30 }), TimeoutError);
  }));

  test('the body of a redirect is read, so that the next request finds the connection free', onLoopback(async (net) => {
    const { client, url, server } = await serving(net, (stream, headers) => {
      if (headers[':path'] === '/there') {
        say('there')(stream, headers);
        return;
      }
      stream.respond({ ':status': 302, location: '/there' });
      stream.end('x'.repeat(1000));
    });
    assert.equal(await (await client.get(url)).text(), 'there');
    await until('no stream is open', () => server.open.length === 0);
    assert.equal(server.sessions.length, 1);
  }));

  test('a host that is no ASCII is asked for by its punycode', onLoopback(async (net) => {
    const { client, server } = await serving(net, say('hello'), { tls: { ...trust, checkServerIdentity: () => undefined }, lookup: loopbackLookup().lookup });
    const response = await client.get(`https://éé.test:${server.port}/`);
    assert.equal(await response.text(), 'hello');
    assert.equal(server.streams[0].headers[':authority'], `xn--9caa.test:${server.port}`);
  }));

  test('a dial that comes too late is a connection for the next request', onLoopback(async (net) => {
    const { client, url, server, transport } = await serving(net, say('hello'));
    const controller = new AbortController();
    const late = client.get(url, { signal: controller.signal, trace: { tlsHandshakeStart: () => setImmediate(() => controller.abort()) } });
    await late.then((response) => response.text()).catch(() => undefined);
    assert.equal(await (await client.get(url)).text(), 'hello');
    await until('there is a session', () => server.sessions.length > 0);
    await transport.close();
    assert.equal(await server.settlesAt(0), 0);
    assert.equal(taskCount(), 1);
  }));

  test('a connection that the server ends at once is not kept for the next request', onLoopback(async (net) => {
    const { client, server } = await serving(net, say('hello'));
    await (await client.get(server.origin)).text();
    server.sessions[0].destroy();
    await server.settlesAt(0);
    assert.equal(await (await client.get(server.origin)).text(), 'hello');
    assert.equal(server.sessions.length, 2);
  }));

  test('where a host may have one connection, one that was idle for too long makes room for another', onLoopback(async (net) => {
    const { client, server, transport } = await serving(net, say('hello'), { maxConnsPerHost: 1, idleConnTimeout: 20 });
    for (let i = 1; i <= 3; i++) {
      assert.equal(await (await client.get(server.origin)).text(), 'hello');
      await server.settlesAt(0);
      await until('the host is forgotten', () => transport.stats().hosts.length === 0);
      assert.equal(server.sessions.length, i);
    }
  }));
});
