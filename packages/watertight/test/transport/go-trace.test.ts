/** The hooks come in Go's order: each scenario of `parity/trace`, which real Go has run, is run here and told the same. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net_ from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Transport, type ClientTrace, type RequestInit, type TransportOptions } from 'watertight';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { closedPort } from '../fixtures/closed-port.js';
import { onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import { readFixture } from '../fixtures/package-root.js';
import type { RawRequest } from '../fixtures/raw-server.js';
import { startSmallProxy } from '../fixtures/small-proxy.js';
import { startSocksServer } from '../fixtures/socks-server.js';
import { noStall, stall } from '../fixtures/stall.js';

type Event = readonly string[];

/** Each order in which Go called the hooks. */
const { scenarios: GO } = JSON.parse(readFixture('go-trace.json')) as { scenarios: Readonly<Record<string, readonly (readonly Event[])[]>> };

/** What is not the same, and why; docs/tracing.md says it too. */
const DIFFERENT: Readonly<Record<string, readonly Event[]>> = {
  // Node gives an address up before it tries the next one; Go lets both run.
  'dual-stack-slow': [
    ['getConn', 'both.test:PORT'], ['dnsStart', 'both.test'], ['dnsDone', 'ok', '127.0.0.2 127.0.0.1'],
    ['connectStart', 'tcp', '127.0.0.2:PORT'], ['connectDone', 'tcp', '127.0.0.2:PORT', 'error'],
    ['connectStart', 'tcp', '127.0.0.1:PORT'], ['connectDone', 'tcp', '127.0.0.1:PORT', 'ok'],
    ['gotConn', 'reused=false', 'wasIdle=false'], ['wroteHeaders'], ['wroteRequest', 'ok'], ['gotFirstResponseByte'], ['putIdleConn', 'ok'],
  ],
};

const authority = new CertificateAuthority();
const certificate = authority.issue({ names: ['127.0.0.1'] });

function serve(request: RawRequest): void {
  const { connection, target } = request;
  if (target === '/big') connection.write(`HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(5000)}`);
  else if (target === '/204') connection.write('HTTP/1.1 204 No Content\r\n\r\n');
  else if (target === '/close') request.reply('hello', { fields: ['Connection: close'] });
  else if (target === '/refuse') request.reply('', { status: '417 Expectation Failed', fields: ['Connection: close'] });
  else if (target === '/redirect') request.reply('', { status: '302 Found', fields: ['Location: /'] });
  else if (target !== '/hang') {
    if (target === '/hints') connection.write('HTTP/1.1 103 Early Hints\r\n\r\n');
    if (request.header('expect') !== undefined) connection.write('HTTP/1.1 100 Continue\r\n\r\n');
    void request.body.then(() => request.reply('hello'));
  }
}

/** The events of a request, as the Go program writes them: without texts of errors, ports by what they belong to. */
function recorder(ports: ReadonlyMap<string, string>): { events: Event[]; trace: ClientTrace } {
  const events: Event[] = [];
  const named = (text: string): string => text.replace(/\d+$/, (port) => ports.get(port) ?? port);
  const outcome = (error: unknown): string => (error === null ? 'ok' : 'error');
  const add = (name: string) => (...facts: string[]) => void events.push([name, ...facts.map(named)]);
  return { events, trace: {
    getConn: add('getConn'),
    gotConn: ({ reused, wasIdle }) => add('gotConn')(`reused=${reused}`, `wasIdle=${wasIdle}`),
    putIdleConn: (error) => add('putIdleConn')(outcome(error)),
    gotFirstResponseByte: add('gotFirstResponseByte'),
    got100Continue: add('got100Continue'),
    got1xxResponse: (status) => void events.push(['got1xxResponse', String(status)]),
    dnsStart: ({ host }) => add('dnsStart')(host),
    dnsDone: ({ addresses, error }) => void events.push(['dnsDone', outcome(error), addresses.map(({ address }) => address).join(' ')]),
    connectStart: add('connectStart'),
    connectDone: (network, address, error) => add('connectDone')(network, address, outcome(error)),
    tlsHandshakeStart: add('tlsHandshakeStart'),
    tlsHandshakeDone: (state, error) => {
      assert.equal(state === null, error !== null);
      add('tlsHandshakeDone')(outcome(error));
    },
    wroteHeaderField: (name) => add('wroteHeaderField')(name),
    wroteHeaders: add('wroteHeaders'),
    wait100Continue: add('wait100Continue'),
    wroteRequest: ({ error }) => add('wroteRequest')(outcome(error)),
  } };
}

/** A name server as that of the Go program. */
function names(addresses: Readonly<Record<string, readonly string[]>>): Pick<TransportOptions, 'lookup'> {
  return { lookup: ((host: string, options: { all?: boolean }, callback: (...args: unknown[]) => void) => {
    const all = (addresses[host] ?? []).map((address) => ({ address, family: net_.isIP(address) }));
    if (all.length === 0) process.nextTick(callback, Object.assign(new Error(`ENOTFOUND ${host}`), { code: 'ENOTFOUND' }));
    else if (options.all === true) process.nextTick(callback, null, all);
    else process.nextTick(callback, null, all[0].address, all[0].family);
  }) as never };
}

interface Scenario {
  readonly url: string;
  readonly options?: TransportOptions;
  readonly init?: RequestInit;
  readonly before?: boolean;
  /** The body is closed unread. */
  readonly close?: boolean;
  readonly proxy?: 'http' | 'https' | 'socks5';
  readonly cancelled?: boolean;
}

const post = { method: 'POST', body: 'hello' };
const expecting = { ...post, headers: { Expect: '100-continue' } };
const never = (): Promise<never> => new Promise(() => undefined);

/** By the ids of the Go program; HTTP, HTTPS, STALE and CLOSED stand for ports. */
const OURS: Readonly<Record<string, Scenario>> = {
  get: { url: 'http://127.0.0.1:HTTP/' },
  'get-closed-unread': { url: 'http://127.0.0.1:HTTP/big', close: true },
  'no-body': { url: 'http://127.0.0.1:HTTP/204' },
  'keep-alives-disabled': { url: 'http://127.0.0.1:HTTP/', options: { disableKeepAlives: true } },
  'server-closes': { url: 'http://127.0.0.1:HTTP/close' },
  'no-idle-conns': { url: 'http://127.0.0.1:HTTP/', options: { maxIdleConnsPerHost: -1 } },
  post: { url: 'http://127.0.0.1:HTTP/', init: post },
  reused: { url: 'http://127.0.0.1:HTTP/', before: true },
  https: { url: 'https://127.0.0.1:HTTPS/' },
  'https-reused': { url: 'https://127.0.0.1:HTTPS/', before: true },
  'http-proxy': { url: 'http://127.0.0.1:HTTP/', proxy: 'http' },
  'connect-proxy': { url: 'https://127.0.0.1:HTTPS/', proxy: 'http' },
  'tls-proxy': { url: 'http://127.0.0.1:HTTP/', proxy: 'https' },
  'connect-tls-proxy': { url: 'https://127.0.0.1:HTTPS/', proxy: 'https' },
  socks: { url: 'http://127.0.0.1:HTTP/', proxy: 'socks5' },
  'socks-https': { url: 'https://127.0.0.1:HTTPS/', proxy: 'socks5' },
  continue: { url: 'http://127.0.0.1:HTTP/', init: expecting },
  'continue-refused': { url: 'http://127.0.0.1:HTTP/refuse', init: expecting },
  'early-hints': { url: 'http://127.0.0.1:HTTP/hints' },
  redirect: { url: 'http://127.0.0.1:HTTP/redirect' },
  refused: { url: 'http://127.0.0.1:CLOSED/' },
  dns: { url: 'http://one.test:HTTP/' },
  'dns-failure': { url: 'http://none.test:HTTP/' },
  'tls-failure': { url: 'https://127.0.0.1:HTTPS/', options: { tls: {} } },
  'dual-stack': { url: 'http://both.test:HTTP/' },
  'dual-stack-refused': { url: 'http://both.test:CLOSED/' },
  'stale-retry': { url: 'http://127.0.0.1:STALE/', before: true },
  'cancelled-dial': { url: 'http://127.0.0.1:HTTP/', options: { dial: never }, cancelled: true },
  'cancelled-headers': { url: 'http://127.0.0.1:HTTP/hang', cancelled: true },
};

async function run(net: Loopback, { url, options, init, before, close, proxy, cancelled }: Scenario): Promise<Event[]> {
  const plain = await net.serve({ onRequest: serve });
  const secure = await net.serve({ onRequest: serve, tls: certificate });
  const stale = await net.serve({ onRequest: (request) => {
    if (stale.requests.length === 2) request.connection.finish();
    else request.reply('hello');
  } });
  const closed = await closedPort();
  const places: Record<string, number> = { HTTPS: secure.port, HTTP: plain.port, STALE: stale.port, CLOSED: closed };
  const target = url.replace(/HTTPS|HTTP|STALE|CLOSED/, (name) => String(places[name]));
  const ports = new Map(Object.values(places).map((port) => [String(port), 'PORT']));
  let through: TransportOptions = { ...names({ 'one.test': ['127.0.0.1'], 'both.test': ['::1', '127.0.0.1'] }) };
  if (proxy !== undefined) {
    const at = proxy === 'socks5' ? (await startSocksServer(net)).url() : (await startSmallProxy(net, proxy === 'https' ? { tls: certificate } : {})).url();
    ports.set(new URL(at).port, 'PROXY');
    through = { proxy: at };
  }
  const { client } = net.client({ tls: { ca: authority.cert }, ...(options?.dial === undefined ? through : {}), ...options });
  if (before === true) await (await client.get(target)).text();
  const { events, trace } = recorder(ports);
  const cancel = new AbortController();
  const pending = settle(client.request(target, { ...init, trace, signal: cancel.signal }));
  if (cancelled === true) {
    while (!events.some(([name]) => name === (url.includes('hang') ? 'wroteRequest' : 'connectStart'))) await sleep(1);
    cancel.abort();
  }
  const { value: response } = await pending;
  await (close === true ? response?.close() : response?.text());
  return events;
}

/** The order of fields is ours. */
const withoutFields = (events: readonly Event[]): Event[] => events.filter(([name]) => name !== 'wroteHeaderField');

const noIpv6 = !Object.values(networkInterfaces()).flat().some((each) => each?.address === '::1') && 'this machine has no ::1';

describe('the hooks are called as in Go:', () => {
  for (const id of Object.keys(GO)) {
    if (id in DIFFERENT) continue;
    test(id, { skip: id.startsWith('dual') && noIpv6 }, onLoopback(async (net) => {
      const events = withoutFields(await run(net, OURS[id]));
      const orders = GO[id].map(withoutFields);
      if (!orders.some((order) => JSON.stringify(order) === JSON.stringify(events))) assert.deepEqual(events, orders[0]);
    }));
  }

  test('dual-stack-slow, but for the end of the first attempt', { skip: noStall }, onLoopback(async () => {
    const dead = await stall('127.0.0.2');
    const server = net_.createServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx')));
    await once(server.listen(dead.port, '127.0.0.1'), 'listening');
    try {
      const { events, trace } = recorder(new Map([[String(dead.port), 'PORT']]));
      await using client = new Client({ transport: new Transport({ ...names({ 'both.test': ['127.0.0.2', '127.0.0.1'] }), autoSelectFamilyAttemptTimeout: 10 }) });
      await (await client.get(`http://both.test:${dead.port}/`, { trace })).text();
      assert.deepEqual(withoutFields(events), DIFFERENT['dual-stack-slow']);
    } finally {
      server.close();
      await dead.release();
    }
  }));

  test('and each field of the head is told, as Go tells it', onLoopback(async (net) => {
    const fields = (events: readonly Event[]): string[] => events.filter(([name]) => name === 'wroteHeaderField').map(([, name]) => name).sort();
    assert.deepEqual(fields(await run(net, OURS.post)), [...fields(GO.post[0]), 'Content-Type'].sort());
    const told: [string, readonly string[]][] = [];
    const server = await net.serve({ onRequest: serve });
    const { client } = net.client();
    await (await client.get(server.origin, { headers: [['A', '1'], ['A', '2'], ['B', 'x: y']], trace: { wroteHeaderField: (name, values) => void told.push([name, values]) } })).text();
    assert.deepEqual(told.filter(([name]) => name.length === 1), [['A', ['1', '2']], ['B', ['x: y']]]);
  }));
});
