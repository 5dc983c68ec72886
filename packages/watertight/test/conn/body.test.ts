/** A body: every way to read it, to end it, and to be told that it can't be read. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { taskCount } from 'watertight/tasks';
import type { Response } from 'watertight';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { reply, type RawConnection } from '../fixtures/raw-server.js';

/** A response to a server that sends `first` and hands the connection out for more. */
async function open(net: Loopback, first: string | Buffer, options = {}): Promise<{ response: Response; connection: RawConnection }> {
  const server = await net.serve({ onRequest: ({ connection }) => connection.write(first) });
  const { client } = net.client(options);
  const response = await client.get(server.origin);
  return { response, connection: server.connections[0] };
}

const head = (length: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;

describe('read', () => {
  test('gives bytes as they come, null at EOF and ever after', onLoopback(async (net) => {
    const { response, connection } = await open(net, `${head(10)}hello`);
    assert.equal(Buffer.from((await response.body.read())!).toString(), 'hello');
    const pending = response.body.read();
    connection.write('world');
    assert.equal(Buffer.from((await pending)!).toString(), 'world');
    assert.equal(await response.body.read(), null);
    assert.equal(await response.body.read(), null);
  }));

  test('gives no more than asked for, and 0 bytes are none', onLoopback(async (net) => {
    const { response } = await open(net, `${head(5)}hello`);
    assert.equal((await response.body.read(0))?.length, 0);
    assert.equal(response.body.state, 'unread');
    const got: string[] = [];
    for (let bytes = await response.body.read(2); bytes !== null; bytes = await response.body.read(2)) got.push(Buffer.from(bytes).toString());
    assert.deepEqual(got, ['he', 'll', 'o']);
  }));

  test('refuses a size that is none', onLoopback(async (net) => {
    const { response } = await open(net, `${head(5)}hello`);
    for (const wrong of [-1, NaN, 0.5, 'x']) await assert.rejects(response.body.read(wrong as number), { code: 'ERR_INVALID_OPTION' });
    await response.close();
  }));

  test('refuses to run beside another one, which goes on', onLoopback(async (net) => {
    const { response, connection } = await open(net, head(5));
    const first = response.body.read();
    await assert.rejects(response.body.read(), { name: 'BodyError', code: 'ERR_BODY_READING' });
    await assert.rejects(response.text(), { code: 'ERR_BODY_READING' });
    connection.write('hello');
    assert.equal((await first)?.length, 5);
  }));

  test('after close is refused; a read under way rejects with the close', onLoopback(async (net) => {
    const { response } = await open(net, head(5));
    const pending = response.body.read();
    const rejected = assert.rejects(pending, { name: 'BodyError', code: 'ERR_BODY_CLOSED' });
    await response.close();
    await rejected;
    await assert.rejects(response.body.read(), { code: 'ERR_BODY_CLOSED' });
    await assert.rejects(response.text(), { code: 'ERR_BODY_CLOSED' });
    await response.close();
  }));

  test('gives bytes of its own: the next read does not change them', onLoopback(async (net) => {
    const { response, connection } = await open(net, `${head(10)}aaaaa`);
    const first = (await response.body.read())!;
    connection.write('bbbbb');
    await response.body.read();
    assert.equal(Buffer.from(first).toString(), 'aaaaa');
  }));
});

describe('a cut body', () => {
  for (const [what, first, code] of [
    ['short of its length', `${head(10)}hello`, 'ERR_CONNECTION_CLOSED'],
    ['in chunks without the last', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', 'ERR_CONNECTION_CLOSED'],
    ['with a malformed chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzzz', 'ERR_CHUNK'],
  ] as const) {
    test(`${what} gives what came, then its error, and nothing is left`, onLoopback(async (net) => {
      const { response, connection } = await open(net, first);
      connection.finish();
      assert.equal(Buffer.from((await response.body.read())!).toString(), 'hello');
      await assert.rejects(response.body.read(), { code });
      await assert.rejects(response.body.read(), { code });
      assert.equal(response.body.state, 'errored');
      await turn();
      assert.equal(taskCount(), 1);
    }));
  }

  test('rejects everything that reads to the end', onLoopback(async (net) => {
    const server = await net.serve({
      onRequest: ({ connection }) => {
        connection.write(`${head(10)}hello`);
        connection.finish();
      },
    });
    const { client } = net.client();
    const ways: ((response: Response) => Promise<unknown>)[] = [(r) => r.text(), (r) => r.json(), (r) => r.bytes(), (r) => r.arrayBuffer(), (r) => r.body.readAll(), async (r) => {
      for await (const chunk of r.body) assert.ok(chunk.length > 0);
    }];
    for (const way of ways) await assert.rejects(way(await client.get(server.origin)), { name: 'ConnectionError', code: 'ERR_CONNECTION_CLOSED', message: /5 of 10 bytes of the body of GET http:/ });
  }));

  test('by a reset says so, with the system\'s error', onLoopback(async (net) => {
    const { response, connection } = await open(net, head(10));
    const pending = response.body.read();
    connection.reset();
    await assert.rejects(pending, (error: { code: string; cause: { code: string } }) => error.code === 'ERR_CONNECTION_LOST' && error.cause.code === 'ECONNRESET');
  }));
});

describe('readAll', () => {
  test('joins whatever comes', onLoopback(async (net) => {
    const { response, connection } = await open(net, `${head(12)}one `);
    const pending = response.body.readAll();
    await turn();
    connection.write('two ');
    await new Promise((resolve) => setTimeout(resolve, 10));
    connection.write('four');
    assert.equal(Buffer.from(await pending).toString(), 'one two four');
  }));

  test('with a limit takes exactly so much, and closes what is larger', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client, transport } = net.client();
    assert.equal((await (await client.get(server.origin)).body.readAll(5)).length, 5);
    const response = await client.get(server.origin);
    await assert.rejects(response.body.readAll(4), { name: 'BodyError', code: 'ERR_BODY_TOO_LARGE', message: /4 bytes/ });
    assert.equal(transport.stats().active, 0);
    for (const wrong of [-1, NaN]) {
      const refused = await client.get(server.origin);
      await assert.rejects(refused.body.readAll(wrong), { code: 'ERR_INVALID_OPTION' });
      await refused.close();
    }
  }));

  test('of a body that was read is empty, of one read in part the rest', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    const response = await client.get(server.origin);
    await response.body.read(2);
    assert.equal(await response.text(), 'llo');
    assert.equal(await response.text(), '');
  }));
});

describe('iteration', () => {
  test('ends at EOF', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.connection.write(reply('x'.repeat(200_000), { framing: 'chunked' })) });
    const { client, transport } = net.client();
    let length = 0;
    for await (const chunk of (await client.get(server.origin)).body) length += chunk.length;
    assert.equal(length, 200_000);
    await turn();
    assert.equal(transport.stats().idle, 1);
  }));

  for (const [how, leave] of [
    ['break', async (body: AsyncIterable<unknown>) => { for await (const _ of body) break; }],
    ['return', async (body: AsyncIterable<unknown>) => { for await (const _ of body) return; }],
    ['throw', async (body: AsyncIterable<unknown>) => { try { for await (const _ of body) throw new Error('out'); } catch { /* expected */ } }],
  ] as const) {
    test(`left by ${how} closes the body`, onLoopback(async (net) => {
      const { response } = await open(net, `${head(10)}hello`);
      await leave(response.body);
      assert.equal(response.body.state, 'closed');
      await turn();
      assert.equal(taskCount(), 1);
    }));
  }
});

describe('as a stream', () => {
  test('it delivers the body and closes with its last byte', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client, transport } = net.client();
    const stream = (await client.get(server.origin)).body.toReadableStream();
    const reader = stream.getReader();
    assert.equal(Buffer.from((await reader.read()).value!).toString(), 'hello');
    assert.equal(transport.stats().idle, 1);
    assert.equal((await reader.read()).done, true);
  }));

  test('a stream that nobody reads reads nothing', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    const response = await client.get(server.origin);
    const stream = response.body.toReadableStream();
    await turn();
    assert.equal(response.body.state, 'unread');
    await stream.cancel();
    assert.equal(response.body.state, 'closed');
  }));

  test('it errors as the body does', onLoopback(async (net) => {
    const { response, connection } = await open(net, head(10));
    const reader = response.body.toReadableStream().getReader();
    const pending = reader.read();
    connection.finish();
    await assert.rejects(pending, { code: 'ERR_CONNECTION_CLOSED' });
  }));
});

describe('close', () => {
  test('never throws, whatever the state', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    const response = await client.get(server.origin);
    await response.text();
    await response.close();
    await response.body.close();
    const { response: cut, connection } = await open(net, head(5));
    connection.finish();
    await assert.rejects(cut.text());
    await cut.close();
    await cut.body.close();
  }));

  test('is what await using calls, on a response and on a body', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    let kept;
    {
      await using response = await client.get(server.origin);
      kept = response.body;
      assert.equal(kept.state, 'unread');
    }
    assert.equal(kept.state, 'closed');
    {
      await using body = (await client.get(server.origin)).body;
      kept = body;
    }
    assert.equal(kept.state, 'closed');
    assert.equal(taskCount(), 1);
  }));
});

test('a body that nobody reads stops the server once the buffers are full, and comes whole afterwards', onLoopback(async (net) => {
  const size = 24 << 20;
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i += 4096) bytes.writeUInt32LE(i, i);
  let accepted = 0;
  const server = await net.serve({
    onRequest: ({ connection: { socket } }) => {
      socket.write(head(size));
      for (let at = 0; at < size; at += 1 << 20) socket.write(bytes.subarray(at, at + (1 << 20)), () => (accepted += 1 << 20));
    },
  });
  const { client } = net.client();
  const response = await client.get(server.origin);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.ok(accepted < size, 'the whole body was taken in, though nobody read');
  const got = await response.bytes();
  assert.ok(bytes.equals(got));
}));
