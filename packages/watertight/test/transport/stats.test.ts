/** What `transport.stats()` says of the past: connections made and ended, for which reason, requests that found one, and the oldest holder. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { createFetch, type Client, type CloseCause, type RequestInit, type Transport, type TransportOptions } from 'watertight';
import { causeAfter } from '#conn';
import { onLoopback, settle } from '../fixtures/loopback.js';
import type { RawRequest, RawServer } from '../fixtures/raw-server.js';
import { markedLine } from '../tasks/marked-line.js';

const answer = (request: RawRequest): void => request.reply('hello');

/** `closedBy`, as soon as so many connections have ended. */
async function closedBy(transport: Transport, count = 1): Promise<object> {
  for (const deadline = performance.now() + 5000; transport.stats().closed < count; await sleep(2)) {
    if (performance.now() > deadline) assert.fail('no connection ended');
  }
  return transport.stats().closedBy;
}

interface Case {
  readonly cause: CloseCause;
  readonly when: string;
  readonly options?: TransportOptions;
  readonly onRequest?: (request: RawRequest) => unknown;
  /** Makes one connection end for that cause. */
  readonly act: (client: Client, server: RawServer, transport: Transport) => unknown;
}

async function read(client: Client, { origin }: RawServer): Promise<void> {
  await (await client.get(origin)).text();
}

/** Answers the first request and no other. */
const onlyFirst = (request: RawRequest): void => {
  if (request.index === 0) answer(request);
};

/** The second request, over the connection that the first has made: a short limit on one that dials may end before there is a connection. */
async function onceMore(client: Client, server: RawServer, init: () => RequestInit): Promise<void> {
  await read(client, server);
  await settle(client.get(server.origin, init()));
}

const CASES: readonly Case[] = [
  { cause: 'idleTimeout', when: 'it was idle for idleConnTimeout', options: { idleConnTimeout: 5 }, act: read },
  { cause: 'maxIdleConnsPerHost', when: 'there are enough idle ones to the host', options: { maxIdleConnsPerHost: 1 }, act: async (client, { origin }) => {
    const both = await Promise.all([client.get(origin), client.get(origin)]);
    for (const each of both) await each.text();
  } },
  { cause: 'maxIdleConns', when: 'there are enough idle ones to all hosts', options: { maxIdleConns: 1 }, act: async (client, server) => {
    await read(client, server);
    await (await client.get(server.origin.replace('127.0.0.1', 'localhost'))).text();
  } },
  { cause: 'closeIdleConnections', when: 'the program closes idle ones', act: async (client, server) => {
    await read(client, server);
    client.closeIdleConnections();
  } },
  { cause: 'closeIdleConnections', when: 'it became idle after that', act: async (client, { origin }) => {
    const response = await client.get(origin);
    client.closeIdleConnections();
    await response.text();
  } },
  { cause: 'transportClosed', when: 'the program closes the transport', act: async (client, server, transport) => {
    await read(client, server);
    await transport.close();
  } },
  { cause: 'connectionClose', when: 'the request says so', act: async (client, { origin }) => (await client.get(origin, { close: true })).text() },
  { cause: 'connectionClose', when: 'the server says so', onRequest: (request) => request.reply('x', { fields: ['Connection: close'] }), act: read },
  { cause: 'connectionClose', when: 'the option is disableKeepAlives', options: { disableKeepAlives: true }, act: read },
  { cause: 'connectionClose', when: 'no idle connection is kept', options: { maxIdleConnsPerHost: -1 }, act: read },
  { cause: 'connectionClose', when: 'the server does not keep it at all', onRequest: (request) => request.reply('x', { fields: ['Keep-Alive: timeout=0'] }), act: read },
  { cause: 'serverClosed', when: 'the server ends it while it is idle', act: async (client, server) => {
    await read(client, server);
    server.connections[0].finish();
  } },
  { cause: 'serverClosed', when: 'the server ends it inside a body', onRequest: ({ connection }) => {
    connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    connection.finish();
  }, act: (client, server) => settle(read(client, server)) },
  { cause: 'error', when: 'it is reset while it is idle', act: async (client, server) => {
    await read(client, server);
    server.connections[0].socket.resetAndDestroy();
  } },
  { cause: 'bodyClosed', when: 'the program closes the body before its end', act: async (client, { origin }) => (await client.get(origin)).close() },
  { cause: 'cancelled', when: 'the signal of its request aborts', onRequest: onlyFirst, act: (client, server) => onceMore(client, server, () => ({ signal: abortedSoon() })) },
  { cause: 'cancelled', when: 'a hook of its request throws', act: (client, { origin }) => settle(client.get(origin, { trace: { wroteHeaders: () => { throw new Error('no'); } } })) },
  { cause: 'timeout', when: 'the time of its request is over', onRequest: onlyFirst, act: (client, server) => onceMore(client, server, () => ({ timeout: 20 })) },
  { cause: 'timeout', when: 'the time of the signal is over', onRequest: onlyFirst, act: (client, server) => onceMore(client, server, () => ({ signal: AbortSignal.timeout(20) })) },
  { cause: 'protocolError', when: 'what comes is no HTTP', onRequest: ({ connection }) => connection.write('hello\r\n\r\n'), act: (client, { origin }) => settle(client.get(origin)) },
  { cause: 'requestUnfinished', when: 'the response ends before the request', act: async (client, { origin }) => {
    await (await client.post(origin, new ReadableStream())).text();
  } },
  { cause: 'excessBytes', when: 'more comes than the response has', onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy'), act: read },
  { cause: 'excessBytes', when: 'something comes that nobody asked for', act: async (client, server) => {
    await read(client, server);
    server.connections[0].write('HTTP/1.1 408 Request Timeout\r\n\r\n');
  } },
  { cause: 'replaced', when: 'a request needs one that has served no other', onRequest: (request) => request.reply('', { status: request.index === 0 ? '421 Misdirected Request' : '200 OK' }), act: async (_client, { origin }, transport) => {
    await (await createFetch({ transport })(origin)).text();
  } },
  { cause: 'handedOver', when: 'the server switches the protocol', onRequest: ({ connection }) => connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'), act: async (client, { origin }) => {
    const response = await client.get(origin, { headers: { Connection: 'Upgrade', Upgrade: 'x' } });
    response.socket!.destroy();
  } },
  { cause: 'handedOver', when: 'it became a tunnel', onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\n\r\n'), act: async (client, { origin }) => {
    const response = await client.request(origin, { method: 'CONNECT' });
    response.socket!.destroy();
  } },
];

function abortedSoon(): AbortSignal {
  const cancel = new AbortController();
  setTimeout(() => cancel.abort(), 20);
  return cancel.signal;
}

describe('a connection that ended is counted as', () => {
  for (const { cause, when, options = {}, onRequest = answer, act } of CASES) {
    test(`${cause}: ${when}`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest });
      const { client, transport } = net.client(options);
      await act(client, server, transport);
      assert.deepEqual(await closedBy(transport), { [cause]: 1 });
      assert.equal(transport.stats().closed, 1);
    }));
  }
});

test('the reason after an exchange is the first that applies', () => {
  const exchange = { bodyState: 'eof', error: null, bodyWritten: true, abandoned: false, handedOver: false, reusable: true } as const;
  const conn = { ended: false, broken: false, excess: false };
  assert.equal(causeAfter({ ...exchange, reusable: false }, { ...conn, ended: true, excess: true }), 'connectionClose');
  assert.equal(causeAfter(exchange, { ...conn, ended: true, broken: true }), 'error');
  assert.equal(causeAfter(exchange, { ...conn, ended: true }), 'serverClosed');
  assert.equal(causeAfter({ ...exchange, bodyState: 'closed', bodyWritten: false }, { ...conn, ended: true }), 'bodyClosed');
  assert.equal(causeAfter({ ...exchange, bodyState: 'errored', abandoned: true }, conn), 'collected');
  assert.equal(causeAfter({ ...exchange, bodyState: 'errored', error: 'whatever' }, conn), 'cancelled');
});

describe('a transport counts', () => {
  test('connections made, and requests that found one which had served before', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    const { client, transport } = net.client();
    for (let i = 0; i < 3; i++) await read(client, server);
    const both = await Promise.all([client.get(server.origin), client.get(server.origin)]);
    // A request that waits for a connection gets one, used or not; three had it idle.
    assert.deepEqual(numbers(transport), { dialled: 2, dialFailed: 0, reused: 3, closed: 0 });
    for (const each of both) await each.close();
    assert.deepEqual(numbers(transport), { dialled: 2, dialFailed: 0, reused: 3, closed: 2 }, 'also when they have ended');
  }));

  test('dials that failed, and not those that were cancelled', onLoopback(async (net) => {
    let failing = true;
    const { client, transport } = net.client({ dial: () => (failing ? Promise.reject(new Error('no')) : new Promise(() => undefined)) });
    await settle(client.get('http://a.example/'));
    failing = false;
    await settle(client.get('http://a.example/', { timeout: 5 }));
    assert.deepEqual(numbers(transport), { dialled: 0, dialFailed: 1, reused: 0, closed: 0 });
  }));

  test('by host; what is known of hosts that are forgotten stays in the sum, and takes no more memory', onLoopback(async (net) => {
    const [a, b] = [await net.serve({ onRequest: answer }), await net.serve({ onRequest: answer })];
    const { client, transport } = net.client();
    for (let i = 0; i < 2; i++) await read(client, a);
    await read(client, b);
    const [ofA, ofB] = transport.stats().hosts;
    assert.deepEqual([ofA.dialled, ofA.reused, ofB.dialled, ofB.reused], [1, 1, 1, 0]);
    client.closeIdleConnections();
    assert.deepEqual(transport.stats().hosts, []);
    await read(client, a);
    assert.deepEqual(transport.stats().hosts.map(({ key, dialled, reused, closed, closedBy: causes }) => ({ key, dialled, reused, closed, causes })), [{ key: a.origin, dialled: 1, reused: 0, closed: 0, causes: {} }], 'a host that comes back begins anew');
    assert.deepEqual(numbers(transport), { dialled: 3, dialFailed: 0, reused: 1, closed: 2 });
    await transport.close();
    assert.deepEqual(transport.stats().closedBy, { closeIdleConnections: 2, transportClosed: 1 });
  }));

  test('into a copy that does not change', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    const { client, transport } = net.client();
    await (await client.get(server.origin)).close();
    const before = transport.stats();
    await (await client.get(server.origin)).close();
    assert.deepEqual([before.closedBy, transport.stats().closedBy], [{ bodyClosed: 1 }, { bodyClosed: 2 }]);
  }));
});

describe('the oldest holder', () => {
  test('is the response that has been open for the longest time, with its line, of a host and of all', onLoopback(async (net) => {
    const [a, b] = [await net.serve({ onRequest: answer }), await net.serve({ onRequest: answer })];
    const { client, transport } = net.client({ track: 'all' });
    assert.equal(transport.stats().oldest, null);
    const first = await client.get(`${b.origin}/first?key=secret`); // at: the oldest
    await sleep(2);
    const second = await client.post(`${a.origin}/second`, 'x');
    const { oldest, hosts } = transport.stats();
    const { line, file } = markedLine(import.meta.url, 'the oldest');
    assert.deepEqual([oldest?.method, oldest?.url, oldest?.status, oldest?.site?.line], ['GET', `${b.origin}/first?key=*`, 200, line]);
    assert.ok(oldest!.site!.file.endsWith(file.split('/').at(-1)!));
    assert.ok(oldest!.heldFor > 0);
    assert.deepEqual(hosts.map((host) => [host.key, host.oldest?.method]).sort(), [[a.origin, 'POST'], [b.origin, 'GET']].sort());
    await first.text();
    assert.equal(transport.stats().oldest?.method, 'POST');
    await second.text();
    assert.equal(transport.stats().oldest, null, 'an idle connection has none');
  }));

  test('may be a request that has no response yet', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: () => undefined });
    const { client, transport } = net.client();
    const pending = settle(client.get(server.origin));
    while (server.requests.length === 0) await turn();
    assert.equal(transport.stats().oldest?.status, 0);
    await transport.close();
    await pending;
  }));
});

function numbers(transport: Transport): object {
  const { dialled, dialFailed, reused, closed } = transport.stats();
  return { dialled, dialFailed, reused, closed };
}
