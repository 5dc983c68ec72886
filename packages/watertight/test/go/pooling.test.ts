/** Which requests share a connection, as the tests of Go's transport pin it. docs/go-parity.md says which test is which. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Client, TransportStats } from 'watertight';
import { assertWorks, onLoopback, settle } from '../fixtures/loopback.js';
import { reply, type RawRequest } from '../fixtures/raw-server.js';
import { until } from '../fixtures/until.js';

/** Which connection of the server served the request. */
async function connectionOf(client: Client, url: string, init: { method?: string; body?: string } = {}): Promise<string> {
  return (await client.request(url, init)).text();
}

const tellsConnection = { onRequest: async (request: RawRequest): Promise<void> => {
  await request.body;
  request.reply(String(request.connection.id));
} };

describe('the connections of a host', () => {
  test('are counted under its key as long as they are there, and then the key is gone', onLoopback(async (net) => {
    const server = await net.serve(tellsConnection);
    const { client, transport } = net.client();
    assert.deepEqual(transport.stats().hosts, []);
    await connectionOf(client, server.origin);
    assert.deepEqual(transport.stats().hosts.map(({ key, idle }) => [key, idle]), [[server.origin, 1]]);
    transport.closeIdleConnections();
    await turn();
    assert.deepEqual(transport.stats().hosts, []);
  }));

  test('grow with requests at the same time, and are kept up to maxIdleConnsPerHost', onLoopback(async (net) => {
    const answers: (() => void)[] = [];
    const server = await net.serve({ onRequest: (request) => void answers.push(() => request.reply('x')) });
    const { client, transport } = net.client({ maxIdleConnsPerHost: 2 });
    const asked = Array.from({ length: 3 }, async () => (await client.get(server.origin)).text());
    await until('three requests are there', () => answers.length === 3);
    const idle: number[] = [transport.stats().idle];
    for (let i = 0; i < 3; i++) {
      answers[i]();
      await Promise.race(asked.splice(0, asked.length).map((one) => (asked.push(one), one)));
      await until('it was answered', () => transport.stats().idle + transport.stats().active < 3 || transport.stats().idle === i + 1);
      idle.push(transport.stats().idle);
    }
    await Promise.all(asked);
    assert.deepEqual(idle, [0, 1, 2, 2]);
  }));

  test('count against maxConnsPerHost while they are dialled; the next dial begins when one ends', onLoopback(async (net) => {
    const server = await net.serve(tellsConnection);
    const open: (() => void)[] = [];
    const { connect } = await import('node:net');
    const { client, transport } = net.client({ maxConnsPerHost: 1, disableKeepAlives: true, dial: ({ host, port }) => new Promise((resolve) => void open.push(() => resolve(connect(port, host)))) });
    const asked = [connectionOf(client, server.origin), connectionOf(client, server.origin)];
    await turn();
    const at = ({ dialling, waiting }: TransportStats): number[] => [dialling, waiting, open.length];
    assert.deepEqual(at(transport.stats()), [1, 2, 1]);
    open[0]();
    assert.equal(await asked[0], '0');
    await until('the second dial has begun', () => open.length === 2);
    open[1]();
    assert.equal(await asked[1], '1');
  }));

  for (const scheme of ['http', 'https'] as const) {
    test(`maxConnsPerHost 1 over ${scheme}: ten requests, one dial; after it has died, one more`, onLoopback(async (net) => {
      const { CertificateAuthority } = await import('../fixtures/certificate.js');
      const ca = new CertificateAuthority();
      const server = await net.serve({ ...tellsConnection, tls: scheme === 'https' ? ca.issue({ names: ['127.0.0.1'] }) : undefined });
      const { client, transport } = net.client({ maxConnsPerHost: 1, tls: { ca: ca.cert } });
      const seen = await Promise.all(Array.from({ length: 10 }, () => connectionOf(client, server.origin)));
      assert.deepEqual(seen, Array.from({ length: 10 }, () => '0'));
      server.connections[0].socket.destroy();
      await until('the death is known', () => transport.stats().idle === 0);
      assert.equal(await connectionOf(client, server.origin), '1');
      assert.equal(server.connections.length, 2);
    }));
  }
});

describe('an idle connection', () => {
  test('that the server has ended is out of the pool before the next POST, which is sent once', onLoopback(async (net) => {
    const server = await net.serve(tellsConnection);
    const { client, transport } = net.client();
    assert.equal(await connectionOf(client, server.origin, { method: 'POST' }), '0');
    server.connections[0].reset();
    await until('the end is known', () => transport.stats().idle === 0);
    assert.equal(await connectionOf(client, server.origin, { method: 'POST' }), '1');
    assert.equal(server.requests.length, 2);
  }));

  test('is not the next one\'s after closeIdleConnections, and one that is closed while busy serves its response to the end', onLoopback(async (net) => {
    const server = await net.serve(tellsConnection);
    const { client, transport } = net.client();
    const response = await client.get(server.origin);
    transport.closeIdleConnections();
    assert.equal(await response.text(), '0');
    await turn();
    assert.deepEqual([transport.stats().idle, transport.stats().active], [0, 0]);
    assert.equal(await connectionOf(client, server.origin), '1');
    assert.equal(transport.stats().idle, 1, 'the flag holds until the next request');
  }));

  test('is closed by a closeIdleConnections in the tick in which it comes back, and nothing fails', onLoopback(async (net) => {
    const server = await net.serve(tellsConnection);
    const { client, transport } = net.client();
    for (let i = 0; i < 20; i++) {
      const text = connectionOf(client, server.origin);
      if (i % 2 === 0) await text.then(() => transport.closeIdleConnections());
      else {
        transport.closeIdleConnections();
        await text;
      }
    }
    await assertWorks(client, server.origin);
  }));

  test('of one host is closed to make room for that of another, oldest first', onLoopback(async (net) => {
    const servers = await Promise.all(Array.from({ length: 4 }, () => net.serve(tellsConnection)));
    const { client, transport } = net.client({ maxIdleConns: 3 });
    for (const { origin } of servers) await connectionOf(client, origin);
    await turn();
    assert.deepEqual(transport.stats().hosts.map(({ key }) => key), servers.slice(1).map(({ origin }) => origin));
    await connectionOf(client, servers[1].origin);
    await connectionOf(client, servers[0].origin);
    await turn();
    assert.deepEqual(transport.stats().hosts.map(({ key }) => key).toSorted(), [servers[0], servers[1], servers[3]].map(({ origin }) => origin).toSorted());
  }));
});

describe('a response', () => {
  for (const framing of ['length', 'chunked'] as const) {
    test(`that is read to its end and not closed gives its connection back, and knows its end with the last byte (${framing})`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply('foobar', { framing })) });
      const { client, transport } = net.client();
      for (let i = 0; i < 3; i++) {
        const response = await client.get(server.origin);
        assert.equal(response.contentLength, framing === 'length' ? 6 : -1);
        let text = '';
        while (text.length < 6) text += Buffer.from((await response.body.read(6))!).toString();
        assert.equal(text, 'foobar');
        assert.equal(transport.stats().idle, 1, 'the read that takes the last byte knows that it is the last');
      }
      assert.equal(server.connections.length, 1);
    }));
  }

  test('whose empty body comes with its head gives its connection back at once: many in a row use one', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('') });
    const { client } = net.client();
    for (let i = 0; i < 20; i++) assert.equal((await client.get(server.origin)).status, 200);
    assert.equal(server.connections.length, 1);
  }));

  test('with bytes behind its end leaves no connection to anybody', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(`${reply('ok').toString()}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`) });
    const { client } = net.client();
    for (let i = 0; i < 3; i++) assert.equal(await (await client.get(server.origin)).text(), 'ok');
    assert.equal(server.connections.length, 3);
  }));

  test('that is never read, closed unread by hundreds, leaves neither sockets nor tasks', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('x'.repeat(100)) });
    const { client } = net.client();
    for (let i = 0; i < 100; i++) await (await client.get(server.origin)).close();
    assert.equal(await server.settlesAt(0), 0);
  }));
});

describe('a server that restarts', () => {
  test('between a request and the next is found again, without an error', onLoopback(async (net) => {
    const server = await net.serve(tellsConnection);
    const { client, transport } = net.client();
    const before = [await connectionOf(client, server.origin), await connectionOf(client, server.origin)];
    for (const { socket } of server.connections) socket.destroy();
    await until('the end is known', () => transport.stats().idle === 0);
    assert.deepEqual([...before, await connectionOf(client, server.origin)], ['0', '0', '1']);
  }));

  test('and closes right after each answer serves every request', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => {
      request.reply('Hello');
      request.connection.finish();
    } });
    const { client } = net.client();
    const outcomes = await Promise.all(Array.from({ length: 10 }, async () => {
      const texts: string[] = [];
      for (let i = 0; i < 10; i++) {
        const { value, error } = await settle((async () => (await client.get(server.origin)).text())());
        texts.push(value ?? String(error));
      }
      return texts;
    }));
    assert.deepEqual([...new Set(outcomes.flat())], ['Hello']);
  }));
});
