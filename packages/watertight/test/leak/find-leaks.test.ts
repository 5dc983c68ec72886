/** Finding what is leaked: every kind of it, with its line, after a while for things to settle. */

import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { currentLeaks, findLeaks, ignoreCurrent, verifyNone, type LeakOptions } from 'watertight/leak';
import { go, taskCount } from 'watertight/tasks';
import type { Client, Response } from 'watertight';
import { onLoopback } from '../fixtures/loopback.js';
import { markedLine } from '../tasks/marked-line.js';

/** One look, no waiting: what is there is there. */
const NOW = { retries: 0 };

const never = (): Promise<never> => new Promise(() => {});

async function collectUntil(done: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !done(); i++) {
    globalThis.gc?.();
    await turn();
  }
}

test('where nothing runs, nothing is found', async () => {
  assert.deepEqual(await findLeaks(), []);
  assert.deepEqual(currentLeaks(), []);
});

test('an unread body, with everything that is known of it', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  async function fetchPreview(): Promise<Response> {
    return client.get(`${server.origin}/a?token=s3cret`); // at: unread
  }
  const response = await fetchPreview();
  await response.body.read(2);
  const leaks = await findLeaks(NOW);
  assert.equal(leaks.length, 1);
  const [{ site, stack, heldFor, task, ...leak }] = leaks;
  assert.deepEqual(leak, { kind: 'body', verdict: 'active', method: 'GET', url: `${server.origin}/a?token=*`, status: 200, bytesRead: 2, contentLength: 5, origin: server.origin, client: 'watertight' });
  const { file, line } = markedLine(import.meta.url, 'unread');
  assert.deepEqual({ file: site?.file, line: site?.line, function: site?.function }, { file, line, function: 'fetchPreview' });
  assert.deepEqual(stack[0], site);
  assert.ok(heldFor >= 0 && heldFor < 60_000);
  assert.deepEqual({ name: task?.name, state: task?.state }, { name: 'readLoop', state: 'select' });
  assert.deepEqual(JSON.parse(JSON.stringify(leaks)), leaks, 'a leak is plain data');
  await response.close();
  assert.deepEqual(await findLeaks(NOW), []);
}));

test('a request without a response yet is one, too', onLoopback(async (net) => {
  const server = await net.serve();
  const { client } = net.client();
  const cancel = new AbortController();
  const pending = assert.rejects(client.get(server.origin, { signal: cancel.signal }));
  while (server.requests.length === 0) await turn();
  const [{ kind, status, url }] = await findLeaks(NOW);
  assert.deepEqual({ kind, status, url }, { kind: 'body', status: 0, url: `${server.origin}/` });
  cancel.abort();
  await pending;
}));

test('a dial under way is a connection', onLoopback(async (net) => {
  const { client } = net.client({ dial: never });
  const cancel = new AbortController();
  const pending = assert.rejects(client.get('http://127.0.0.1:9/', { signal: cancel.signal })); // at: dial
  await turn();
  const [{ kind, origin, site }] = await findLeaks(NOW);
  assert.deepEqual({ kind, origin, line: site?.line }, { kind: 'connection', origin: 'http://127.0.0.1:9', line: markedLine(import.meta.url, 'dial').line });
  cancel.abort();
  await pending;
}));

test('a go() task that runs on is a task', async () => {
  let finish: () => void = () => {};
  const running = go(async function pollForever() { // at: task
    await new Promise<void>((resolve) => (finish = resolve));
  });
  const [{ kind, site, task, method, url }, ...others] = await findLeaks(NOW);
  assert.equal(others.length, 0);
  assert.deepEqual({ kind, name: task?.name, method, url, line: site?.line }, { kind: 'task', name: 'pollForever', method: '', url: '', line: markedLine(import.meta.url, 'task').line });
  finish();
  await running;
});

describe('an idle connection', () => {
  test('is nobody\'s fault, unless it is asked for', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    await (await client.get(server.origin)).text();
    assert.deepEqual(await findLeaks(NOW), []);
    const leaks = await findLeaks({ ...NOW, idle: 'fail' });
    assert.deepEqual(leaks.map(({ kind, verdict, origin }) => ({ kind, verdict, origin })), [{ kind: 'connection', verdict: 'idle', origin: server.origin }]);
    client.closeIdleConnections();
    assert.deepEqual(await findLeaks({ ...NOW, idle: 'fail' }), []);
  }));
});

describe('looking again', () => {
  test('what settles in the meantime is no leak', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    const response = await client.get(server.origin);
    setTimeout(() => void response.close(), 60);
    assert.deepEqual(await findLeaks(), []);
  }));

  test('what does not is reported after all looks', async () => {
    let finish: () => void = () => {};
    const running = go(() => new Promise<void>((resolve) => (finish = resolve)));
    const started = performance.now();
    assert.equal((await findLeaks({ retries: 5, maxDelay: 10 })).length, 1);
    const took = performance.now() - started;
    assert.ok(took >= 25, `${took} ms`);
    finish();
    await running;
  });
});

test('suspectAfter decides from when on a response is suspect', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  const response = await client.get(server.origin);
  await sleep(20);
  const verdict = (suspectAfter: number): string | undefined => currentLeaks({ suspectAfter })[0]?.verdict;
  assert.equal(verdict(10), 'suspect');
  assert.equal(verdict(60_000), 'active');
  await response.text();
}));

test('ignoreCurrent leaves out what ran before, and nothing that came later', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply(request.target) });
  const { client } = net.client();
  const before = await client.get(`${server.origin}/before`);
  const baseline = ignoreCurrent();
  assert.deepEqual(await findLeaks({ ...NOW, ignore: baseline }), []);
  const later = await client.get(`${server.origin}/later`);
  assert.deepEqual((await findLeaks({ ...NOW, ignore: baseline })).map(({ url }) => url), [`${server.origin}/later`]);
  assert.equal((await findLeaks(NOW)).length, 2);
  await before.close();
  await later.close();
}));

describe('wrong options are refused:', () => {
  for (const wrong of [null, 5, { retry: 5 }, { retries: -1 }, { maxDelay: '5' }, { suspectAfter: NaN }, { idle: 'maybe' }, { severity: 'certain' }, { unmatched: 1 }, { resources: 'all' }]) {
    test(JSON.stringify(wrong), async () => {
      await assert.rejects(findLeaks(wrong as LeakOptions), TypeError);
      assert.throws(() => currentLeaks(wrong as LeakOptions), TypeError);
    });
  }
});

describe('a response that was dropped', () => {
  const warnings: Error[] = [];
  process.on('warning', (warning) => warnings.push(warning));
  afterEach(async () => {
    warnings.length = 0;
    await findLeaks(NOW);
  });

  /** In a function of its own, so that nothing on the stack keeps the response. */
  async function drop(client: Client, url: string, read: number): Promise<void> {
    const response = await client.get(url); // at: dropped
    if (read > 0) await response.body.read(read);
  }

  for (const [what, read] of [['unread', 0], ['half read', 2]] as const) {
    for (const gzip of [false, true]) {
      test(`${what}${gzip ? ', gzip' : ''}: it is reclaimed after a collection, proven, and reported once, with its line`, onLoopback(async (net) => {
        const { gzipSync } = await import('node:zlib');
        const { randomBytes } = await import('node:crypto');
        const body = gzip ? gzipSync(randomBytes(50_000)) : Buffer.from('hello');
        const server = await net.serve({ onRequest: (request) => request.reply(body, { fields: gzip ? ['Content-Encoding: gzip'] : [] }) });
        const { client, transport } = net.client();
        await drop(client, server.origin, read);
        await turn();
        assert.equal(taskCount(), 3);
        await collectUntil(() => taskCount() === 1);
        assert.equal(taskCount(), 1, 'it was not reclaimed');
        assert.equal(transport.stats().active, 0);
        assert.equal(await server.settlesAt(0), 0);
        const leaks = await findLeaks();
        assert.deepEqual(leaks.map(({ kind, verdict, site, task, contentLength }) => ({ kind, verdict, line: site?.line, task, contentLength })), [{ kind: 'body', verdict: 'proven', line: markedLine(import.meta.url, 'dropped').line, task: null, contentLength: body.length }]);
        assert.ok(leaks[0].bytesRead >= read);
        assert.deepEqual(await findLeaks(), [], 'it is reported once');
      }));
    }
  }

  test('each line is logged once, however many it leaks', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    const dropHere = async (): Promise<void> => {
      await client.get(server.origin);
    };
    for (let i = 0; i < 5; i++) await dropHere();
    await collectUntil(() => taskCount() === 1);
    await turn();
    assert.equal(warnings.filter(({ name }) => name === 'LeakWarning').length, 1);
    assert.equal((await findLeaks()).length, 5);
  }));

  test('fails the check that follows', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    await drop(client, server.origin, 0);
    await collectUntil(() => taskCount() === 1);
    await assert.rejects(verifyNone(), { code: 'ERR_LEAK', message: /garbage-collected and reclaimed/ });
  }));

  test('held by its body, its stream or its iterator, it is not collected', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    const held = [(await client.get(server.origin)).body, (await client.get(server.origin)).body.toReadableStream(), (await client.get(server.origin)).body[Symbol.asyncIterator]()] as const;
    for (let i = 0; i < 10; i++) {
      globalThis.gc?.();
      await turn();
    }
    assert.equal(taskCount(), 7);
    assert.equal((await held[0].read())?.length, 5);
    await held[1].cancel();
    assert.equal((await held[2].next()).value?.length, 5);
  }));

  test('while its body is awaited, it is not collected', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n') });
    const { client } = net.client();
    const text = client.get(server.origin).then((response) => response.text());
    while (server.requests.length === 0) await turn();
    for (let i = 0; i < 10; i++) {
      globalThis.gc?.();
      await sleep(2);
    }
    server.connections[0].write('hello');
    assert.equal(await text, 'hello');
  }));

  test('with tracking off it is not looked at', async () => {
    const { setTracking } = await import('watertight/tasks');
    setTracking('off');
    try {
      await onLoopback(async (net) => {
        const server = await net.serve({ onRequest: (request) => request.reply('hello') });
        const { client } = net.client({ track: 'off' });
        await drop(client, server.origin, 0);
        for (let i = 0; i < 10; i++) {
          globalThis.gc?.();
          await turn();
        }
        assert.equal(taskCount(), 3);
        const [{ site }] = await findLeaks(NOW);
        assert.equal(site, null);
      })(undefined as never);
    } finally {
      setTracking('all');
    }
  });
});
