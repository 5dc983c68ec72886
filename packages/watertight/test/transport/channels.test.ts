/** Our diagnostics channels: what is published, in which order, and that nothing is made where nobody has subscribed. */

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import diagnostics from 'node:diagnostics_channel';
import { describe, test, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createFetch, Request, type Headers } from 'watertight';
import { closedPort } from '../fixtures/closed-port.js';
import { onLoopback, settle } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';

interface Message {
  readonly request?: { readonly id: number; readonly method: string; readonly url: string; readonly origin: string };
  readonly [fact: string]: unknown;
}

const REQUEST = ['request:start', 'request:headers', 'request:end', 'request:error'];
const HOOKS = ['connection:wait', 'connection:got', 'connection:idle', 'dns:start', 'dns:end', 'connect:start', 'connect:end', 'tls:start', 'tls:end', 'request:field', 'request:headersSent', 'request:waitContinue', 'request:continue', 'request:sent', 'request:firstByte', 'request:interim'];
const CONNECTION = ['connection:open', 'connection:close', 'connection:error'];

const answer = (request: RawRequest): void => request.reply('hello');

/** What is published during a test, in order. */
function listen(t: TestContext, ...names: string[]): { name: string; message: Message }[] {
  const heard: { name: string; message: Message }[] = [];
  for (const name of names) {
    const on = (message: unknown): void => void heard.push({ name, message: message as Message });
    diagnostics.subscribe(`watertight:${name}`, on);
    t.after(() => diagnostics.unsubscribe(`watertight:${name}`, on));
  }
  return heard;
}

test('a request is published from its start to the end of its body, with everything that its hooks are told', onLoopback(async (net, t) => {
  const server = await net.serve({ onRequest: answer });
  const { client } = net.client();
  const heard = listen(t, ...REQUEST, ...HOOKS, ...CONNECTION);
  const hooked: string[] = [];
  const response = await client.get(`${server.origin}/a?key=secret`, { trace: { gotConn: () => hooked.push('gotConn'), putIdleConn: () => hooked.push('putIdleConn') } });
  assert.equal(await response.text(), 'hello');
  await turn();
  assert.deepEqual(heard.map(({ name }) => name).filter((name) => name !== 'request:field'), [
    'request:start', 'connection:wait', 'connect:start', 'connect:end', 'connection:got', 'request:headersSent', 'request:sent', 'connection:open',
    'request:firstByte', 'request:headers', 'connection:idle', 'request:end',
  ]);
  assert.deepEqual(hooked, ['gotConn', 'putIdleConn'], 'the hooks of the program are called all the same');
  const [{ message: { request } }] = heard;
  assert.deepEqual({ ...request, id: 0 }, { id: 0, method: 'GET', url: `${server.origin}/a?key=*`, origin: server.origin });
  assert.ok(heard.every(({ name, message }) => name.startsWith('connection:open') || message.request === request), 'all messages of a request have one object');
  const said = Object.fromEntries(heard.map(({ name, message }) => [name, message]));
  assert.deepEqual([said['connect:start'].network, said['connect:start'].address], ['tcp', `127.0.0.1:${server.port}`]);
  assert.deepEqual([said['connection:got'].reused, said['connection:idle'].error, said['request:headers'].status, said['connection:open'].origin], [false, null, 200, server.origin]);
}));

describe('a subscriber', () => {
  for (const name of ['request:end', 'request:sent', 'connection:idle'] as const) {
    test(`of ${name} alone hears of it`, onLoopback(async (net, t) => {
      const server = await net.serve({ onRequest: answer });
      const { client } = net.client();
      const heard = listen(t, name);
      await (await client.get(server.origin)).text();
      await turn();
      assert.deepEqual(heard.map((each) => each.name), [name]);
    }));
  }

  test('may add a field at the start, as OpenTelemetry does, and keep its span by the request', onLoopback(async (net, t) => {
    const server = await net.serve({ onRequest: answer });
    const { client } = net.client();
    const spans = new Map<unknown, { parent: unknown; status?: unknown; ended?: boolean }>();
    const context = new AsyncLocalStorage<string>();
    const on = (name: string, hear: (message: Message) => void): void => {
      diagnostics.subscribe(`watertight:${name}`, hear as (message: unknown) => void);
      t.after(() => diagnostics.unsubscribe(`watertight:${name}`, hear as (message: unknown) => void));
    };
    on('request:start', ({ request, headers }) => {
      spans.set(request, { parent: context.getStore() });
      (headers as Headers).set('traceparent', `00-${String(request!.id)}`);
    });
    on('request:headers', ({ request, status }) => void (spans.get(request)!.status = status));
    on('request:end', ({ request }) => void (spans.get(request)!.ended = true));
    await context.run('incoming', async () => (await client.post(server.origin, 'body', { headers: { A: 'b' } })).text());
    await turn();
    const [[request, span]] = [...spans] as [[{ id: number }, object]];
    assert.deepEqual(span, { parent: 'incoming', status: 200, ended: true });
    assert.deepEqual([server.requests[0].header('traceparent'), server.requests[0].header('a'), server.requests[0].header('content-type')], [`00-${request.id}`, 'b', 'text/plain;charset=UTF-8']);
    assert.equal((await server.requests[0].body)!.toString(), 'body');
  }));

  test('that adds what can\'t be sent fails the request, and nothing else', onLoopback(async (net, t) => {
    const server = await net.serve({ onRequest: answer });
    const { client } = net.client();
    const add = (message: unknown): void => (message as { headers: Headers }).headers.set('Transfer-Encoding', 'chunked');
    diagnostics.subscribe('watertight:request:start', add);
    t.after(() => diagnostics.unsubscribe('watertight:request:start', add));
    await assert.rejects(client.get(server.origin), { code: 'ERR_INVALID_HEADER' });
    diagnostics.unsubscribe('watertight:request:start', add);
    assert.equal(await (await client.get(server.origin)).text(), 'hello');
  }));

  test('may cancel the request or close the transport in any message', onLoopback(async (net) => {
    for (const name of [...REQUEST, ...HOOKS, ...CONNECTION]) {
      for (const closes of [false, true]) {
        const server = await net.serve({ onRequest: answer });
        const { client, transport } = net.client();
        const cancel = new AbortController();
        const on = (): void => (closes ? void transport.close() : cancel.abort(new Error('enough')));
        diagnostics.subscribe(`watertight:${name}`, on);
        const { value } = await settle(client.post(server.origin, 'x', { signal: cancel.signal }));
        await settle(Promise.resolve(value?.text()));
        await turn();
        diagnostics.unsubscribe(`watertight:${name}`, on);
        const { active, dialling, waiting } = transport.stats();
        assert.deepEqual({ active, dialling, waiting }, { active: 0, dialling: 0, waiting: 0 }, name);
      }
    }
  }));
});

describe('published as an error:', () => {
  test('a refused dial, with the end of its attempt, and no end', onLoopback(async (net, t) => {
    const { client } = net.client();
    const heard = listen(t, ...REQUEST, 'connect:end', ...CONNECTION);
    const { error } = await settle(client.get(`http://127.0.0.1:${await closedPort()}/`));
    await turn();
    assert.deepEqual(heard.map(({ name }) => name), ['request:start', 'connect:end', 'request:error', 'connection:error']);
    assert.equal(heard[2].message.error, error);
    assert.equal(heard[3].message.error, error);
  }));

  test('a body that is cancelled after the headers', onLoopback(async (net, t) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf') });
    const { client } = net.client();
    const heard = listen(t, ...REQUEST, 'connection:close');
    const cancel = new AbortController();
    const response = await client.get(server.origin, { signal: cancel.signal });
    cancel.abort(new Error('enough'));
    await settle(response.text());
    await turn();
    assert.deepEqual(heard.map(({ name, message }) => [name, message.cause, (message.error as Error | undefined)?.message]), [['request:start', undefined, undefined], ['request:headers', undefined, undefined], ['request:error', undefined, 'enough'], ['connection:close', 'cancelled', 'enough']]);
  }));
});

test('each hop of a redirect is a request of its own, and so is one of fetch', onLoopback(async (net, t) => {
  const server = await net.serve({ onRequest: (request) => (request.target === '/a' ? request.reply('', { status: '302 Found', fields: ['Location: /b'] }) : request.reply('x')) });
  const { client, transport } = net.client();
  const heard = listen(t, ...REQUEST);
  await (await client.get(`${server.origin}/a`)).text();
  await (await createFetch({ transport })(`${server.origin}/b`)).text();
  await turn();
  assert.deepEqual(heard.filter(({ name }) => name === 'request:start').map(({ message }) => message.request!.url.slice(-2)), ['/a', '/b', '/b']);
  assert.equal(heard.filter(({ name }) => name === 'request:end').length, 3);
}));

test('the end of a connection says why, and how many requests it served', onLoopback(async (net, t) => {
  const server = await net.serve({ onRequest: answer });
  const { client } = net.client();
  for (let i = 0; i < 2; i++) await (await client.get(server.origin)).text();
  const heard = listen(t, ...CONNECTION);
  client.closeIdleConnections();
  await turn();
  assert.deepEqual(heard, [{ name: 'connection:close', message: { origin: server.origin, cause: 'closeIdleConnections', byPeer: false, error: null, requests: 2 } }]);
}));

test('without a subscriber nothing is made: the request is sent as it was given', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: answer });
  const { transport } = net.client();
  const request = new Request(server.origin);
  const send = async (): Promise<void> => {
    const response = await transport.roundTrip(request);
    assert.equal(response.request, request);
    await response.text();
  };
  const ids: number[] = [];
  const note = (message: unknown): void => void ids.push((message as Message).request!.id);
  const published = async (): Promise<void> => {
    diagnostics.subscribe('watertight:request:start', note);
    await send();
    diagnostics.unsubscribe('watertight:request:start', note);
  };
  await published();
  for (let i = 0; i < 100; i++) await send();
  await published();
  assert.equal(ids[1], ids[0] + 1, 'no publication was made in between');
}));
