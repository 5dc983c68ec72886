/** A hook of the caller that throws or rejects fails the call it was made for, and nothing else. */

import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { assertWorks, onLoopback } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';

const failure = new Error('the hook failed');

/** The error of the hook itself, or one that has it as its cause. */
function isTheFailure(error: unknown): true {
  for (let at = error as Error | undefined; at; at = at.cause as Error | undefined) if (at === failure) return true;
  throw new Error(`not the failure of the hook: ${inspect(error)}`);
}

const hello = { onRequest: async (request: RawRequest) => (await request.body, request.reply('hello')) };

/** Fails the first time it is called. */
function failsOnce<T>(how: 'throws' | 'rejects', then: () => T): () => T {
  let failed = false;
  return () => {
    if (failed) return then();
    failed = true;
    if (how === 'throws') throw failure;
    return Promise.reject(failure) as T;
  };
}

for (const how of ['throws', 'rejects'] as const) {
  test(`a dial that ${how} fails its request and frees its place`, onLoopback(async (loop) => {
    const server = await loop.serve(hello);
    const dial = failsOnce<net.Socket>(how, () => net.connect(server.port, '127.0.0.1'));
    const { client, transport } = loop.client({ dial, maxConnsPerHost: 1 });
    await assert.rejects(client.get(server.origin), isTheFailure);
    assert.equal(transport.stats().dialling, 0);
    await assertWorks(client, server.origin);
  }));

  test(`a redirect policy that ${how} fails its request and leaves no body open`, onLoopback(async (loop) => {
    const server = await loop.serve({
      onRequest: (request) => request.target === '/' ? request.reply('moved', { status: '302 Found', fields: ['Location: /next'] }) : request.reply('hello'),
    });
    const { client, transport } = loop.client({}, { checkRedirect: failsOnce<never>(how, () => undefined as never) });
    await assert.rejects(client.get(server.origin), isTheFailure);
    assert.equal(transport.stats().active, 0);
    await assertWorks(client, server.origin);
  }));
}

test('a lookup that throws, and one that calls back with an error, fail their requests', onLoopback(async (loop) => {
  const server = await loop.serve(hello);
  let calls = 0;
  const lookup = (_host: string, options: { all?: boolean }, callback: (...args: unknown[]) => void): void => {
    calls++;
    if (calls === 1) throw failure;
    if (calls === 2) return callback(failure);
    if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
    else callback(null, '127.0.0.1', 4);
  };
  const { client, transport } = loop.client({ lookup: lookup as never, maxConnsPerHost: 1 });
  const url = `http://a.test:${server.port}/`;
  await assert.rejects(client.get(url), isTheFailure);
  await assert.rejects(client.get(url), isTheFailure);
  assert.equal(transport.stats().dialling, 0);
  await assertWorks(client, url);
}));

test('a dial that resolves to something that is no socket fails its request', onLoopback(async (loop) => {
  const { client, transport } = loop.client({ dial: () => ({ not: 'a socket' }) as never });
  await assert.rejects(client.get('http://a.test/', { timeout: 5000 }), (error: Error) => error.name !== 'TimeoutError');
  assert.equal(transport.stats().dialling, 0);
}));

test('a dial that resolves to a socket that is already destroyed fails its request', onLoopback(async (loop) => {
  const { client } = loop.client({ dial: () => new net.Socket().destroy() });
  await assert.rejects(client.get('http://a.test/', { timeout: 5000 }), (error: Error) => error.name !== 'TimeoutError');
}));

for (const [what, next] of [
  ['throws', () => { throw failure; }],
  ['rejects', () => Promise.reject(failure)],
] as const) {
  test(`a body iterator that ${what} fails its request`, onLoopback(async (loop) => {
    const server = await loop.serve(hello);
    let given = 0;
    const body = { [Symbol.asyncIterator]: () => ({ next: () => (given++ === 0 ? Promise.resolve({ done: false, value: Buffer.from('part') }) : next()) }) };
    const { client } = loop.client();
    await assert.rejects(client.post(server.origin, body as never), isTheFailure);
    await assertWorks(client, server.origin);
  }));
}

test('the iterator of a body that is no longer wanted is told so once', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: (request) => (request.method === 'POST' ? request.connection.reset() : request.reply('hello')) });
  let returned = 0;
  const body = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<IteratorResult<Buffer>>((resolve) => setTimeout(resolve, 1, { done: false, value: Buffer.alloc(1000) })),
      return: () => (returned++, Promise.resolve({ done: true, value: undefined })),
    }),
  };
  const { client } = loop.client();
  await assert.rejects(client.post(server.origin, body as never));
  await assertWorks(client, server.origin);
  assert.equal(returned, 1);
}));

test('a body function that throws fails its request before anything is opened', onLoopback(async (loop) => {
  const server = await loop.serve(hello);
  const { client } = loop.client();
  await assert.rejects((async () => client.post(server.origin, () => { throw failure; }))(), isTheFailure);
  await assertWorks(client, server.origin);
}));

test('a body of a kind that cannot be sent is refused', onLoopback(async (loop) => {
  const server = await loop.serve(hello);
  const { client } = loop.client();
  for (const body of [5, true, {}, Symbol('x'), { then: 1 }, () => 5]) {
    await assert.rejects((async () => client.post(server.origin, body as never))());
  }
  assert.equal(server.connections.length, 0);
}));

test('a chunk of a kind that cannot be sent fails its request', onLoopback(async (loop) => {
  const server = await loop.serve(hello);
  const { client } = loop.client();
  const body = (async function* () {
    yield 'text';
    yield 5;
  })();
  await assert.rejects(client.post(server.origin, body as never, { timeout: 5000 }), (error: Error) => error.name !== 'TimeoutError');
  await assertWorks(client, server.origin);
}));
