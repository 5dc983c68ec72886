/** Signals: the reason itself comes out, in every phase, whatever has been collected, and nothing is left on a signal. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { createFetch } from 'watertight';
import { findLeaks } from 'watertight/leak';
import { onLoopback } from '../fixtures/loopback.js';
import { site } from './site.js';

const reason = new RangeError('mine');

describe('the reason itself', () => {
  test('comes out before anything is sent', onLoopback(async (net) => {
    const { origin, server, fetch } = await site(net);
    await assert.rejects(fetch(origin, { signal: AbortSignal.abort(reason) }), (error) => error === reason);
    await assert.rejects(fetch(new Request(origin, { signal: AbortSignal.abort(reason) })), (error) => error === reason);
    assert.equal(server.requests.length, 0);
  }));

  for (const [phase, options] of [
    ['dialling', { dial: () => new Promise<never>(() => undefined) }],
    ['waiting for a connection', { maxConnsPerHost: 1 }],
  ] as const) {
    test(`comes out ${phase}, of a timeout as well`, onLoopback(async (net) => {
      const server = await net.serve({});
      const fetch = createFetch({ transport: net.client(options).transport });
      const first = phase === 'dialling' ? null : new AbortController();
      const blocking = first === null ? null : assert.rejects(fetch(server.origin, { signal: first.signal }));
      for (const signal of [AbortSignal.timeout(20), AbortSignal.any([AbortSignal.timeout(20)])]) await assert.rejects(fetch(server.origin, { signal }), (error) => error === signal.reason && (error as Error).name === 'TimeoutError');
      first?.abort();
      await blocking;
    }));
  }

  for (const [where, answer] of [
    ['before the head', ''],
    ['inside the head', 'HTTP/1.1 200 OK\r\nX: '],
    ['inside the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'],
  ] as const) {
    test(`comes out ${where}`, onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(answer) });
      const cancel = new AbortController();
      const text = fetch(server.origin, { signal: cancel.signal }).then((response) => response.text());
      while (server.requests.length === 0) await sleep(1);
      await sleep(10);
      cancel.abort(reason);
      await assert.rejects(text, (error) => error === reason);
    }));
  }

  test('comes out of a body that is here already and was not read, and of a read in the same turn', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    for (const read of [(response: Response) => response.text(), (response: Response) => response.body!.getReader().read(), (response: Response) => response.clone().text()]) {
      const cancel = new AbortController();
      const response = await fetch(origin, { signal: cancel.signal });
      await sleep(5);
      cancel.abort(reason);
      await assert.rejects(read(response), (error) => error === reason);
    }
    const cancel = new AbortController();
    const response = await fetch(origin, { signal: cancel.signal });
    const reading = response.arrayBuffer();
    cancel.abort(reason);
    await assert.rejects(reading, (error) => error === reason);
  }));
});

test('without a reason of the program it is an AbortError, after a timeout a TimeoutError, both of the platform and without a cause', onLoopback(async (net) => {
  const { fetch } = await site(net);
  const silent = await net.serve({});
  for (const [signal, name, code] of [
    [AbortSignal.abort(), 'AbortError', DOMException.ABORT_ERR],
    [AbortSignal.timeout(20), 'TimeoutError', DOMException.TIMEOUT_ERR],
  ] as const) {
    for (const ask of [() => fetch(silent.origin, { signal }), () => fetch(new Request(silent.origin, { signal })), () => fetch(new Request(silent.origin), { signal })]) {
      await assert.rejects(ask(), (error: DOMException) => {
        assert.ok(error instanceof DOMException);
        assert.deepEqual([error.name, error.code, error.cause], [name, code, undefined]);
        return true;
      });
    }
  }
}));

test('of ten that share a controller, the first to be read aborts the nine others', onLoopback(async (net) => {
  const { origin, fetch } = await site(net);
  for (const inRequest of [false, true]) {
    const controller = new AbortController();
    const { signal } = controller;
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, async () => {
      const response = await (inRequest ? fetch(new Request(origin, { signal })) : fetch(origin, { signal }));
      const { method } = (await response.json()) as { method: string };
      controller.abort();
      return method;
    }));
    const failed = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    assert.equal(failed.length, 9);
    assert.ok(failed.every(({ reason: why }) => (why as DOMException).code === DOMException.ABORT_ERR));
  }
}));

test('a signal that aborts after the response was read changes nothing', onLoopback(async (net) => {
  const { origin, fetch } = await site(net);
  const controller = new AbortController();
  const response = await fetch(origin, { method: 'PUT', body: Buffer.from('hello'), signal: controller.signal });
  const text = await response.text();
  controller.abort();
  await sleep(1);
  assert.match(text, /hello/);
  assert.equal(response.bodyUsed, true);
}));

test('no time limit ends a response that is long in coming, unless the program sets one', onLoopback(async (net, t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
  const server = await net.serve({});
  const ask = createFetch({ transport: net.client().transport });
  const limited = createFetch({ transport: net.client({ responseHeaderTimeout: 60_000 }).transport });
  const pending = ask(server.origin).then((response) => response.text());
  const hurried = assert.rejects(limited(server.origin), (error: TypeError & { code: string }) => error.code === 'ERR_TIMEOUT');
  while (server.requests.length < 2) await turn();
  t.mock.timers.tick(3_600_000);
  await hurried;
  server.requests.find(({ connection }) => !connection.hasLeft)?.reply('at last');
  assert.equal(await pending, 'at last');
}));

describe('a stream of events', () => {
  for (const [what, signal] of [
    ['a timeout', (ms: number) => AbortSignal.timeout(ms)],
    ['one of several signals', (ms: number) => AbortSignal.any([AbortSignal.timeout(ms), new AbortController().signal])],
    ['one of several signals of which one is several', (ms: number) => AbortSignal.any([AbortSignal.any([AbortSignal.timeout(ms)]), new AbortController().signal])],
  ] as const) {
    test(`ends by ${what}, though garbage was collected since, and frees its connection`, onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ntick\r\n') });
      // Node 20 collects a timeout that only another signal follows, unless it is held; its own fetch streams on. What its Request follows can't be seen.
      const unseen = process.version.startsWith('v20.') && what !== 'a timeout';
      for (const ask of [(ms: number) => fetch(server.origin, { signal: signal(ms) }), ...(unseen ? [] : [(ms: number) => fetch(new Request(server.origin, { signal: signal(ms) }))])]) {
        // On a busy machine the time may be over before the response is there.
        let response: Response | null = null;
        for (let ms = 60; response === null; ms *= 2) response = await ask(ms).catch(() => null);
        const { body } = response;
        const ended = assert.rejects(async () => {
          for await (const chunk of body!) assert.ok(chunk.length > 0);
        }, { name: 'TimeoutError' });
        for (let i = 0; i < 5; i++) {
          await sleep(2);
          globalThis.gc!();
        }
        await ended;
      }
      assert.equal(await server.settlesAt(0), 0);
    }));
  }
});

test('ten thousand requests that share a signal leave no listener on it', onLoopback(async (net) => {
  const { origin, fetch } = await site(net);
  const { signal } = new AbortController();
  for (let i = 0; i < 10_000; i += 50) await Promise.all(Array.from({ length: 50 }, async () => (await fetch(origin, { signal })).text()));
  assert.equal(getEventListeners(signal, 'abort').length, 0);
}));

test('a response that was forgotten is closed, though its signal lives on, and leaves nothing on it', onLoopback(async (net) => {
  const { fetch } = await site(net);
  const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart') });
  const { signal } = new AbortController();
  const forget = async (): Promise<void> => {
    const response = await fetch(server.origin, { signal });
    assert.ok(response.body instanceof ReadableStream);
  };
  await forget();
  while (server.open.length > 0 || getEventListeners(signal, 'abort').length > 0) {
    globalThis.gc!();
    await sleep(5);
  }
  assert.deepEqual((await findLeaks()).map(({ verdict }) => verdict), ['proven']);
}));

describe('an abort that nobody listens to is no unhandled rejection', () => {
  for (const [what, look] of [
    ['an unread body', () => null],
    ['a stream that was asked for', (response: Response) => response.body],
    ['a stream that is locked', (response: Response) => response.body!.getReader()],
    ['a clone', (response: Response) => response.clone()],
  ] as const) {
    test(`with ${what}`, onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart') });
      const cancel = new AbortController();
      const response = await fetch(server.origin, { signal: cancel.signal });
      look(response);
      cancel.abort();
      assert.equal(await server.settlesAt(0), 0);
    }));
  }
});

test('what came before the abort and was not read is not given out', onLoopback(async (net) => {
  const { fetch } = await site(net);
  const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n') });
  const cancel = new AbortController();
  const reader = (await fetch(server.origin, { signal: cancel.signal })).body!.getReader();
  await reader.read();
  await server.connections[0].send('3\r\ntwo\r\n');
  await sleep(5);
  cancel.abort(reason);
  await assert.rejects(reader.read(), (error) => error === reason);
}));
