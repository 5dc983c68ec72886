/**
 * A signal that aborts: before, while the request is made, and in the body of the
 * response. Fetch standard, "Aborting a fetch", "Fetch method" and "HTTP-network
 * fetch" (abort of the stream).
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback } from '../../fixtures/loopback.js';
import { echoOf, redirect, site } from '../site.js';
import { fetchOf, FORMS, half, readAs, sends, stalls, type Fetch } from './place.js';
import { REFUSED } from './refused-options.js';

const REASON = new RangeError('mine');

const forms = FORMS.filter((form) => form in Response.prototype);

/** Whether the promise is rejected before a microtask that starts now has run. */
async function rejectsAtOnce(pending: Promise<unknown>): Promise<boolean> {
  const log: string[] = [];
  await Promise.all([pending.catch(() => log.push('rejected')), Promise.resolve().then(() => log.push('next'))]);
  return log[0] === 'rejected';
}

describe('a signal that has aborted', () => {
  for (const [what, make, check] of [
    ['abort()', () => AbortSignal.abort(), (error: unknown) => error instanceof DOMException && error.name === 'AbortError'],
    ['abort(reason)', () => AbortSignal.abort(REASON), (error: unknown) => error === REASON],
    ['abort(string)', () => AbortSignal.abort('mine'), (error: unknown) => error === 'mine'],
    ['abort(null)', () => AbortSignal.abort(null), (error: unknown) => error === null],
    ['abort(0)', () => AbortSignal.abort(0), (error: unknown) => error === 0],
    ['one of several', () => AbortSignal.any([new AbortController().signal, AbortSignal.abort(REASON)]), (error: unknown) => error === REASON],
  ] as const) {
    for (const [how, ask] of [
      ['in the options', (fetch: Fetch, url: string, signal: AbortSignal) => fetch(url, { signal })],
      ['in the mode no-cors', (fetch: Fetch, url: string, signal: AbortSignal) => fetch(url, { signal, mode: 'no-cors' })],
      ['of a Request', (fetch: Fetch, url: string, signal: AbortSignal) => fetch(new Request(url, { signal }))],
      ['of a Request made of a Request', (fetch: Fetch, url: string, signal: AbortSignal) => fetch(new Request(new Request(url, { signal })))],
      ['of a clone', (fetch: Fetch, url: string, signal: AbortSignal) => fetch(new Request(url, { signal }).clone())],
      ['that goes before the one of a Request', (fetch: Fetch, url: string, signal: AbortSignal) => fetch(new Request(url, { signal: new AbortController().signal }), { signal })],
      ['of a Request with other options', (fetch: Fetch, url: string, signal: AbortSignal) => fetch(new Request(url, { signal }), { method: 'POST' })],
    ] as const) {
      test(`by ${what}, ${how}: its reason, and nothing is sent`, onLoopback(async (net) => {
        const { origin, server, fetch } = await site(net);
        await assert.rejects(ask(fetch, origin, make()), check);
        assert.equal(server.connections.length, 0);
      }));
    }
  }

  test('rejects at once', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    assert.equal(await rejectsAtOnce(fetch(origin, { signal: AbortSignal.abort() })), true);
  }));

  test('is good for many fetches', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const signal = AbortSignal.abort();
    for (const pending of Array.from({ length: 3 }, () => fetch(origin, { signal }))) await assert.rejects(pending, { name: 'AbortError' });
  }));

  test('of a Request does not count where the options say null', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    assert.equal((await echoOf(fetch(new Request(origin, { signal: AbortSignal.abort() }), { signal: null }))).method, 'GET');
  }));

  test('leaves a Request used', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const request = new Request(origin, { method: 'POST', body: 'x', signal: AbortSignal.abort() });
    await assert.rejects(fetch(request), { name: 'AbortError' });
    assert.equal(request.bodyUsed, true);
  }));

  test('cancels a stream at once, with the reason that fetch rejects with', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    let cancelled: unknown;
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1)), cancel: (why) => {
      cancelled = why;
    } });
    const pending = fetch(origin, half(body, { signal: AbortSignal.abort() }));
    assert.ok(cancelled instanceof DOMException);
    await assert.rejects(pending, (error) => error === cancelled);
  }));

  describe('comes after a TypeError of the options:', () => {
    for (const [what, url, init] of REFUSED.filter(([, , init]) => typeof init === 'object' && !('signal' in init))) {
      test(what, onLoopback(async (net) => {
        const { origin, fetch } = await site(net);
        await assert.rejects(fetch(url ?? origin, { ...init, signal: AbortSignal.abort() }), TypeError);
      }));
    }
  });
});

describe('an abort while the response is waited for', () => {
  for (const [how, ask] of [
    ['in the options', (fetch: Fetch, url: string, signal: AbortSignal) => fetch(url, { signal })],
    ['of a Request', (fetch: Fetch, url: string, signal: AbortSignal) => fetch(new Request(url, { signal }))],
    ['of a Request with a body', (fetch: Fetch, url: string, signal: AbortSignal) => fetch(new Request(url, { signal, method: 'POST', body: 'x' }))],
    ['of an upload', (fetch: Fetch, url: string, signal: AbortSignal) => fetch(url, half(new ReadableStream(), { signal }))],
  ] as const) {
    test(`${how} rejects with its reason and closes the connection`, onLoopback(async (net) => {
      const cancel = new AbortController();
      let arrived = (): void => undefined;
      const arrival = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const server = await net.serve({ onRequest: () => arrived() });
      const pending = ask(fetchOf(net), server.origin, cancel.signal);
      await arrival;
      cancel.abort(REASON);
      await assert.rejects(pending, (error) => error === REASON);
      assert.equal(await server.settlesAt(0), 0);
    }));
  }

  test('after one fetch has succeeded ends the others', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const server = await net.serve({});
    const cancel = new AbortController();
    const { signal } = cancel;
    await echoOf(fetch(origin, { signal }));
    const pending = [1, 2, 3].map(() => fetch(server.origin, { signal }));
    cancel.abort();
    for (const each of pending) await assert.rejects(each, { name: 'AbortError' });
  }));

  test('cancels the stream that is being sent, with the reason', onLoopback(async (net) => {
    const cancel = new AbortController();
    let cancelled: (why: unknown) => void = () => undefined;
    const end = new Promise<unknown>((resolve) => {
      cancelled = resolve;
    });
    let arrived = (): void => undefined;
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const server = await net.serve({ onRequest: () => arrived() });
    const pending = fetchOf(net)(server.origin, half(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)), cancel: (why) => cancelled(why) }), { signal: cancel.signal }));
    await arrival;
    cancel.abort(REASON);
    await assert.rejects(pending, (error) => error === REASON);
    assert.equal(await end, REASON);
  }));

  test('and the same request again, with another signal, is answered', onLoopback(async (net) => {
    let count = 0;
    let arrived = (): void => undefined;
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const server = await net.serve({ onRequest: (request) => {
      if (count++ > 0) request.reply('again');
      else arrived();
    } });
    const fetch = fetchOf(net);
    const cancel = new AbortController();
    const request = new Request(server.origin, { method: 'POST', body: 'x' });
    const pending = fetch(request.clone(), { signal: cancel.signal });
    await arrival;
    cancel.abort();
    await assert.rejects(pending, { name: 'AbortError' });
    assert.equal(await (await fetch(request, { signal: new AbortController().signal })).text(), 'again');
  }));

  test('in a redirect', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    let arrived = (): void => undefined;
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const silent = await net.serve({ onRequest: () => arrived() });
    const cancel = new AbortController();
    const pending = fetch(redirect(origin, 307, silent.origin), { method: 'POST', body: 'x', signal: cancel.signal });
    await arrival;
    cancel.abort(REASON);
    await assert.rejects(pending, (error) => error === REASON);
  }));
});

describe('an abort when the response is here', () => {
  test('closes the connection, though nobody reads', onLoopback(async (net) => {
    const server = await stalls(net);
    const cancel = new AbortController();
    const response = await fetchOf(net)(server.origin, { signal: cancel.signal });
    cancel.abort();
    assert.equal(await server.settlesAt(0), 0);
    await assert.rejects(response.text(), { name: 'AbortError' });
  }));

  for (const form of forms) {
    test(`makes ${form}() reject with the reason, whether the body is here or not`, onLoopback(async (net) => {
      for (const server of [await stalls(net), await sends(net, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody')]) {
        const cancel = new AbortController();
        const response = await fetchOf(net)(server.origin, { signal: cancel.signal });
        cancel.abort(REASON);
        const pending = readAs(response, form);
        await assert.rejects(pending, (error) => error === REASON);
      }
    }));

    test(`that is read by ${form}() rejects with the reason, and closes the connection`, onLoopback(async (net) => {
      const server = await stalls(net);
      const cancel = new AbortController();
      const response = await fetchOf(net)(server.origin, { signal: cancel.signal });
      const pending = readAs(response, form);
      cancel.abort(REASON);
      await assert.rejects(pending, (error) => error === REASON);
      assert.equal(await server.settlesAt(0), 0);
    }));
  }

  for (const [what, before] of [['before a read', 0], ['after a read', 1]] as const) {
    test(`${what} makes reads and the stream's end reject, and closes the connection`, onLoopback(async (net) => {
      const server = await stalls(net);
      const cancel = new AbortController();
      const reader = (await fetchOf(net)(server.origin, { signal: cancel.signal })).body!.getReader();
      for (let i = 0; i < before; i++) await reader.read();
      cancel.abort(REASON);
      await assert.rejects(reader.read(), (error) => error === REASON);
      await assert.rejects(reader.closed, (error) => error === REASON);
      assert.equal(await server.settlesAt(0), 0);
    }));
  }

  test('makes the stream\'s end reject for one who does not read', onLoopback(async (net) => {
    const server = await stalls(net);
    const cancel = new AbortController();
    const reader = (await fetchOf(net)(server.origin, { signal: cancel.signal })).body!.getReader();
    cancel.abort(REASON);
    await assert.rejects(reader.closed, (error) => error === REASON);
  }));

  test('makes a read that waits reject', onLoopback(async (net) => {
    const server = await stalls(net, '');
    const cancel = new AbortController();
    const reader = (await fetchOf(net)(server.origin, { signal: cancel.signal })).body!.getReader();
    const pending = reader.read();
    cancel.abort(REASON);
    await assert.rejects(pending, (error) => error === REASON);
  }));

  test('reaches a clone as well', onLoopback(async (net) => {
    const server = await stalls(net);
    const cancel = new AbortController();
    const response = await fetchOf(net)(server.origin, { signal: cancel.signal });
    const copy = response.clone();
    const both = [response.text(), copy.text()];
    cancel.abort(REASON);
    for (const each of both) await assert.rejects(each, (error) => error === REASON);
  }));

  test('ends a pipe', onLoopback(async (net) => {
    const server = await stalls(net);
    const cancel = new AbortController();
    const response = await fetchOf(net)(server.origin, { signal: cancel.signal });
    let failed: unknown;
    const piped = response.body!.pipeTo(new WritableStream({ abort: (why) => {
      failed = why;
    } }));
    cancel.abort(REASON);
    await assert.rejects(piped, (error) => error === REASON);
    assert.equal(failed, REASON);
  }));

  test('does not matter to a body that is empty: it has ended', onLoopback(async (net) => {
    const server = await sends(net, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    const cancel = new AbortController();
    const reader = (await fetchOf(net)(server.origin, { signal: cancel.signal })).body!.getReader();
    cancel.abort();
    assert.deepEqual(await reader.read(), { done: true, value: undefined });
    const again = new AbortController();
    const response = await fetchOf(net)(server.origin, { signal: again.signal });
    again.abort();
    assert.equal(await response.text(), '');
  }));

  test('does not matter to a body that was read', onLoopback(async (net) => {
    const cancel = new AbortController();
    const { origin, fetch } = await site(net);
    const response = await fetch(origin, { signal: cancel.signal });
    const { body } = response;
    const reader = body!.getReader();
    while (!(await reader.read()).done);
    cancel.abort();
    assert.deepEqual(await reader.read(), { done: true, value: undefined });
    assert.equal(await reader.closed, undefined);
  }));

  test('by a Request\'s signal reaches it through the Request that follows it', onLoopback(async (net) => {
    const server = await stalls(net);
    const cancel = new AbortController();
    const request = new Request(new Request(server.origin, { signal: cancel.signal }));
    assert.notEqual(request.signal, cancel.signal);
    const response = await fetchOf(net)(request);
    cancel.abort(REASON);
    await assert.rejects(response.text(), (error) => error === REASON);
  }));

  test('after a second use of the response: the first abort, then a TypeError', onLoopback(async (net) => {
    const cancel = new AbortController();
    const { origin, fetch } = await site(net);
    const response = await fetch(origin, { signal: cancel.signal });
    cancel.abort();
    await assert.rejects(response.text(), { name: 'AbortError' });
    await assert.rejects(response.text(), (error: Error) => error.name === 'AbortError' || error instanceof TypeError);
  }));
});

