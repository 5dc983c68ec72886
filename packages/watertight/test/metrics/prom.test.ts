/** What a Prometheus reads: requests that end, and above all those that do not. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { runInThisContext } from 'node:vm';
import promClient, { Gauge, Registry } from 'prom-client';
import type { Client, Response } from 'watertight';
import { findLeaks } from 'watertight/leak';
import { promMetrics } from 'watertight/metrics';
import { activity, Task, addTask, captureTrace, now, provenLeaks, removeTask, setTracking } from '#tasks';
import { observe, unobserve } from '#instrument';
import { onLoopback } from '../fixtures/loopback.js';
import { holder, LiveTasks } from '../pprof/unfinished.js';
import { Scrape } from './scrape.js';

const OPEN = 'http_client_open_connections';
const ACTIVE = 'http_client_active_requests';
const DURATION = 'http_client_request_duration_seconds';
const OLDEST = 'watertight_oldest_holder_age_seconds';

test('idle and held connections, requests that wait, and those that ended, are told apart', onLoopback(async (net) => {
  const register = new Registry();
  const metrics = promMetrics({ register });
  try {
    const server = await net.serve({ onRequest: (request) => request.target.startsWith('/silent') ? undefined : request.reply('hello', request.target === '/missing' ? { status: '404 Not Found' } : {}) });
    const { client, transport } = net.client({ maxConnsPerHost: 4 });
    const where = { server_address: '127.0.0.1', server_port: String(server.port), url_scheme: 'http' };

    await (await client.get(`${server.origin}/a`)).text();
    await (await client.get(`${server.origin}/missing`)).text();
    let scrape = await Scrape.of(register);
    assert.equal(scrape.sum(OPEN, { ...where, state: 'idle' }), 1);
    assert.equal(scrape.sum(OPEN, { ...where, state: 'active' }), 0);
    assert.equal(scrape.sum(`${DURATION}_count`, { ...where, method: 'GET', status_code: '200', client: 'watertight' }), 1);
    assert.equal(scrape.sum(`${DURATION}_count`, { status_code: '404', error_type: '404' }), 1);
    assert.equal(scrape.find(`${DURATION}_count`, { status_code: '200' })[0].labels.error_type, undefined, 'success has no kind of error');
    assert.equal(scrape.sum(OLDEST, where), 0);
    assert.equal(scrape.sum(ACTIVE, { ...where, method: 'GET', client: 'watertight' }), 0, 'not gone, though no request was under way at a scrape');

    await sleep(60);
    const begun = performance.now();
    const unread = [await client.get(`${server.origin}/a`), await client.get(`${server.origin}/a`)];
    const silent = [1, 2, 3].map((n) => client.get(`${server.origin}/silent${n}`).catch((error: unknown) => error));
    for (let tries = 0; server.requests.length < 6 && tries < 400; tries++) await sleep(5);
    await sleep(30);
    scrape = await Scrape.of(register);
    const stats = transport.stats();
    assert.deepEqual({ active: stats.active, waiting: stats.waiting }, { active: 4, waiting: 1 });
    assert.equal(scrape.sum(OPEN, { ...where, state: 'active' }), 4, 'two responses nobody reads, two requests without an answer');
    assert.equal(scrape.sum(OPEN, { ...where, state: 'idle' }), 0);
    assert.equal(scrape.sum(ACTIVE, { ...where, method: 'GET', client: 'watertight' }), 5, 'the one that waits for a connection is among them');
    assert.equal(scrape.sum(`${DURATION}_count`), 2, 'what has not ended has no duration');
    const age = scrape.sum(OLDEST, where)!;
    const most = (performance.now() - begun) / 1000;
    assert.ok(age >= 0.03 && age <= most, `${age} s: its own age, not that of the connection it was sent on`);

    await unread[0].text();
    await unread[1].close();
    await transport.close();
    for (const each of silent) assert.ok((await each) instanceof Error);
    scrape = await Scrape.of(register);
    assert.equal(scrape.sum(ACTIVE, where), 0, 'a series that was there is 0, not gone');
    assert.equal(scrape.sum(OLDEST, where), 0);
    assert.equal(scrape.sum(OPEN), 0);
    assert.equal(scrape.sum(`${DURATION}_count`), 7);
    assert.equal(scrape.sum(`${DURATION}_count`, { status_code: '200' }), 3);
    assert.equal(scrape.sum(`${DURATION}_count`, { error_type: 'ERR_TRANSPORT_CLOSED' }), 3);
    assert.equal(scrape.sum('watertight_connections_opened_total', where), stats.hosts[0] === undefined ? 0 : transport.stats().opened);
    assert.equal(scrape.sum('watertight_connections_closed_total', where), transport.stats().closed);
    assert.equal(scrape.sum('http_client_connection_duration_seconds_count', where), transport.stats().closed);
    assert.ok(scrape.sum('http_client_connection_duration_seconds_sum', where)! > 0);
  } finally {
    metrics.unregister();
  }
}));

test("a request's duration goes on to the end of its body", onLoopback(async (net) => {
  const register = new Registry();
  const metrics = promMetrics({ register });
  try {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    const quick = await client.get(server.origin);
    await quick.text();
    const slow = await client.get(server.origin);
    await sleep(60);
    await slow.text();
    const scrape = await Scrape.of(register);
    assert.equal(scrape.sum(`${DURATION}_count`), 2);
    assert.ok(scrape.sum(`${DURATION}_sum`)! >= 0.059, scrape.text);
    assert.equal(scrape.sum(`${DURATION}_bucket`, { le: '+Inf' }), 2);
    assert.ok(scrape.sum(`${DURATION}_bucket`, { le: '0.05' })! <= 1);
  } finally {
    metrics.unregister();
  }
}));

test('without tracking, a request that gets no answer is counted, and its age known', onLoopback(async (net) => {
  const register = new Registry();
  const metrics = promMetrics({ register });
  try {
    // The leak check of these tests has raised it.
    setTracking('off');
    const server = await net.serve();
    const { client, transport } = net.client({ track: 'off' });
    const silent = client.get(server.origin).catch((error: unknown) => error);
    for (let tries = 0; server.requests.length === 0 && tries < 400; tries++) await sleep(5);
    await sleep(40);
    const scrape = await Scrape.of(register);
    assert.equal(scrape.sum(ACTIVE), 1);
    assert.ok(scrape.sum(OLDEST)! >= 0.039, scrape.text);
    await transport.close();
    await silent;
  } finally {
    setTracking('all');
    metrics.unregister();
  }
}));

async function dropResponses(client: Client, url: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await client.get(url); // at: dropped
}

test('a response that was garbage-collected is a proven leak of its line, and ends with that', onLoopback(async (net) => {
  const register = new Registry();
  const metrics = promMetrics({ register });
  const before = (await Scrape.of(register)).sum('watertight_proven_leaks_total') ?? 0;
  try {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client({ track: 'all' });
    const known = provenLeaks().length;
    await dropResponses(client, `${server.origin}/private?token=secret`, 3);
    for (let tries = 0; provenLeaks().length < known + 3 && tries < 200; tries++) {
      globalThis.gc!();
      await sleep(5);
    }
    const scrape = await Scrape.of(register);
    const [series] = scrape.find('watertight_proven_leaks_total').filter(({ labels }) => labels.site.includes('dropResponses'));
    assert.match(series.labels.site, /test\/metrics\/prom\.test\.ts:\d+:\d+ \(dropResponses\)$/);
    assert.equal(series.value, 3);
    assert.equal(scrape.sum('watertight_proven_leaks_total'), before + 3);
    assert.equal(scrape.sum(`${DURATION}_count`, { status_code: '200', error_type: 'ABANDONED' }), 3);
    assert.equal(scrape.sum(ACTIVE) ?? 0, 0);
    assert.equal(scrape.sum('watertight_connections_closed_total'), 3);
    assert.doesNotMatch(scrape.text, /secret|token|private/);
    assert.equal((await findLeaks()).length, 3, 'told to one leak check, and over then');
  } finally {
    metrics.unregister();
  }
}));

test('suspects are counted by line, so many lines apart, and the rest together', async () => {
  const register = new Registry();
  const metrics = promMetrics({ register, maxSites: 3 });
  const live = new LiveTasks();
  try {
    const long = now() - 20_000;
    // Every function is a line of its own.
    const lines = Array.from({ length: 8 }, (_, i) => runInThisContext(`(capture) => function opener${i}() { return capture(); }`, { filename: `/app/line${i}.js?user=secret` }) as (capture: () => unknown) => () => ReturnType<typeof captureTrace>);
    lines.forEach((line, i) => {
      for (let n = 0; n <= i; n++) {
        const capture = (): ReturnType<typeof captureTrace> => captureTrace(capture);
        live.connection(holder({ openedAt: long, lastReadAt: long, trace: line(capture)() }));
      }
    });
    live.connection(holder({ openedAt: long, lastReadAt: now() }));
    const scrape = await Scrape.of(register);
    const suspects = scrape.find('watertight_suspects');
    assert.deepEqual(suspects.map(({ value }) => value), [8, 7, 6, 15]);
    assert.match(suspects[0].labels.site, /^\/app\/line7\.js:\d+:\d+ \(opener7\)$/);
    assert.equal(suspects[3].labels.site, 'other');
    assert.doesNotMatch(scrape.text, /secret/);
    assert.equal(scrape.sum(ACTIVE), 37);
    const age = scrape.sum(OLDEST)!;
    assert.ok(age >= 20 && age < 80, `${age} s`);
    live.end();
    const after = await Scrape.of(register);
    assert.deepEqual(after.find('watertight_suspects').map(({ value }) => value), [0, 0, 0, 0], 'once more, as 0');
    assert.deepEqual((await Scrape.of(register)).find('watertight_suspects'), []);
  } finally {
    live.end();
    metrics.unregister();
  }
});

test('requests of fetch that are observed are counted until they are read', onLoopback(async (net) => {
  const register = new Registry();
  const metrics = promMetrics({ register });
  observe();
  try {
    const server = await net.serve({ onRequest: (request) => request.reply('hello', { fields: ['Connection: close'] }) });
    const leaked = await fetch(`${server.origin}/private?token=secret`);
    await sleep(20);
    let scrape = await Scrape.of(register);
    const labels = { client: 'fetch', method: 'GET', server_port: String(server.port), url_scheme: 'http' };
    assert.equal(scrape.sum(ACTIVE, labels), 1);
    assert.equal(scrape.sum(`${DURATION}_count`), null);
    assert.ok(scrape.sum(OLDEST)! >= 0.015);
    assert.doesNotMatch(scrape.text, /secret|token|private/);
    await leaked.text();
    await turn();
    scrape = await Scrape.of(register);
    assert.equal(scrape.sum(ACTIVE, labels), 0);
    assert.equal(scrape.sum(`${DURATION}_count`, { ...labels, status_code: '200' }), 1);
    assert.ok(scrape.sum(`${DURATION}_sum`)! >= 0.015);
  } finally {
    unobserve();
    metrics.unregister();
  }
}));

test('connections that were open before are counted as opened', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client, transport } = net.client();
  const held: Response = await client.get(server.origin);
  const register = new Registry();
  const metrics = promMetrics({ register });
  try {
    assert.equal((await Scrape.of(register)).sum(OPEN, { state: 'active' }), 1);
    await held.text();
    await transport.close();
    const scrape = await Scrape.of(register);
    assert.equal(scrape.sum('watertight_connections_opened_total'), 1);
    assert.equal(scrape.sum('watertight_connections_closed_total'), 1);
    assert.equal(scrape.sum('http_client_connection_duration_seconds_count'), null, 'nobody knows how long');
    assert.equal(scrape.sum(`${DURATION}_count`), null);
  } finally {
    metrics.unregister();
  }
}));

test('servers beyond the limit are counted together, and no total falls', async () => {
  const register = new Registry();
  const metrics = promMetrics({ register, maxServers: 2 });
  const made: Task[] = [];
  try {
    for (let port = 1; port <= 5; port++) {
      const task = new Task('connection', 'readLoop', 'io wait', null, { scheme: 'http', host: `10.0.0.1:${port}` });
      made.push(task);
      addTask(task);
    }
    let scrape = await Scrape.of(register);
    assert.deepEqual(scrape.find(OPEN, { state: 'idle' }).map(({ labels, value }) => [labels.server_address, labels.server_port, value]), [['10.0.0.1', '1', 1], ['10.0.0.1', '2', 1], ['other', '0', 3]]);
    made.forEach(removeTask);
    scrape = await Scrape.of(register);
    assert.deepEqual(scrape.find('watertight_connections_closed_total').map(({ value }) => value), [1, 1, 3]);
    assert.deepEqual(scrape.find('watertight_connections_opened_total').map(({ value }) => value), [1, 1, 3]);
  } finally {
    made.forEach(removeTask);
    metrics.unregister();
  }
});

test('two registries have the same numbers', onLoopback(async (net) => {
  const both = [new Registry(), new Registry()];
  const metrics = both.map((register) => promMetrics({ register }));
  try {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    await (await net.client().client.get(server.origin)).text();
    for (const register of both) assert.equal((await Scrape.of(register)).sum(`${DURATION}_count`), 1);
    metrics[0].unregister();
    await (await net.client().client.get(server.origin)).text();
    assert.equal((await Scrape.of(both[1])).sum(`${DURATION}_count`), 2);
    assert.equal((await Scrape.of(both[0])).text.trim(), '');
  } finally {
    for (const each of metrics) each.unregister();
  }
}));

test('registering twice is refused with what to do; after unregister() or clear() it is not', async () => {
  const register = new Registry();
  const first = promMetrics({ register });
  assert.throws(() => promMetrics({ register }), { message: /http_client_open_connections is registered already: promMetrics\(\) was called with this registry before; call unregister\(\)/ });
  assert.equal(register.getMetricsAsArray().length, 9);
  first.unregister();
  first.unregister();
  assert.equal(register.getMetricsAsArray().length, 0);
  assert.equal(activity.listener, null, 'nobody listens any more');
  promMetrics({ register });
  register.clear();
  const third = promMetrics({ register });
  assert.equal(register.getMetricsAsArray().length, 9);
  first.unregister();
  assert.equal(register.getMetricsAsArray().length, 9, 'an old one takes only its own away');
  third.unregister();
  assert.equal(activity.listener, null, 'the one that was cleared does not either');
});

test("another's metric of the same name is left alone, and nothing is registered beside it", () => {
  const register = new Registry();
  new Gauge({ name: 'watertight_suspects', help: 'mine', registers: [register] });
  assert.throws(() => promMetrics({ register }), { message: /watertight_suspects is registered already: the registry has another metric/ });
  assert.equal(register.getMetricsAsArray().length, 1);
});

test("without a registry it is prom-client's own", async () => {
  const metrics = promMetrics();
  try {
    assert.match(await promClient.register.metrics(), /# TYPE http_client_open_connections gauge/);
  } finally {
    metrics.unregister();
  }
  assert.equal(promClient.register.getMetricsAsArray().length, 0);
});

test('options that are none are refused', () => {
  for (const [options, message] of [
    [null, /promMetrics\(\) takes an object of options, not null/],
    [{ register: 'x' }, /register is a Registry of prom-client, not string/],
    [{ register: new Registry(), maxSites: 0 }, /maxSites is a whole number from 1 to 1000, not 0/],
    [{ register: new Registry(), maxServers: '9' }, /maxServers is a whole number from 1 to 1000, not string/],
  ] as const) {
    assert.throws(() => promMetrics(options as never), { name: 'TypeError', message });
  }
});
