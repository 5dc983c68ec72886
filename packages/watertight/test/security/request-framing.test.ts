/** What we say about the length of a body is what we send, or the connection does not live on. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertWorks, onLoopback, settle } from '../fixtures/loopback.js';

async function* pieces(...texts: string[]): AsyncGenerator<string> {
  for (const text of texts) {
    await Promise.resolve();
    yield text;
  }
}

/** Replies once a body is there and swallows the rest, as a server does that believes what the head says. */
const patient = { onRequest: async (request: { body: Promise<unknown>; reply(): void }) => (await request.body, request.reply()) };

const BODIES_OF: [name: string, make: (text: string) => unknown][] = [
  ['a string', (text) => text],
  ['bytes', (text) => Buffer.from(text)],
  ['an iterable', (text) => pieces(text.slice(0, 2), text.slice(2))],
  ['a stream', (text) => new ReadableStream({ start: (controller) => (controller.enqueue(Buffer.from(text)), controller.close()) })],
  ['a function', (text) => () => text],
];

for (const [kind, make] of BODIES_OF) {
  for (const text of ['abc', 'abcdefg']) {
    test(`a Content-Length of 5 with ${kind} of ${text.length} bytes is refused, or the connection ends`, onLoopback(async (net) => {
      const server = await net.serve(patient);
      const { client } = net.client();
      const ask = (async () => client.post(server.origin, make(text) as never, { headers: { 'Content-Length': '5' }, timeout: 5000 }))();
      const { value: response, error } = await settle(ask);
      if (response) await response.bytes();
      await assertWorks(client, server.origin);
      for (const connection of server.connections) {
        const [first, second] = connection.requests;
        if (first?.method !== 'POST' || !second) continue;
        assert.equal((await first.body)?.length, text.length, 'the connection of a body of the wrong length was used again');
      }
      assert.ok(error || (await server.requests[0].body)?.toString() === text, 'a cut body passed for a success');
    }));
  }
}

test('a Content-Length that is right is sent once', onLoopback(async (net) => {
  const server = await net.serve(patient);
  const { client } = net.client();
  await (await client.post(server.origin, 'hello', { headers: { 'content-length': '5' } })).bytes();
  assert.deepEqual(server.requests[0].all('content-length'), ['5']);
  assert.deepEqual(server.requests[0].all('transfer-encoding'), []);
}));

for (const headers of [
  { 'Transfer-Encoding': 'chunked', 'Content-Length': '5' },
  { 'Transfer-Encoding': 'gzip, chunked' },
  { 'Transfer-Encoding': 'identity' },
  { 'Transfer-Encoding': 'chunked' },
  { 'Content-Length': '+5' },
  { 'Content-Length': '5x' },
  { 'Content-Length': '-5' },
  { 'Content-Length': '' },
]) {
  test(`${JSON.stringify(headers)} by the caller is refused, or one sound framing is sent`, onLoopback(async (net) => {
    const server = await net.serve(patient);
    const { client } = net.client();
    const { value: response } = await settle((async () => client.post(server.origin, 'hello', { headers: headers as never, timeout: 5000 }))());
    if (response) await response.bytes();
    for (const request of server.requests) {
      const framing = [...request.all('content-length').map((v) => `length ${v}`), ...request.all('transfer-encoding')];
      assert.ok(framing.length === 1 && ['length 5', 'chunked'].includes(framing[0]), `sent ${framing.join(' and ')}`);
      assert.equal((await request.body)?.toString(), 'hello');
    }
    await assertWorks(client, server.origin);
  }));
}

test('a body on a GET does not end up as the next request', onLoopback(async (net) => {
  const server = await net.serve(patient);
  const { client } = net.client();
  const { value: response } = await settle((async () => client.get(server.origin, { body: 'GET /smuggled HTTP/1.1\r\n\r\n' }))());
  if (response) await response.bytes();
  await assertWorks(client, server.origin);
  assert.ok(server.requests.every((request) => request.target === '/'));
}));

for (const kind of ['iterable', 'stream'] as const) {
  test(`an ${kind} body that fails after 10 kB ends the connection without a last chunk`, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: () => {} });
    const { client } = net.client();
    const failure = new Error('the source failed');
    const source = (async function* () {
      for (let i = 0; i < 10; i++) yield Buffer.alloc(1000, 'z');
      throw failure;
    })();
    const body = kind === 'iterable' ? source : ReadableStream.from(source);
    const { error } = await settle(client.post(server.origin, body as never, { timeout: 5000 }));
    assert.ok(error === failure || error!.cause === failure, 'the failure of the source is the error or its cause');
    assert.equal(await server.settlesAt(0), 0);
    assert.doesNotMatch(server.connections[0].text, /0\r\n\r\n$/);
  }));
}
