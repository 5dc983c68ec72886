/** What lasts: signals that many requests share, streams of events, large uploads, servers that go on sending. Nothing may pile up. */
import assert from 'node:assert/strict';
import { getEventListeners, getMaxListeners, once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { createFetch } from 'watertight';
import { onLoopback } from '../fixtures/loopback.js';
import { site } from './site.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Node's own server, which writes and reads at its own pace. */
async function withServer(listener: RequestListener, body: (url: string) => Promise<void>): Promise<void> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
}

async function collect(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await turn();
    globalThis.gc!();
  }
}

describe('a signal that many requests share', () => {
  for (const [what, ask] of [
    ['one after the other', async (fetch, origin, signal) => {
      for (let i = 0; i < 100; i++) await (await fetch(origin, { signal })).text();
    }],
    ['all at once', (fetch, origin, signal) => Promise.all(Array.from({ length: 50 }, async () => (await fetch(origin, { signal })).text()))],
    ['whose responses have no body', async (fetch, origin, signal) => {
      for (let i = 0; i < 50; i++) await fetch(origin, { signal, method: 'HEAD' });
    }],
    ['whose bodies are read by iteration', async (fetch, origin, signal) => {
      for (let i = 0; i < 50; i++) for await (const chunk of (await fetch(origin, { signal })).body!) assert.ok(chunk.length > 0);
    }],
    ['whose bodies are cancelled', async (fetch, origin, signal) => {
      for (let i = 0; i < 50; i++) await (await fetch(origin, { signal })).body!.cancel();
    }],
    ['of which some fail', async (fetch, origin, signal) => {
      for (let i = 0; i < 50; i++) await assert.rejects(fetch(`${origin}/redirect?status=302&to=ftp:%2F%2Fx%2F`, { signal }), TypeError);
    }],
    ['that are redirected', async (fetch, origin, signal) => {
      for (let i = 0; i < 20; i++) await (await fetch(`${origin}/chain?left=3`, { signal })).text();
    }],
    ['of which some are refused', async (fetch, origin, signal) => {
      for (let i = 0; i < 50; i++) await assert.rejects(fetch(origin, { signal, method: 'A B' }), TypeError);
    }],
  ] as const satisfies readonly (readonly [string, (fetch: typeof globalThis.fetch, origin: string, signal: AbortSignal) => Promise<unknown>])[]) {
    test(`${what}, has no listener left and its limit unchanged`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const { signal } = new AbortController();
      const limit = getMaxListeners(signal);
      await ask(fetch, origin, signal);
      assert.equal(getEventListeners(signal, 'abort').length, 0);
      assert.equal(getMaxListeners(signal), limit);
    }));
  }

  test('has one listener while their bodies are unread, and aborts them all', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const cancel = new AbortController();
    const responses = await Promise.all(Array.from({ length: 30 }, () => fetch(origin, { signal: cancel.signal })));
    assert.equal(getEventListeners(cancel.signal, 'abort').length, 1);
    cancel.abort();
    for (const response of responses) await assert.rejects(response.text(), { name: 'AbortError' });
    assert.equal(getEventListeners(cancel.signal, 'abort').length, 0);
  }));

  test('of Requests: nothing of them is left once they are collected', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const { signal } = new AbortController();
    for (let i = 0; i < 30; i++) await (await fetch(new Request(origin, { signal }))).text();
    for (let i = 0; i < 50 && getEventListeners(signal, 'abort').length > 0; i++) await collect();
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  }));
});

describe('the reason of a signal that has aborted before', () => {
  for (const reason of ['a text', null, false, true, 123, Symbol('some'), new Error('an error'), undefined]) {
    test(`is what fetch rejects with: ${String(reason)}`, onLoopback(async (net) => {
      const { origin, server, fetch } = await site(net);
      const signal = AbortSignal.abort(reason);
      for (const pending of [fetch(origin, { signal }), fetch(new Request(origin, { signal })), fetch(new Request(origin), { signal })]) {
        await assert.rejects(pending, (error) => error === signal.reason && (reason !== undefined || (error as Error).name === 'AbortError'));
      }
      assert.equal(server.requests.length, 0);
    }));
  }
});

describe('a stream of events', () => {
  for (const redirect of ['follow', 'error', 'manual'] as const) {
    test(`with redirect: '${redirect}' ends by an abort, though garbage was collected since, and its connection is closed`, onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n') });
      const cancel = new AbortController();
      const reader = (await fetch(server.origin, { signal: cancel.signal, redirect })).body!.getReader();
      assert.equal(Buffer.from((await reader.read()).value as Uint8Array).toString(), 'data: a\n\n');
      const next = assert.rejects(reader.read(), { name: 'AbortError' });
      await collect();
      cancel.abort();
      await next;
      assert.equal(await server.settlesAt(0), 0);
    }));
  }

  test('that was aborted gives out nothing that comes later', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n') });
    const cancel = new AbortController();
    const reader = (await fetch(server.origin, { signal: cancel.signal })).body!.getReader();
    await reader.read();
    cancel.abort();
    server.connections[0].write('1\r\nb\r\n');
    for (let i = 0; i < 3; i++) await assert.rejects(reader.read(), { name: 'AbortError' });
  }));
});

test('what an abort was made with is not held by the client afterwards', onLoopback(async (net) => {
  const { origin, fetch } = await site(net);
  const reference = await (async () => {
    const cancel = new AbortController();
    const response = await fetch(origin, { signal: cancel.signal });
    const reason = { message: 'enough' };
    cancel.abort(reason);
    await response.text().catch(() => undefined);
    return new WeakRef(reason);
  })();
  await (await fetch(origin)).text();
  for (let i = 0; i < 50 && reference.deref() !== undefined; i++) await collect();
  assert.equal(reference.deref(), undefined);
}));

describe('a server that goes on sending', () => {
  test('is held up while nobody reads', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const chunk = Buffer.alloc(1 << 16);
    let sent = 0;
    let stalled!: () => void;
    const held = new Promise<void>((resolve) => (stalled = resolve));
    const goOn: RequestListener = (_, response) => {
      const more = (): void => {
        while (response.write(chunk)) sent += chunk.length;
        const before = sent;
        response.once('drain', more);
        // The client and the kernel take in a few megabytes; without a limit it would not stop.
        setTimeout(() => {
          if (sent === before) stalled();
        }, 100).unref();
        if (sent > 1 << 28) stalled();
      };
      more();
    };
    await withServer(goOn, async (url) => {
      const response = await fetch(url);
      await held;
      assert.ok(sent < 1 << 27, `${sent} bytes were sent to a client that read none`);
      await response.body!.cancel();
    });
  }));
});

describe('a large upload', () => {
  const PIECE = 1 << 16;
  const PIECES = 384;

  /** Makes a new piece each time, and notes the most memory that was held. */
  async function* pieces(peak: { bytes: number }): AsyncGenerator<Uint8Array> {
    for (let i = 1; i <= PIECES; i++) {
      yield Buffer.allocUnsafeSlow(PIECE);
      if (i % 64 !== 0) continue;
      globalThis.gc!();
      peak.bytes = Math.max(peak.bytes, process.memoryUsage().arrayBuffers);
      await turn();
    }
  }

  for (const [what, init] of [
    ['an async iterable', (peak) => ({ body: pieces(peak) })],
    ['a Node stream', (peak) => ({ body: Readable.from(pieces(peak)) })],
  ] as const satisfies readonly (readonly [string, (peak: { bytes: number }) => object])[]) {
    test(`by ${what} is not kept in memory`, onLoopback(async (net) => {
      const { transport } = net.client();
      const fetch = createFetch({ transport });
        let received = 0;
      const takeIn: RequestListener = (request, response) => {
        request.on('data', (bytes: Buffer) => (received += bytes.length));
        request.on('end', () => response.end('ok'));
      };
      await withServer(takeIn, async (url) => {
        globalThis.gc!();
        const before = process.memoryUsage().arrayBuffers;
        const peak = { bytes: 0 };
        const response = await fetch(url, { method: 'PUT', duplex: 'half', ...init(peak) });
        assert.equal(await response.text(), 'ok');
        assert.equal(received, PIECE * PIECES);
        assert.ok(peak.bytes - before < (PIECE * PIECES) / 2, `${peak.bytes - before} bytes were held`);
        transport.closeIdleConnections();
      });
    }));
  }
});
