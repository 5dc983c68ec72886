/** Dials that fail, stall, or come too late. */

import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { assertWorks, onLoopback, settle } from '../fixtures/loopback.js';
import { RawServer, type RawRequest } from '../fixtures/raw-server.js';

type Answer = (error: unknown, addresses?: { address: string; family: number }[]) => void;

/** A `lookup` that answers like the system's, from a list. */
function lookupOf(answer: (host: string, answer: Answer) => void): never {
  return ((host: string, options: { all?: boolean }, callback: (...args: unknown[]) => void) =>
    answer(host, (error, addresses = []) => {
      if (error) callback(error);
      else if (options.all) callback(null, addresses);
      else callback(null, addresses[0]?.address, addresses[0]?.family);
    })) as never;
}

const loopbackAddress = { address: '127.0.0.1', family: 4 };
const hello = { onRequest: (request: RawRequest) => request.reply('hello') };

async function closedPort(): Promise<number> {
  const server = await RawServer.start();
  const { port } = server;
  await server.stop();
  return port;
}

for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA']) {
  test(`a name that does not resolve (${code}) is an error with the host and the cause`, onLoopback(async (loop) => {
    const cause = Object.assign(new Error(`getaddrinfo ${code} a.test`), { code });
    const { client, transport } = loop.client({ lookup: lookupOf((_host, answer) => process.nextTick(answer, cause)) });
    const { error } = await settle(client.get('http://a.test/'));
    assert.equal(error!.code, 'ERR_DNS');
    assert.match(error!.message, /a\.test/);
    assert.equal(error!.cause, cause);
    assert.equal(transport.stats().dialling, 0);
  }));
}

test('an empty list of addresses is an error, not a hang', onLoopback(async (loop) => {
  const { client } = loop.client({ lookup: lookupOf((_host, answer) => process.nextTick(answer, null, [])) });
  const { error } = await settle(client.get('http://a.test/', { timeout: 5000 }));
  assert.notEqual(error!.name, 'TimeoutError');
}));

test('a lookup that never answers ends in the dial timeout, and frees its place', onLoopback(async (loop) => {
  const server = await loop.serve(hello);
  let asked = 0;
  const lookup = lookupOf((_host, answer) => asked++ > 0 && process.nextTick(answer, null, [loopbackAddress]));
  const { client, transport } = loop.client({ lookup, dialTimeout: 200, maxConnsPerHost: 1 });
  const { error } = await settle(client.get(`http://a.test:${server.port}/`, { timeout: 60_000 }));
  assert.equal(error!.name, 'TimeoutError');
  assert.match(error!.message, /dialTimeout/);
  assert.equal(transport.stats().dialling, 0);
  await assertWorks(client, `http://a.test:${server.port}/`);
}));

test('a lookup that answers twice makes one connection', onLoopback(async (loop) => {
  const server = await loop.serve(hello);
  const lookup = lookupOf((_host, answer) => {
    process.nextTick(answer, null, [loopbackAddress]);
    process.nextTick(answer, null, [loopbackAddress]);
  });
  const { client } = loop.client({ lookup });
  await assertWorks(client, `http://a.test:${server.port}/`);
  await sleep(20);
  assert.equal(server.connections.length, 1);
}));

test('a lookup that answers after the request was cancelled opens no socket that stays', onLoopback(async (loop) => {
  const server = await loop.serve(hello);
  let answerLate: () => void = () => {};
  const lookup = lookupOf((_host, answer) => {
    answerLate = () => answer(null, [loopbackAddress]);
  });
  const { client, transport } = loop.client({ lookup });
  const controller = new AbortController();
  const ask = settle(client.get(`http://a.test:${server.port}/`, { signal: controller.signal }));
  await sleep(20);
  controller.abort();
  assert.equal((await ask).error!.name, 'AbortError');
  answerLate();
  await sleep(50);
  transport.closeIdleConnections();
  assert.equal(await server.settlesAt(0), 0);
  assert.equal(server.requests.length, 0);
}));

test('a refused connection is an error at once, with the address', onLoopback(async (loop) => {
  const port = await closedPort();
  const { client } = loop.client();
  const { error } = await settle(client.get(`http://127.0.0.1:${port}/`, { timeout: 5000 }));
  assert.match(inspect(error, { depth: 5 }), /ECONNREFUSED/);
  assert.match(error!.message, new RegExp(`127\\.0\\.0\\.1.*${port}`));
}));

test('if every address is refused, the error lists them', onLoopback(async (loop) => {
  const port = await closedPort();
  const addresses = [loopbackAddress, { address: '::1', family: 6 }];
  const { client } = loop.client({ lookup: lookupOf((_host, answer) => answer(null, addresses)) });
  const { error } = await settle(client.get(`http://a.test:${port}/`, { timeout: 5000 }));
  const everything = inspect(error, { depth: 10 });
  assert.match(everything, /127\.0\.0\.1/);
  assert.match(everything, /::1/);
}));

test('if the first address is refused, the next one serves', onLoopback(async (loop) => {
  const server = await loop.serve(hello);
  const addresses = [{ address: '::1', family: 6 }, loopbackAddress];
  const { client } = loop.client({ lookup: lookupOf((_host, answer) => answer(null, addresses)) });
  await assertWorks(client, `http://a.test:${server.port}/`);
}));

test('a dial that never ends is a timeout, and who waits behind it is served', onLoopback(async (loop) => {
  const server = await loop.serve(hello);
  let dials = 0;
  const dial = (): Promise<net.Socket> | net.Socket =>
    dials++ === 0 ? new Promise<net.Socket>(() => {}) : net.connect(server.port, '127.0.0.1');
  const { client, transport } = loop.client({ dial, dialTimeout: 200, maxConnsPerHost: 1 });
  const first = settle(client.get(server.origin, { timeout: 60_000 }));
  const second = client.get(server.origin, { timeout: 60_000 });
  await sleep(10);
  assert.equal(transport.stats().dialling, 1);
  assert.equal(await (await second).text(), 'hello');
  const { error } = await first;
  assert.equal(error!.name, 'TimeoutError');
  assert.match(error!.message, /dialTimeout/);
}));

test('a dial that fails now and then (EADDRNOTAVAIL) fails its own request only', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: (request) => request.reply('hello', { fields: ['Connection: close'] }) });
  let dials = 0;
  const dial = (): net.Socket => {
    if (++dials % 10 === 0) throw Object.assign(new Error('connect EADDRNOTAVAIL'), { code: 'EADDRNOTAVAIL' });
    return net.connect(server.port, '127.0.0.1');
  };
  const { client, transport } = loop.client({ dial, maxConnsPerHost: 8 });
  const settled = await Promise.all(Array.from({ length: 200 }, () => settle(client.get(server.origin, { timeout: 10_000 }).then((response) => response.text()))));
  const failed = settled.filter(({ error }) => error);
  assert.equal(failed.length, 20);
  for (const { error } of failed) assert.match(inspect(error, { depth: 5 }), /EADDRNOTAVAIL/);
  assert.equal(transport.stats().dialling, 0);
}));

test('a request that waits takes the connection that becomes free, and the late dial becomes idle', onLoopback(async (loop) => {
  const server = await loop.serve({
    onRequest: async (request) => {
      await sleep(50);
      request.reply(`on ${request.connection.id}`);
    },
  });
  let dials = 0;
  let goOn: () => void = () => {};
  const late = new Promise<void>((resolve) => (goOn = resolve));
  const dial = async (): Promise<net.Socket> => {
    if (dials++ > 0) await late;
    return net.connect(server.port, '127.0.0.1');
  };
  const { client, transport } = loop.client({ dial });
  const texts = await Promise.all([1, 2].map(async () => (await client.get(server.origin)).text()));
  assert.deepEqual(texts, ['on 0', 'on 0']);
  assert.equal(transport.stats().dialling, 1);
  goOn();
  for (let turns = 0; turns < 500 && transport.stats().idle < 2; turns++) await sleep(10);
  const { idle, active, dialling, waiting } = transport.stats();
  assert.deepEqual({ idle, active, dialling, waiting }, { idle: 2, active: 0, dialling: 0, waiting: 0 });
}));

for (const what of ['fails', 'is cancelled'] as const) {
  test(`with one connection per host, a dial that ${what} wakes the next waiter`, onLoopback(async (loop) => {
    const server = await loop.serve(hello);
    const connect = (): net.Socket => net.connect(server.port, '127.0.0.1');
    let endFirst = (): void => {};
    let dials = 0;
    const dial = (): Promise<net.Socket> | net.Socket =>
      dials++ > 0
        ? connect()
        : new Promise<net.Socket>((resolve, reject) => {
            endFirst = () => (what === 'fails' ? reject(new Error('the dial failed')) : resolve(connect()));
          });
    const { client, transport } = loop.client({ dial, maxConnsPerHost: 1 });
    const controller = new AbortController();
    const first = settle(client.get(server.origin, { signal: controller.signal, timeout: 10_000 }));
    const rest = [1, 2].map(async () => (await client.get(server.origin, { timeout: 10_000 })).text());
    await sleep(10);
    if (what === 'is cancelled') controller.abort();
    // The dial of a cancelled request may serve another one, or give its place to another dial.
    endFirst();
    assert.ok((await first).error);
    assert.deepEqual(await Promise.all(rest), ['hello', 'hello']);
    const { active, dialling, waiting } = transport.stats();
    assert.deepEqual({ active, dialling, waiting }, { active: 0, dialling: 0, waiting: 0 });
  }));
}

test('cancelled waiters leave the queue', onLoopback(async (loop) => {
  let answer!: () => void;
  const asked = new Promise<void>((resolve) => (answer = resolve));
  const server = await loop.serve({ onRequest: async (request) => (await asked, request.reply('hello')) });
  const { client, transport } = loop.client({ maxConnsPerHost: 1 });
  const controller = new AbortController();
  const first = client.get(server.origin);
  const cancelled = Array.from({ length: 50 }, () => settle(client.get(server.origin, { signal: controller.signal })));
  while (transport.stats().waiting < 50 || server.requests.length < 1) await sleep(1);
  controller.abort();
  for (const { error } of await Promise.all(cancelled)) assert.equal(error!.name, 'AbortError');
  assert.equal(transport.stats().waiting, 0);
  answer();
  await (await first).bytes();
  await assertWorks(client, server.origin);
  assert.equal(server.requests.length, 2);
}));
