/** What observers of undici's diagnostics channels are told of fetch and of the dispatcher: OpenTelemetry's instrumentation makes its spans of it. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { tasks } from 'watertight/tasks';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { COPIES, dispatcherOf } from '../dispatcher/copies.js';
import { echoOf, field, redirect, site } from './site.js';

interface Published {
  readonly origin: string;
  readonly method: string;
  readonly path: string;
  addHeader(name: string, value: string): unknown;
}

interface Message {
  readonly request: Published;
  readonly socket?: Socket;
  readonly response?: { readonly statusCode: number; readonly headers: readonly Buffer[]; readonly statusText: string };
  readonly error?: unknown;
}

const NAMES = ['request:create', 'client:sendHeaders', 'request:headers', 'request:trailers', 'request:error'];

/** Runs `body` while all channels are heard; `told` has the events in their order. */
function observed(body: (net: Loopback, told: string[], requests: Set<Published>) => Promise<void>): ReturnType<typeof onLoopback> {
  return onLoopback(async (net) => {
    const told: string[] = [];
    const requests = new Set<Published>();
    const listeners = NAMES.map((name) => {
      const listener = (message: unknown): void => {
        const { request, response, error } = message as Message;
        requests.add(request);
        told.push(`${name} ${request.method} ${request.path}${response === undefined ? '' : ` ${response.statusCode} ${response.statusText}`}${error === undefined ? '' : ` ${(error as Error).message}`}`);
        if (name === 'request:create') request.addHeader('traceparent', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`);
      };
      subscribe(`undici:${name}`, listener);
      return [`undici:${name}`, listener] as const;
    });
    try {
      await body(net, told, requests);
    } finally {
      for (const [name, listener] of listeners) unsubscribe(name, listener);
    }
  });
}

test('a fetch is told from its creation to its end, and carries what an observer adds', observed(async (net, told, requests) => {
  const { origin, fetch } = await site(net);
  const echo = await echoOf(fetch(`${origin}/a?b`));
  assert.equal(field(echo, 'traceparent'), `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`);
  assert.deepEqual(told, ['request:create GET /a?b', 'client:sendHeaders GET /a?b', 'request:headers GET /a?b 200 OK', 'request:trailers GET /a?b']);
  assert.equal(requests.size, 1);
  assert.equal([...requests][0].origin, origin);
}));

test('what tells that the head was sent has the socket, for the address of the peer', observed(async (net) => {
  const { origin, server, fetch } = await site(net);
  const peers: string[] = [];
  const listener = (message: unknown): void => {
    const { socket } = message as Message;
    peers.push(`${socket!.remoteAddress}:${socket!.remotePort}`);
  };
  subscribe('undici:client:sendHeaders', listener);
  try {
    for (let i = 0; i < 2; i++) await echoOf(fetch(origin));
    await echoOf(fetch(origin, { method: 'POST', body: 'x' }));
  } finally {
    unsubscribe('undici:client:sendHeaders', listener);
  }
  assert.deepEqual(peers, Array.from({ length: 3 }, () => `127.0.0.1:${server.port}`));
}));

test('each request of a redirect is one', observed(async (net, told) => {
  const { origin, fetch } = await site(net);
  const path = redirect('', 302, '/there');
  await (await fetch(origin + path)).text();
  assert.deepEqual(told.filter((text) => text.startsWith('request:')), [`request:create GET ${path}`, `request:headers GET ${path} 302 Moved`, `request:trailers GET ${path}`, 'request:create GET /there', 'request:headers GET /there 200 OK', 'request:trailers GET /there']);
}));

test('a failure is told once: of a dial, of a body, and of an abort', observed(async (net, told) => {
  const { fetch } = await site(net);
  await assert.rejects(fetch('http://127.0.0.1:2/x'), TypeError);
  const server = await net.serve({ onRequest: ({ connection }) => {
    connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart');
    connection.finish();
  } });
  await assert.rejects((await fetch(server.origin)).text(), TypeError);
  const cancelled = await fetch(server.origin);
  await cancelled.body!.cancel();
  assert.deepEqual(told.filter((text) => text.startsWith('request:error')).map((text) => text.split(' ')[2]), ['/x', '/', '/']);
}));

test('a request that is observed by others is one task to our own observation', observed(async (net) => {
  const { fetch } = await site(net);
  const server = await net.serve({ onRequest: (request) => request.reply(Buffer.alloc(1 << 20)) });
  const response = await fetch(server.origin);
  await sleep(5);
  assert.deepEqual(tasks().filter(({ holder }) => holder?.origin === server.origin).map(({ name }) => name).toSorted(), ['readLoop', 'writeLoop']);
  await response.body!.cancel();
}));

test('so are the requests of the dispatcher', observed(async (net, told) => {
  const { undici } = COPIES.find(({ skip }) => skip === false)!;
  const { origin } = await site(net);
  const { dispatcher } = dispatcherOf(net, undici);
  const { body } = await undici.request(`${origin}/a`, { dispatcher });
  assert.match(await body.text(), /traceparent/);
  assert.deepEqual(told, ['request:create GET /a', 'client:sendHeaders GET /a', 'request:headers GET /a 200 OK', 'request:trailers GET /a']);
}));
