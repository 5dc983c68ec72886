/** Limits on time and cancelling as the tests of Go's transport and client pin them. docs/go-parity.md says which test is which. */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Writable } from 'node:stream';
import { describe, test } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Client, TimeoutError, type Response } from 'watertight';
import { assertWorks, onLoopback, settle } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';
import { until } from '../fixtures/until.js';

/** Sends all of a body but its last bytes; `/whole` is answered. */
function cutShort(coded: boolean): (request: RawRequest) => void {
  const body = coded ? gzipSync('x'.repeat(50)) : Buffer.from('x'.repeat(50));
  return (request) => {
    if (request.target === '/whole') request.reply('whole');
    else request.connection.write(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${coded ? 'Content-Encoding: gzip\r\n' : ''}Content-Length: ${body.length}\r\n\r\n`), body.subarray(0, -8)]));
  };
}

/** Every way to read a body to its end. */
const WAYS: Record<string, (response: Response, folder: string) => Promise<unknown>> = {
  'text()': (response) => response.text(),
  'json()': (response) => response.json(),
  'bytes()': (response) => response.bytes(),
  'arrayBuffer()': (response) => response.arrayBuffer(),
  'readAll()': (response) => response.body.readAll(),
  'read()': async ({ body }) => {
    while ((await body.read()) !== null);
  },
  'read({ into })': async ({ body }) => {
    const into = new Uint8Array(16);
    while ((await body.read({ into })) !== null);
  },
  'for await': async ({ body }) => {
    for await (const _ of body);
  },
  'toReadable()': ({ body }) => pipeline(body.toReadable(), new Writable({ write: (_chunk, _encoding, done) => done() })),
  'toReadableStream()': async ({ body }) => {
    const reader = body.toReadableStream().getReader();
    while (!(await reader.read()).done);
  },
  'saveTo()': (response, folder) => response.saveTo(join(folder, 'file')),
};

/** A response with a limit on its time that was not over before its head came, however busy the machine is. */
async function within(ask: (timeout: number) => Promise<Response>, timeout = 120): Promise<Response> {
  const { value, error } = await settle(ask(timeout));
  if (value !== undefined) return value;
  if (!(error instanceof TimeoutError) || timeout > 2000) throw error;
  return within(ask, timeout * 4);
}

describe('a body whose last bytes do not come', () => {
  for (const coded of [false, true]) {
    for (const what of ['the timeout of the request', 'the timeout of the client', 'an abort, with its reason']) {
      test(`${coded ? 'in gzip ' : ''}is ended by ${what}, whichever way it is read`, onLoopback(async (net) => {
        const server = await net.serve({ onRequest: cutShort(coded) });
        const { client, transport } = net.client();
        const folder = mkdtempSync(join(tmpdir(), 'watertight-'));
        try {
          await Promise.all(Object.entries(WAYS).map(async ([way, read]) => {
            const cancel = new AbortController();
            const response = await within((timeout) => {
              if (what === 'the timeout of the client') return new Client({ transport, timeout }).get(server.origin);
              return client.get(server.origin, what === 'the timeout of the request' ? { timeout } : { signal: cancel.signal });
            });
            const pending = settle(read(response, folder));
            const reason = { the: 'reason' };
            if (what.startsWith('an abort')) {
              await turn();
              cancel.abort(reason);
            }
            const { error } = await pending;
            if (what.startsWith('an abort')) assert.equal(error, reason, way);
            else {
              assert.ok(error instanceof TimeoutError, `${way}: ${String(error)}`);
              assert.equal(error.phase, 'reading the body', way);
            }
          }));
          assert.deepEqual(readdirSync(folder), [], 'no half of a file');
          await assertWorks(client, `${server.origin}/whole`);
        } finally {
          rmSync(folder, { recursive: true });
        }
      }));
    }
  }
});

describe('the connection of a request that timed out', () => {
  for (const [what, answer] of [
    ['before its headers', ''],
    ['in its headers', 'HTTP/1.1 200 OK\r\nContent-Length: 1'],
    ['after its headers', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
  ]) {
    test(`${what} ends, and is nobody else's`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => (request.target === '/whole' ? request.reply('whole') : request.connection.write(answer)) });
      const { client, transport } = net.client();
      await assert.rejects((async () => (await client.get(server.origin, { timeout: 40 })).text())(), { name: 'TimeoutError', code: 'ERR_TIMEOUT' });
      await server.connections[0].left;
      assert.deepEqual([transport.stats().idle, transport.stats().active], [0, 0]);
      await assertWorks(client, `${server.origin}/whole`);
      assert.equal(server.connections.length, 2);
    }));
  }
});

describe('a limit that is long enough', () => {
  test('does not end a response that was read to its end, however much later', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client, transport } = net.client();
    let limit = 0;
    const response = await within((timeout) => client.get(server.origin, { timeout: (limit = timeout) }));
    assert.equal(await response.text(), 'hello');
    const { length } = server.connections;
    await sleep(limit + 20);
    assert.equal(transport.stats().idle, 1, 'the connection is still there');
    await assertWorks(client, server.origin);
    assert.equal(server.connections.length, length);
  }));

  test('reaches the program\'s own dial as its signal, which aborts when it is over', onLoopback(async (net) => {
    let signal: AbortSignal | null = null;
    const { client } = net.client({ dial: (target) => {
      ({ signal } = target);
      return new Promise(() => {});
    } });
    await assert.rejects(client.get('http://a.example/', { timeout: 30 }), { name: 'TimeoutError', phase: 'dialling' });
    assert.equal(signal!.aborted, true);
  }));
});

describe('a time-out and a cancel', () => {
  for (const [what, make, check] of [
    ['a signal that has aborted', () => ({ signal: AbortSignal.abort() }), (error: Error) => error.name === 'AbortError'],
    ['a signal that has aborted with a reason', () => ({ signal: AbortSignal.abort('why') }), (error: unknown) => error === 'why'],
    ['a signal that timed out before', () => ({ signal: AbortSignal.abort(new DOMException('timed out', 'TimeoutError')) }), (error: Error) => error.name === 'TimeoutError' && error instanceof DOMException],
    // On a busy machine it may still wait for a connection: then the error says for whom, with the signal's as its cause.
    ['a signal that times out', () => ({ signal: AbortSignal.timeout(20) }), (error: Error) => error.name === 'TimeoutError' && (error instanceof DOMException || error.cause instanceof DOMException)],
    ['a time limit', () => ({ timeout: 20 }), (error: Error) => error instanceof TimeoutError],
  ] as [string, () => { signal?: AbortSignal; timeout?: number }, (error: unknown) => boolean][]) {
    test(`${what}: the error says which it was`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: () => undefined });
      const { client } = net.client();
      // The signal of AbortSignal.timeout keeps no process alive.
      const alive = setTimeout(() => undefined, 10_000);
      await assert.rejects(client.get(server.origin, make()), check);
      clearTimeout(alive);
    }));
  }

  test('an abort before the time limit is over is the abort\'s, not a time-out', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: () => undefined });
    const { client } = net.client({}, { timeout: 60_000 });
    const cancel = new AbortController();
    const pending = assert.rejects(client.get(server.origin, { signal: cancel.signal }), { name: 'AbortError' });
    await until('the request is there', () => server.requests.length === 1);
    cancel.abort();
    await pending;
  }));

  test('a download that never ends is ended by its limit, and a PUT that never ends that reads it fails with the same error', onLoopback(async (net) => {
    const server = await net.serve({ parse: false, onConnection: ({ socket }) => {
      socket.once('data', (bytes: Buffer) => {
        if (bytes.toString('latin1').startsWith('PUT')) {
          socket.resume();
          return;
        }
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        const more = (): void => {
          while (socket.writable && socket.write('y'.repeat(1024)));
        };
        socket.on('drain', more);
        more();
      });
    } });
    const { client } = net.client();
    const source = await within((timeout) => client.get(server.origin, { timeout }));
    const { error } = await settle(client.request(server.origin, { method: 'PUT', body: source.body }));
    assert.equal(error?.code, 'ERR_REQUEST_BODY');
    assert.ok(error.cause instanceof TimeoutError);
  }));
});

describe('responseHeaderTimeout', () => {
  test('ends a request whose headers do not come, not one whose body takes longer', onLoopback(async (net) => {
    let go = (): void => {};
    const server = await net.serve({ onRequest: async (request) => {
      if (request.target === '/slow') return;
      request.connection.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n');
      await new Promise<void>((resolve) => (go = resolve));
      request.connection.write('body');
    } });
    const { client } = net.client({ responseHeaderTimeout: 50 });
    for (let i = 0; i < 2; i++) {
      const response = await client.get(`${server.origin}/fast`);
      await assert.rejects(client.get(`${server.origin}/slow`), { name: 'TimeoutError', phase: 'waiting for headers', message: /within 50 ms .*\(responseHeaderTimeout\)/ });
      go();
      assert.equal(await response.text(), 'body');
    }
  }));
});
