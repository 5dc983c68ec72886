/** Many requests at once, and ends that come at the worst moment, as the tests of Go's transport pin them. docs/go-parity.md says which test is which. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { assertWorks, onLoopback, settle } from '../fixtures/loopback.js';
import { SeededRandom } from '../fixtures/seeded-random.js';
import { until } from '../fixtures/until.js';

describe('many at once', () => {
  for (const maxConnsPerHost of [0, 10]) {
    test(`each request of hundreds gets its own answer (maxConnsPerHost ${maxConnsPerHost})`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => request.reply(request.target) });
      const { client } = net.client({ maxConnsPerHost });
      const texts = await Promise.all(Array.from({ length: 300 }, async (_, i) => (await client.get(`${server.origin}/${i}`)).text()));
      assert.deepEqual(texts, Array.from({ length: 300 }, (_, i) => `/${i}`));
      if (maxConnsPerHost > 0) assert.ok(server.peak <= maxConnsPerHost);
    }));
  }

  test('requests that give up while others wait for the same connections leave their places', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('x') });
    const { client, transport } = net.client({ maxConnsPerHost: 2 });
    const asked = Array.from({ length: 200 }, async (_, i) => {
      const cancel = new AbortController();
      const pending = settle((async () => (await client.get(server.origin, { signal: cancel.signal })).text())());
      if (i % 2 === 0) cancel.abort(i);
      return pending;
    });
    const outcomes = await Promise.all(asked);
    for (const [i, { value, error }] of outcomes.entries()) assert.equal(i % 2 === 0 ? error as unknown : value, i % 2 === 0 ? i : 'x');
    assert.equal(transport.stats().waiting, 0);
  }));
});

describe('a cancel', () => {
  test('of the request that has the connection now does not touch the one before it on that connection', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection, target }) => {
      if (target === '/first') connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    } });
    const { client } = net.client({ maxConnsPerHost: 1, maxIdleConns: 1 });
    const first = await client.get(`${server.origin}/first`);
    const cancel = new AbortController();
    const second = assert.rejects(client.get(`${server.origin}/second`, { signal: cancel.signal }), (error) => error === 'second');
    await until('it is on its way', () => server.requests.length === 2);
    assert.equal(server.connections.length, 1, 'the two share a connection');
    cancel.abort('second');
    await second;
    assert.equal(await first.text(), '');
  }));

  test('at any moment of a POST leaves no body that is still being sent', onLoopback(async (net) => {
    const random = new SeededRandom(37_669);
    const server = await net.serve({ onRequest: async (request) => (await request.body, request.connection.write('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n')) });
    const { client } = net.client();
    await Promise.all(Array.from({ length: 100 }, async () => {
      const cancel = new AbortController();
      const bytes = Buffer.alloc(10_000, 'a');
      const pending = settle((async () => (await client.post(server.origin, bytes, { signal: cancel.signal })).close())());
      for (let i = random.below(20); i > 0; i--) await turn();
      cancel.abort('enough');
      const { error } = await pending;
      // The program may write to its own memory again from here on.
      bytes.fill('b');
      assert.ok(error === undefined || (error as unknown) === 'enough', String(error));
    }));
    for (const { body } of server.requests) assert.doesNotMatch(String(await body), /b/);
  }));

  test('of a response that has just come gives the response or the reason', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('x'.repeat(100)) });
    const { client } = net.client();
    for (let i = 0; i < 50; i++) {
      const cancel = new AbortController();
      const pending = settle((async () => (await client.get(server.origin, { signal: cancel.signal })).text())());
      for (let turns = i % 10; turns > 0; turns--) await turn();
      cancel.abort('enough');
      const { value, error } = await pending;
      assert.ok(value?.length === 100 || (error as unknown) === 'enough');
    }
    await assertWorks(client, server.origin);
  }));

  test('during a dial lets the next request have what the dial brings', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('x') });
    const { connect } = await import('node:net');
    const open: (() => void)[] = [];
    const { client, transport } = net.client({ maxConnsPerHost: 1, dial: ({ host, port }) => new Promise((resolve) => void open.push(() => resolve(connect(port, host)))) });
    const cancel = new AbortController();
    const first = assert.rejects(client.get(server.origin, { signal: cancel.signal }), (error) => error === 'enough');
    const second = client.get(server.origin);
    await turn();
    cancel.abort('enough');
    await first;
    assert.equal(transport.stats().dialling, 1);
    open[0]();
    assert.equal(await (await second).text(), 'x');
    assert.equal(server.connections.length, 1);
  }));
});

describe('a server that breaks off', () => {
  test('while a large body is sent to it ends the request, promptly, and lets go of the body, each time', onLoopback(async (net) => {
    const server = await net.serve({ parse: false, onConnection: ({ socket }) => void socket.once('data', () => socket.resetAndDestroy()) });
    const { client } = net.client();
    const piece = 'x'.repeat(1 << 16);
    let open = 0;
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => settle(client.post(server.origin, (function* () {
      open++;
      try {
        for (let i = 0; i < 96; i++) yield piece;
      } finally {
        open--;
      }
    })(), { headers: { 'Content-Length': String(96 << 16) } }))));
    for (const { error } of outcomes) assert.match(String(error?.code), /^ERR_CONNECTION/);
    await until('all of them are let go of', () => open === 0);
  }));

  test('after it has answered an upload early: the answer comes, and nothing is left of the request', onLoopback(async (net) => {
    const server = await net.serve({ parse: false, onConnection: ({ socket }) => void socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nfoo');
    }) });
    const { client, transport } = net.client();
    const response = await client.post(server.origin, (async function* () {
      for (;;) {
        yield 'x'.repeat(1 << 16);
        await turn();
      }
    })());
    assert.equal(response.status, 200);
    server.connections[0].reset();
    await until('the connection is gone', () => server.open.length === 0);
    const { value, error } = await settle(response.text());
    assert.ok(value === 'foo' || error?.code?.startsWith('ERR_CONNECTION') === true);
    await until('nothing is left', () => transport.stats().active === 0);
  }));
});
