/** bodyIdleTimeout: it ends what a server has stalled, also unread, and never what a slow reader has. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { taskCount } from 'watertight/tasks';
import { onLoopback } from '../fixtures/loopback.js';
import { reply, type RawServer } from '../fixtures/raw-server.js';

const MIB = 1 << 20;
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n';

/** Resolves when the client has closed the connection. */
function dropped(server: RawServer, index = 0): Promise<void> {
  return server.connections[index].left;
}

describe('a server that sends no more', () => {
  for (const [what, sent] of [
    ['after the head', HEAD],
    ['inside the body', `${HEAD}hello`],
    ['inside chunk framing', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1'],
    ['in a body that ends with its connection', 'HTTP/1.1 200 OK\r\n\r\nhello'],
  ] as const) {
    test(`${what} ends the body, though nobody reads it`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(sent) });
      const { client, transport } = net.client({ bodyIdleTimeout: 50 });
      const response = await client.get(server.origin);
      await dropped(server);
      assert.equal(response.body.state, 'errored');
      assert.equal(transport.stats().active, 0);
      assert.equal(taskCount(), 1);
      if (sent.includes('hello')) assert.equal(Buffer.from((await response.body.read())!).toString(), 'hello');
      await assert.rejects(response.body.read(), { code: 'ERR_TIMEOUT', phase: 'reading the body', message: new RegExp(`^the server sent no byte of the body of GET ${server.origin}/ for 50 ms \\(bodyIdleTimeout\\)$`) });
    }));
  }

  test('ends the read that waits', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(`${HEAD}hello`) });
    const { client } = net.client({ bodyIdleTimeout: 50 });
    const response = await client.get(server.origin);
    await response.body.read();
    await assert.rejects(response.body.read(), { code: 'ERR_TIMEOUT' });
  }));

  test('ends a body that is decoded', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply(gzipSync('x'.repeat(1000)), { fields: ['Content-Encoding: gzip'] }).subarray(0, -3)) });
    const { client } = net.client({ bodyIdleTimeout: 50 });
    const response = await client.get(server.origin);
    await dropped(server);
    await assert.rejects(response.text(), { code: 'ERR_TIMEOUT' });
  }));

  test('once the reader has taken what stopped the connection, ends it, too', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${2 * MIB}\r\n\r\n`), Buffer.alloc(MIB)])) });
    const { client } = net.client({ bodyIdleTimeout: 100 });
    const response = await client.get(server.origin);
    await sleep(250);
    assert.equal(response.body.state, 'unread');
    let got = 0;
    await assert.rejects(async () => {
      for await (const bytes of response.body) got += bytes.length;
    }, { code: 'ERR_TIMEOUT' });
    assert.equal(got, MIB);
  }));
});

describe('it does not fire', () => {
  test('on a slow reader, whose connection is paused again and again', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply(Buffer.alloc(4 * MIB)) });
    const { client } = net.client({ bodyIdleTimeout: 100 });
    const response = await client.get(server.origin);
    await sleep(250);
    let got = 0;
    let pauses = 0;
    for await (const bytes of response.body) {
      got += bytes.length;
      if (got > MIB * (pauses + 1) && pauses++ < 3) await sleep(250);
    }
    assert.equal(got, 4 * MIB);
  }));

  test('on a body that has come whole and is not read', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client({ bodyIdleTimeout: 50 });
    const response = await client.get(server.origin);
    await sleep(150);
    assert.equal(response.body.state, 'unread');
    assert.equal(await response.text(), 'hello');
  }));

  test('on a body that has ended with its connection and is not read', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => {
      connection.write('HTTP/1.1 200 OK\r\n\r\nhello');
      connection.finish();
    } });
    const { client } = net.client({ bodyIdleTimeout: 50 });
    const response = await client.get(server.origin);
    await sleep(150);
    assert.equal(await response.text(), 'hello');
  }));

  test('while bytes drip, however long that takes', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async ({ connection }) => {
      connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      // Framing is a sign of life, too.
      for (const byte of '1\r\nx\r\n0\r\n\r\n') {
        await sleep(60);
        connection.write(byte);
      }
    } });
    const { client } = net.client({ bodyIdleTimeout: 400 });
    assert.equal(await (await client.get(server.origin)).text(), 'x');
  }));

  test('on a response without a body, nor on the idle connection behind it', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('') });
    const { client, transport } = net.client({ bodyIdleTimeout: 30 });
    await client.get(server.origin);
    await sleep(100);
    assert.equal(transport.stats().idle, 1);
  }));

  test('where the event loop was blocked while the bytes lay in the socket', onLoopback(async (net) => {
    let finish = (): void => undefined;
    const server = await net.serve({ onRequest: ({ connection }) => {
      connection.write(`${HEAD}hello`);
      finish = () => void connection.write('x'.repeat(95));
    } });
    const { client } = net.client({ bodyIdleTimeout: 60 });
    const response = await client.get(server.origin);
    await response.body.read();
    finish();
    const until = performance.now() + 150;
    while (performance.now() < until);
    assert.equal((await response.text()).length, 95);
  }));
});
