/** Servers that keep the rules in unusual ways: split heads, early ends, windows and limits that change. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Client, Transport, TransportOptions } from 'watertight';
import { encodeFields, FLAG, frame, OK, serveFrames, settings, TYPE, uint32, type FrameConnection, type FrameScript } from '../fixtures/frame-server.js';
import { trust } from '../fixtures/h2-server.js';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { until } from '../fixtures/until.js';

const MAX_STREAMS = 3;
const INITIAL_WINDOW = 4;
const PADDED = 8;

async function serving(net: Loopback, script: FrameScript, options: TransportOptions = {}): Promise<{ client: Client; transport: Transport; url: string; connections: FrameConnection[] }> {
  const { server, connections } = await serveFrames(net, script);
  return { ...net.client({ tls: trust, ...options }), url: server.origin, connections };
}

const hello = (connection: FrameConnection, stream: number): void => {
  connection.respond(stream, OK);
  connection.data(stream, 'hello', true);
};

/** Bytes of bodies that came. */
function received(connection: FrameConnection | undefined): number {
  return (connection?.of(TYPE.data) ?? []).reduce((total, { payload }) => total + payload.length, 0);
}

describe('a response is read whole', () => {
  const table: [what: string, deed: (connection: FrameConnection, stream: number) => void, text: string][] = [
    ['with its fields in several frames', (c, s) => {
      const block = encodeFields([...OK, ['x-long', 'y'.repeat(3000)]]);
      c.send(TYPE.headers, FLAG.none, s, block.subarray(0, 10));
      for (let at = 10; at < block.length; at += 1000) c.send(TYPE.continuation, at + 1000 >= block.length ? FLAG.endHeaders : FLAG.none, s, block.subarray(at, at + 1000));
      c.data(s, 'hello', true);
    }, 'hello'],
    ['with padding', (c, s) => {
      c.respond(s, OK);
      c.send(TYPE.data, PADDED | FLAG.endStream, s, Buffer.concat([Buffer.of(7), Buffer.from('hello'), Buffer.alloc(7)]));
    }, 'hello'],
    ['that ends with an empty frame', (c, s) => {
      c.respond(s, OK);
      c.data(s, 'hello');
      c.data(s, '', true);
    }, 'hello'],
    ['with a body of nothing but its end', (c, s) => {
      c.respond(s, OK);
      c.data(s, '', true);
    }, ''],
    ['that ends with trailers', (c, s) => {
      c.respond(s, OK);
      c.data(s, 'hello');
      c.respond(s, [['x-sum', '5']], true);
    }, 'hello'],
    ['among frames of unknown kinds', (c, s) => {
      c.send(0xbe, 0xff, s, 'unknown');
      c.respond(s, OK);
      c.send(0xbe, 0xff, 0, 'unknown');
      c.data(s, 'hello', true);
    }, 'hello'],
    ['byte by byte', (c, s) => {
      for (const byte of Buffer.concat([frame(TYPE.headers, FLAG.endHeaders, s, encodeFields(OK)), frame(TYPE.data, FLAG.endStream, s, 'hello')])) c.raw.write(Buffer.of(byte));
    }, 'hello'],
  ];
  for (const [what, deed, text] of table) {
    test(what, onLoopback(async (net) => {
      const { client, url, connections } = await serving(net, { onRequest: deed });
      for (let i = 0; i < 2; i++) {
        const response = await client.get(url);
        assert.equal(await response.text(), text);
        if (what.includes('trailers')) assert.equal(response.trailers.get('x-sum'), '5');
      }
      assert.equal(connections.length, 1);
    }));
  }

  for (const [what, body] of [['in memory', () => Buffer.alloc(300_000)], ['from a stream', () => [Buffer.alloc(150_000), Buffer.alloc(150_000)]]] as const) {
    test(`although the server stops the request's body, ${what}, with NO_ERROR behind it (RFC 9113 section 8.1)`, onLoopback(async (net) => {
      const { client, url, connections } = await serving(net, {
        onRequest: (c, s) => {
          hello(c, s);
          if (s === 1) c.reset(s, 0);
        },
      });
      const response = await client.post(url, body());
      assert.deepEqual([response.status, await response.text()], [200, 'hello']);
      assert.equal(await (await client.get(url)).text(), 'hello');
      assert.equal(connections.length, 1);
    }));
  }

  test('with the bytes of its fields as they are, and so are those of the request', onLoopback(async (net) => {
    const { client, url, connections } = await serving(net, { onRequest: (c, s) => c.respond(s, [...OK, ['x-latin', 'caf\u00e9 \u00ff']], true) });
    const response = await client.get(url, { headers: { 'X-Latin': 'na\u00efve' } });
    assert.equal(response.headers.get('x-latin'), 'caf\u00e9 \u00ff');
    await response.text();
    // Nothing is compressed by Huffman where that would be longer.
    assert.equal(connections[0].of(TYPE.headers).length, 1);
  }));
});

describe('a request\'s body', () => {
  test('waits for room, and goes on when there is some', onLoopback(async (net) => {
    const { client, url, connections } = await serving(net, { settings: settings([INITIAL_WINDOW, 0]) });
    // The first one is told of the window after it was sent.
    const pending = client.post(url, Buffer.alloc(1000));
    await until('the head has come', () => connections[0]?.of(TYPE.headers).length === 1);
    connections[0].send(TYPE.window, 0, 1, uint32(1000));
    await until('the body has come', () => received(connections[0]) === 1000);
    hello(connections[0], 1);
    assert.equal(await (await pending).text(), 'hello');
    const second = client.post(url, Buffer.alloc(1000));
    await until('the head has come', () => connections[0].of(TYPE.headers).length === 2);
    assert.equal(received(connections[0]), 1000);
    connections[0].send(TYPE.window, 0, 3, uint32(400));
    await until('a part has come', () => received(connections[0]) === 1400);
    connections[0].send(TYPE.settings, 0, 0, settings([INITIAL_WINDOW, 600]).subarray(9));
    await until('the rest has come', () => received(connections[0]) === 2000);
    hello(connections[0], 3);
    assert.equal(await (await second).text(), 'hello');
  }));
});

describe('the number of streams', () => {
  test('may be lowered and raised while requests are under way', onLoopback(async (net) => {
    const held: [FrameConnection, number][] = [];
    const { client, transport, url, connections } = await serving(net, { onRequest: (c, s) => (s === 1 ? hello(c, s) : held.push([c, s])) }, { maxConnsPerHost: 1 });
    await (await client.get(url)).text();
    const limit = (streams: number): void => connections[0].send(TYPE.settings, 0, 0, settings([MAX_STREAMS, streams]).subarray(9));
    limit(1);
    await until('it is known', () => connections[0].of(TYPE.settings).filter(({ flags }) => (flags & FLAG.ack) !== 0).length === 2);
    const all = [1, 2, 3].map(async () => (await client.get(url)).text());
    await until('one has come', () => held.length === 1);
    await until('the others wait', () => transport.stats().waiting === 2);
    limit(10);
    await until('all have come', () => held.length === 3);
    for (const [connection, stream] of held) hello(connection, stream);
    assert.deepEqual(await Promise.all(all), ['hello', 'hello', 'hello']);
    assert.equal(connections.length, 1);
  }));

  test('that the server did not say in time is refused beyond it, and those requests are sent elsewhere', onLoopback(async (net) => {
    const { client, url, connections } = await serving(net, {
      settings: settings([MAX_STREAMS, 1]),
      onRequest: (c, s) => {
        if (s > 1 && c.of(TYPE.headers).length > 1 && c === connections[0]) c.reset(s, 7);
        else setTimeout(() => hello(c, s), 20);
      },
    });
    const texts = await Promise.all([1, 2, 3, 4].map(async () => (await client.get(url)).text()));
    assert.deepEqual(texts, ['hello', 'hello', 'hello', 'hello']);
  }));
});
