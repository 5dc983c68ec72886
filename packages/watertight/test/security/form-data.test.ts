/** What is derived from the parts of a form must not say more than the form says. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertWorks, onLoopback, settle } from '../fixtures/loopback.js';
import type { RawServer } from '../fixtures/raw-server.js';

/** A Blob's own `type` is cleaned by its constructor; an own property can say anything. */
function craftedBlob(): Blob {
  return Object.defineProperty(new Blob(['hello']), 'type', { value: 'text/plain\r\nX: y' });
}

const echo = { onRequest: async (request: RawServer['requests'][number]) => (await request.body, request.reply()) };

test('a Blob whose type holds a line end does not add a field', onLoopback(async (net) => {
  const server = await net.serve(echo);
  const { client } = net.client();
  const { value: response } = await settle((async () => client.post(server.origin, craftedBlob()))());
  if (response) await response.bytes();
  for (const { lines } of server.requests) assert.ok(!lines.includes('X: y'));
  await assertWorks(client, server.origin);
}));

test('a file in a form whose type holds a line end does not add a line', onLoopback(async (net) => {
  const server = await net.serve(echo);
  const { client } = net.client();
  const form = new FormData();
  form.append('a', craftedBlob());
  const { value: response } = await settle((async () => client.post(server.origin, form))());
  if (response) await response.bytes();
  for (const request of server.requests) assert.doesNotMatch((await request.body)!.toString(), /\r\nX: y\r\n/);
}));

test('quotes and line ends in the names of a form are escaped', onLoopback(async (net) => {
  const server = await net.serve(echo);
  const { client } = net.client();
  const form = new FormData();
  form.append('a"\r\nX: y', 'value');
  form.append('file"\r\nX: y', new Blob(['hello']), 'name"\r\nX: y.txt');
  const response = await client.post(server.origin, form);
  await response.bytes();
  const body = (await server.requests[0].body)!.toString();
  assert.doesNotMatch(body, /^X: y/m);
  assert.match(body, /name="a%22%0D%0AX: y"/);
  assert.match(body, /name="file%22%0D%0AX: y"; filename="name%22%0D%0AX: y\.txt"/);
}));

test('the content of a form comes through as it is', onLoopback(async (net) => {
  const server = await net.serve(echo);
  const { client } = net.client();
  const form = new FormData();
  form.append('text', 'ä --boundary\r\n--');
  form.append('file', new Blob([new Uint8Array([0, 13, 10, 255])], { type: 'image/x' }), 'f.bin');
  const response = await client.post(server.origin, form);
  await response.bytes();
  const [request] = server.requests;
  const boundary = /boundary="?([^";]+)/.exec(request.header('content-type')!)![1];
  const parts = (await request.body)!.toString('latin1').split(`--${boundary}`);
  assert.equal(parts.length, 4);
  assert.match(parts[1], /name="text"/);
  assert.ok(parts[1].endsWith(`\r\n\r\n${Buffer.from('ä --boundary\r\n--').toString('latin1')}\r\n`));
  assert.match(parts[2], /name="file"; filename="f\.bin"\r\nContent-Type: image\/x\r\n/i);
  assert.ok(parts[2].endsWith('\r\n\r\n\0\r\n\xff\r\n'));
  assert.match(parts[3], /^--(\r\n)*$/);
}));

test('1,000 boundaries are distinct, hold 128 bits, and do not come from Math.random', onLoopback(async (net, t) => {
  const server = await net.serve(echo);
  const { client } = net.client();
  t.mock.method(Math, 'random', () => 0.5);
  for (let i = 0; i < 1000; i++) {
    const form = new FormData();
    form.append('a', 'b');
    await (await client.post(server.origin, form)).bytes();
  }
  const boundaries = server.requests.map((request) => /boundary="?([^";]+)/.exec(request.header('content-type')!)![1]);
  assert.equal(new Set(boundaries).size, 1000);
  assert.ok(bitsOf(boundaries) >= 128, `about ${bitsOf(boundaries).toFixed(0)} bits`);
}));

/** How much the samples vary, position by position. */
function bitsOf(samples: string[]): number {
  let bits = 0;
  for (let i = 0; i < samples[0].length; i++) bits += Math.log2(new Set(samples.map((sample) => sample[i])).size);
  return Math.round(bits);
}
