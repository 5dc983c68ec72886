/** The transport for tests: nothing is patched, the connections are in memory, and the rest is real. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Client, createFetch } from 'watertight';
import { findLeaks } from 'watertight/leak';
import { MockTransport, type MockAnswer } from 'watertight/mock';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';

function mocked(net: Loopback, answer: MockAnswer): { client: Client; transport: MockTransport } {
  const transport = new MockTransport(answer);
  net.adopt(transport);
  return { client: new Client({ transport }), transport };
}

test('a function answers requests to any host, over http and https', onLoopback(async (net) => {
  const { client, transport } = mocked(net, ({ method, url, text }) => ({ status: 201, headers: { 'X-One': '1', 'Set-Cookie': ['a=b', 'c=d'] }, json: { method, url, text } }));
  for (const url of ['http://a.test/x?y=z', 'https://b.test:8443/', 'http://[::1]:81/']) {
    const response = await client.post(url, 'data');
    assert.deepEqual([response.status, response.headers.get('x-one'), response.headers.getSetCookie()], [201, '1', ['a=b', 'c=d']]);
    assert.deepEqual(await response.json(), { method: 'POST', url, text: 'data' });
  }
  assert.deepEqual(transport.requests.map(({ method, headers }) => [method, headers.get('content-type')]), Array.from({ length: 3 }, () => ['POST', 'text/plain;charset=UTF-8']));
  assert.equal(transport.stats().opened, 3);
}));

describe('a reply is', () => {
  async function* pieces(): AsyncGenerator<string> {
    yield 'te';
    yield 'xt';
  }
  for (const [what, answer] of [
    ['a string', () => 'text'],
    ['bytes', () => Buffer.from('text')],
    ['a promise', async () => 'text'],
    ['a body', () => ({ body: 'text' })],
    ['a stream', () => ({ body: new Blob(['text']).stream() as unknown as AsyncIterable<Uint8Array> })],
    ['an async iterable', () => ({ body: pieces() })],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const { client } = mocked(net, answer);
      assert.equal(await (await client.get('http://a.test/')).text(), 'text');
    }));
  }
});

test('connections are kept, redirects followed, and a fetch can be bound to it', onLoopback(async (net) => {
  const { transport } = mocked(net, ({ url }) => (url.endsWith('/there') ? 'text' : { status: 302, headers: { Location: '/there' } }));
  const fetch = createFetch({ transport });
  for (let i = 0; i < 3; i++) assert.equal(await (await fetch('http://a.test/')).text(), 'text');
  assert.equal(transport.stats().opened, 1);
}));

test('what the function throws is the cause of the request\'s error', onLoopback(async (net) => {
  const failure = new Error('no such host here');
  const { client } = mocked(net, () => {
    throw failure;
  });
  await assert.rejects(client.post('http://a.test/', 'x'), (error: Error) => (error as { code?: string }).code === 'ERR_CONNECTION_LOST' && error.cause === failure);
  await assert.rejects(mocked(net, () => 5 as never).client.post('http://a.test/', 'x'), (error: Error) => (error.cause as { code: string }).code === 'ERR_INVALID_OPTION');
  assert.throws(() => new MockTransport('text' as never), { code: 'ERR_INVALID_OPTION' });
}));

test('a body that is not read is a leak with its line', onLoopback(async (net) => {
  const { client } = mocked(net, () => Buffer.alloc(1 << 20));
  const response = await client.get('http://a.test/');
  const leaks = await findLeaks();
  assert.deepEqual(leaks.map(({ site }) => site?.file.split('/').at(-1)), ['mock-transport.test.ts']);
  await response.close();
}));

test('a signal ends an answer that never comes, and a stream that goes on', onLoopback(async (net) => {
  const { client } = mocked(net, ({ url }) => (url.endsWith('/never') ? new Promise<string>(() => undefined) : { body: (async function* () {
    for (;;) {
      yield 'tick';
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })() }));
  const cancel = new AbortController();
  // There is no socket that keeps the process alive.
  setTimeout(() => cancel.abort(new Error('enough')), 20);
  await assert.rejects(client.get('http://a.test/never', { signal: cancel.signal }), { message: 'enough' });
  const response = await client.get('http://a.test/', { timeout: 40 });
  await assert.rejects(response.text(), { code: 'ERR_TIMEOUT' });
}));
