/**
 * The lifecycle of a connection, counted in tasks: two for each connection, its read loop and its write
 * loop, and the main one. A count is settled one turn of the event loop after the read or the close.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Transport, TransportStats } from 'watertight';
import { taskCount, tasks } from 'watertight/tasks';
import { onLoopback } from '../fixtures/loopback.js';
import { reply, type RawRequest } from '../fixtures/raw-server.js';

/** Answers with the path's last part as the number of bytes; `/chunked/N` in chunks, `/close/N` without a length. */
function answer(request: RawRequest): void {
  const [, framing, size] = request.target.split('/');
  const kind = framing === 'chunked' || framing === 'close' ? framing : 'length';
  request.connection.write(reply('x'.repeat(Number(size)), { framing: kind }));
  if (kind === 'close') request.connection.finish();
}

const IDLE = { idle: 1, active: 0, opened: 1, closed: 0 };
const PINNED = { idle: 0, active: 1, opened: 1, closed: 0 };
const CLOSED = { idle: 0, active: 0, opened: 1, closed: 1 };

type Counted = Pick<TransportStats, 'idle' | 'active' | 'opened' | 'closed'>;

async function assertCounts(transport: Transport, expected: Counted): Promise<void> {
  await turn();
  const { idle, active, opened, closed } = transport.stats();
  assert.deepEqual({ idle, active, opened, closed }, expected);
  assert.equal(taskCount(), 1 + 2 * (idle + active), 'two tasks a connection');
}

describe('a body', () => {
  for (const framing of ['length', 'chunked']) {
    test(`read to its end returns the connection (${framing}), without a close`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: answer });
      const { client, transport } = net.client();
      for (let i = 0; i < 3; i++) {
        const response = await client.get(`${server.origin}/${framing}/5`);
        assert.equal(await response.text(), 'xxxxx');
        assert.equal(response.body.state, 'eof');
        await assertCounts(transport, IDLE);
      }
      assert.equal(server.connections.length, 1);
    }));

    test(`closed early tears the connection down (${framing})`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: answer });
      const { client, transport } = net.client();
      const response = await client.get(`${server.origin}/${framing}/5`);
      await response.close();
      assert.equal(response.body.state, 'closed');
      await assertCounts(transport, CLOSED);
    }));

    test(`neither read nor closed pins it, at 5 bytes as at 50,000 (${framing}), and the next request dials`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: answer });
      const { client, transport } = net.client();
      const responses = [await client.get(`${server.origin}/${framing}/5`)];
      await assertCounts(transport, PINNED);
      assert.equal(responses[0].body.state, 'unread');
      responses.push(await client.get(`${server.origin}/${framing}/50000`));
      await assertCounts(transport, { idle: 0, active: 2, opened: 2, closed: 0 });
      for (const response of responses) await response.bytes();
      await assertCounts(transport, { idle: 2, active: 0, opened: 2, closed: 0 });
    }));
  }

  test('read in part pins as well as unread', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    const { client, transport } = net.client();
    const response = await client.get(`${server.origin}/length/5`);
    assert.equal((await response.body.read(4))?.length, 4);
    assert.equal(response.body.state, 'reading');
    await assertCounts(transport, PINNED);
    assert.equal((await response.body.read(1))?.length, 1);
    await assertCounts(transport, IDLE);
  }));

  test('is released by the read that delivers the last byte, not one read later', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    const { client, transport } = net.client();
    for (const framing of ['length', 'chunked']) {
      const response = await client.get(`${server.origin}/${framing}/5`);
      // All of a chunked body has to be here for its end to be known with its last byte.
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal((await response.body.read())?.length, 5);
      assert.equal(response.body.state, 'eof');
      await assertCounts(transport, IDLE);
      assert.equal(await response.body.read(), null);
    }
  }));

  test('that ends with its connection closes it at its end', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    const { client, transport } = net.client();
    const response = await client.get(`${server.origin}/close/5`);
    assert.equal(response.contentLength, -1);
    assert.equal(await response.text(), 'xxxxx');
    await assertCounts(transport, CLOSED);
  }));

  test('that is here in full can be read after the server closed, and pins until then', onLoopback(async (net) => {
    const server = await net.serve({
      onRequest: (request) => {
        request.reply('hello');
        request.connection.finish();
      },
    });
    const { client, transport } = net.client();
    const response = await client.get(server.origin);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await assertCounts(transport, PINNED);
    assert.equal(await response.text(), 'hello');
    await assertCounts(transport, CLOSED);
  }));
});

describe('a response without a body returns its connection at once', () => {
  const cases: [what: string, method: string, head: string, contentLength: number][] = [
    ['HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 5],
    ['204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n', 0],
    ['304', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', 0],
    ['Content-Length: 0', 'GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 0],
  ];
  for (const [what, method, head, contentLength] of cases) {
    test(what, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(head) });
      const { client, transport } = net.client();
      const response = await client.request(server.origin, { method });
      await assertCounts(transport, IDLE);
      assert.equal(response.body.state, 'eof');
      assert.equal(response.contentLength, contentLength);
      assert.equal(await response.text(), '');
      await response.close();
      await (await client.request(server.origin, { method })).close();
      assert.equal(server.connections.length, 1);
    }));
  }
});

describe('a connection is not kept', () => {
  const cases: [what: string, fields: string, init: object][] = [
    ['if the server says close', 'Connection: close\r\n', {}],
    ['if the request says close', '', { close: true }],
    ['if the request says so in a field', '', { headers: { Connection: 'close' } }],
  ];
  for (const [what, fields, init] of cases) {
    test(what, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 2\r\n\r\nok`) });
      const { client, transport } = net.client();
      const response = await client.get(server.origin, init);
      await assertCounts(transport, PINNED);
      assert.equal(await response.text(), 'ok');
      await assertCounts(transport, CLOSED);
      const asked = server.requests[0].all('connection').includes('close');
      assert.equal(asked, fields === '');
    }));
  }

  test('if keep-alive is disabled: every request says close', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    const { client, transport } = net.client({ disableKeepAlives: true });
    await (await client.get(`${server.origin}/length/5`)).bytes();
    await assertCounts(transport, CLOSED);
    assert.deepEqual(server.requests[0].all('connection'), ['close']);
  }));

  test('if it is HTTP/1.0 without keep-alive; with it, it is', onLoopback(async (net) => {
    const server = await net.serve({
      onRequest: ({ connection, index }) => connection.write(`HTTP/1.0 200 OK\r\nContent-Length: 2\r\n${index === 0 ? 'Connection: keep-alive\r\n' : ''}\r\nok`),
    });
    const { client, transport } = net.client();
    const response = await client.get(server.origin);
    assert.equal(response.proto, 'HTTP/1.0');
    await response.text();
    await assertCounts(transport, IDLE);
    await (await client.get(server.origin)).text();
    await assertCounts(transport, CLOSED);
  }));

  for (const [what, excess] of [['a stray byte', '!'], ['a whole second response', reply('evil').toString('latin1')]] as const) {
    test(`if ${what} came behind the response`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(`${reply('good').toString('latin1')}${excess}`) });
      const { client, transport } = net.client();
      assert.equal(await (await client.get(server.origin)).text(), 'good');
      await assertCounts(transport, CLOSED);
      assert.equal(await (await client.get(server.origin)).text(), 'good');
    }));
  }

  test('if bytes come while it is idle', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('good') });
    const { client, transport } = net.client();
    await (await client.get(server.origin)).text();
    await assertCounts(transport, IDLE);
    server.connections[0].write(reply('evil'));
    await server.settlesAt(0);
    await assertCounts(transport, CLOSED);
    assert.equal(await (await client.get(server.origin)).text(), 'good');
    assert.equal(server.connections.length, 2);
  }));

  test('if the server closes it while it is idle', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('good') });
    const { client, transport } = net.client();
    await (await client.get(server.origin)).text();
    server.connections[0].finish();
    await server.settlesAt(0);
    await turn();
    await assertCounts(transport, CLOSED);
  }));
});

test('the loops say what they wait for, and for whom', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => setTimeout(() => request.reply('hello'), 20) });
  const { client, transport } = net.client();
  const loops = (): object[] => tasks().slice(1).map(({ name, kind, state, holder, labels }) => ({ name, kind, state, host: labels.host, held: holder?.status }));
  const host = server.origin.slice('http://'.length);
  const pending = client.get(server.origin);
  while (server.requests.length === 0) await turn();
  assert.deepEqual(loops(), [
    { name: 'readLoop', kind: 'connection', state: 'io wait', host, held: 0 },
    { name: 'writeLoop', kind: 'connection', state: 'select', host, held: 0 },
  ]);
  const response = await pending;
  assert.deepEqual(loops().map((loop) => (loop as { state: string; held?: number }).state), ['select', 'select']);
  const { holder } = tasks()[1];
  assert.deepEqual({ method: holder?.method, url: holder?.url, status: holder?.status, contentLength: holder?.contentLength, bytesRead: holder?.bytesRead }, { method: 'GET', url: `${server.origin}/`, status: 200, contentLength: 5, bytesRead: 0 });
  await response.text();
  assert.deepEqual(loops().map((loop) => (loop as { held?: number }).held), [undefined, undefined]);
  assert.equal(tasks()[1].state, 'io wait');
  await transport.close();
}));

test('while a dial is under way, it is a task of its own', onLoopback(async (net) => {
  const { client, transport } = net.client({ dial: () => new Promise(() => {}) });
  const cancel = new AbortController();
  const pending = client.get('http://127.0.0.1:9/', { signal: cancel.signal });
  await turn();
  assert.deepEqual(tasks().slice(1).map(({ name, kind, state }) => ({ name, kind, state })), [{ name: 'dialConn', kind: 'dial', state: 'io wait' }]);
  assert.equal(transport.stats().dialling, 1);
  cancel.abort();
  await assert.rejects(pending, { name: 'AbortError' });
  assert.equal(taskCount(), 1);
}));

describe('drainOnClose', () => {
  test('saves the connection of a body whose rest is short enough', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    const { client, transport } = net.client({ drainOnClose: 100 });
    for (const path of ['/length/100', '/chunked/60']) {
      const response = await client.get(server.origin + path);
      await response.close();
      await assertCounts(transport, IDLE);
    }
    assert.equal(server.connections.length, 1);
  }));

  test('closes a longer one without reading it', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    const { client, transport } = net.client({ drainOnClose: 100 });
    await (await client.get(`${server.origin}/length/101`)).close();
    await assertCounts(transport, CLOSED);
    await (await client.get(`${server.origin}/chunked/101`)).close();
    await assertCounts(transport, { idle: 0, active: 0, opened: 2, closed: 2 });
  }));

  test('gives up on a rest that turns out longer', onLoopback(async (net) => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    for (const [size, expected] of [[95, IDLE], [96, CLOSED]] as const) {
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(`${head}5\r\nhello\r\n`) });
      const { client, transport } = net.client({ drainOnClose: 100 });
      const response = await client.get(server.origin);
      const closed = response.close();
      server.connections[0].write(`${size.toString(16)}\r\n${'x'.repeat(size)}\r\n0\r\n\r\n`);
      await closed;
      await assertCounts(transport, expected);
      await transport.close();
    }
  }));

  test('waits no longer than half a second for a rest that does not come', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello') });
    const { client, transport } = net.client({ drainOnClose: 100 });
    const response = await client.get(server.origin);
    await response.close();
    assert.equal(response.body.state, 'closed');
    await assertCounts(transport, CLOSED);
  }));

  test('is off by default', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    const { client, transport } = net.client();
    await (await client.get(`${server.origin}/length/1`)).close();
    await assertCounts(transport, CLOSED);
  }));
});
