/** A final answer to `Expect: 100-continue` without the body having been sent must not spoil the connection. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertWorks, onLoopback, settle } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';

const EXPECTING = { headers: { Expect: '100-continue' }, timeout: 5000 };
const BODY = 'the body that was held back';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** Answers what expects with `answer` and everything else plainly. */
function answering(answer: (request: RawRequest) => unknown): { onRequest(request: RawRequest): unknown } {
  return { onRequest: (request) => (request.header('expect') ? answer(request) : request.reply('hello')) };
}

for (const status of ['200 OK', '417 Expectation Failed', '401 Unauthorized', '500 Broken']) {
  test(`a ${status} in place of 100 is handed out, and the body or nothing more is sent on its connection`, onLoopback(async (net) => {
    const server = await net.serve(answering((request) => request.reply('final', { status })));
    const { client } = net.client({ expectContinueTimeout: 2000 });
    const response = await client.post(server.origin, BODY, EXPECTING);
    assert.equal(await response.text(), 'final');
    assert.equal(response.status, Number(status.slice(0, 3)));
    await assertWorks(client, server.origin);
    const [first] = server.connections;
    const [, second] = first.requests;
    if (second) assert.equal((await first.requests[0].body)?.toString(), BODY, 'the connection was reused with a body outstanding');
    else assert.equal(await server.settlesAt(1), 1);
  }));
}

test('an unasked 101 in place of 100 does not leave the connection in the pool', onLoopback(async (net) => {
  const server = await net.serve(answering((request) => request.connection.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n')));
  const { client } = net.client({ expectContinueTimeout: 100 });
  const { value: response } = await settle(client.post(server.origin, BODY, EXPECTING));
  await response?.body.close();
  await assertWorks(client, server.origin);
  assert.equal(server.connections.length, 2);
}));

test('the body is sent once 100 has come', onLoopback(async (net) => {
  const server = await net.serve(answering(async (request) => {
    await sleep(50);
    assert.equal(request.connection.text.endsWith('\r\n\r\n'), true, 'the body did not wait');
    request.connection.write(CONTINUE);
    await request.body;
    request.reply('done');
  }));
  const { client } = net.client({ expectContinueTimeout: 10_000 });
  const response = await client.post(server.origin, BODY, EXPECTING);
  assert.equal(await response.text(), 'done');
  assert.equal((await server.requests[0].body)!.toString(), BODY);
  await assertWorks(client, server.origin);
  assert.equal(server.connections.length, 1);
}));

test('the body is sent after the wait if 100 does not come, and a late 100 does no harm', onLoopback(async (net) => {
  const server = await net.serve(answering(async (request) => {
    await request.body;
    request.connection.write(CONTINUE);
    request.reply('done');
  }));
  const { client } = net.client({ expectContinueTimeout: 50 });
  const response = await client.post(server.origin, BODY, EXPECTING);
  assert.equal(await response.text(), 'done');
  await assertWorks(client, server.origin);
  assert.equal(server.connections.length, 1);
}));

test('a 100 that comes twice does not send the body twice', onLoopback(async (net) => {
  const server = await net.serve(answering(async (request) => {
    request.connection.write(CONTINUE + CONTINUE);
    await request.body;
    await sleep(20);
    request.connection.write(CONTINUE);
    request.reply('done');
  }));
  const { client } = net.client({ expectContinueTimeout: 10_000 });
  const response = await client.post(server.origin, BODY, EXPECTING);
  assert.equal(await response.text(), 'done');
  await assertWorks(client, server.origin);
  assert.equal(server.connections[0].text.split(BODY).length, 2);
  assert.equal(server.requests.length, 2);
}));

test('silence after the body ends in the response timeout, not in a hang', onLoopback(async (net) => {
  const server = await net.serve(answering(() => {}));
  const { client } = net.client({ expectContinueTimeout: 20, responseHeaderTimeout: 200 });
  await assert.rejects(client.post(server.origin, BODY, EXPECTING), { name: 'TimeoutError' });
  await assertWorks(client, server.origin);
}));

test('a server that closes instead of sending 100 ends in an error', onLoopback(async (net) => {
  const server = await net.serve(answering((request) => request.connection.finish()));
  const { client } = net.client({ expectContinueTimeout: 2000 });
  await assert.rejects(client.post(server.origin, BODY, EXPECTING));
  await assertWorks(client, server.origin);
  assert.equal(server.requests.filter((request) => request.method === 'POST').length, 1);
}));

test('an expectation without a body does not wait', onLoopback(async (net) => {
  const server = await net.serve(answering((request) => request.reply('done')));
  const { client } = net.client({ expectContinueTimeout: 4000 });
  const { value: response } = await settle((async () => client.get(server.origin, { ...EXPECTING, timeout: 3000 }))());
  if (response) assert.equal(await response.text(), 'done');
  await assertWorks(client, server.origin);
}));
