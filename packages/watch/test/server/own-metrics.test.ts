/** What the watcher tells of itself: its metrics, for a Prometheus, and whether it works, for whoever restarts it. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, test } from 'node:test';
import { get, type Response } from 'watertight';
import { verifyNone } from 'watertight/leak';
import { Monitor } from '#monitor';
import { parseTarget } from '#scrape';
import { Dashboard } from '#server';
import { History } from '#store';
import { serveUntil } from '../fixtures/loopback-server.js';
import { missing } from '../fixtures/prometheus.js';

const ends: (() => unknown)[] = [];
afterEach(async (t) => {
  for (const end of ends.splice(0).reverse()) await end();
  await verifyNone(t);
});

interface Watched {
  readonly monitor: Monitor;
  readonly history: History;
  readonly service: string;
  readonly absent: string;
  readonly dashboard: Dashboard;
}

/** A watcher of a service with 12 goroutines and of one that is not there, after one look at each. */
async function watched(options: Parameters<typeof Dashboard.start>[2] = {}): Promise<Watched> {
  const service = await serveUntil(ends, (request, response) => {
    if (request.url?.startsWith('/debug/pprof/goroutine') === true) response.end('goroutine profile: total 12\n12 @ 0x1\n#\t0x1\tmain.wait+0x1\tmain.go:1\n');
    else if (request.url?.startsWith('/debug/pprof/') === true) response.end('<td>12</td><td><a href="goroutine?debug=1">goroutine</a></td>');
    else response.writeHead(404).end();
  });
  const absent = await serveUntil(ends, (_request, response) => response.destroy());
  const history = new History(':memory:');
  const monitor = new Monitor(history, { interval: 60_000, profileInterval: 1e9, onFault: () => undefined });
  monitor.setTargets([parseTarget(service), parseTarget(absent)]);
  const dashboard = await Dashboard.start(monitor, history, options);
  ends.push(() => history.close(), () => monitor.stop(), () => dashboard.close());
  await monitor.scrapeAll();
  return { monitor, history, service, absent, dashboard };
}

async function textOf(url: string, headers: Record<string, string> = {}): Promise<{ readonly response: Response; readonly text: string }> {
  await using response = await get(url, { close: true, headers });
  return { response, text: await response.text() };
}

describe('/metrics', () => {
  test('has the services by verdict, each with its count, the scrapes, and the process', async () => {
    const { dashboard, monitor, service, absent } = await watched();
    monitor.silence(monitor.monitorOf(service), Date.now() + 60_000);
    const { response, text } = await textOf(`${dashboard.url}metrics`);
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    const labels = (url: string): string => `target="${url}",name="${new URL(url).host}"`;
    for (const line of [
      'watertight_watch_targets{verdict="leaking"} 0',
      'watertight_watch_targets{verdict="unknown"} 2',
      `watertight_watch_up{${labels(service)}} 1`,
      `watertight_watch_up{${labels(absent)}} 0`,
      `watertight_watch_leaking{${labels(service)}} 0`,
      `watertight_watch_tasks{${labels(service)}} 12`,
      `watertight_watch_silenced{${labels(service)}} 1`,
      `watertight_watch_silenced{${labels(absent)}} 0`,
      `watertight_watch_acknowledged{${labels(service)}} 0`,
      'watertight_watch_scrapes_total{result="answered"} 1',
      'watertight_watch_scrapes_total{result="failed"} 1',
    ]) assert.ok(text.split('\n').includes(line), `${line}\n${text}`);
    assert.doesNotMatch(text, new RegExp(`watertight_watch_tasks\\{target="${absent}"`));
    assert.match(text, /^process_start_time_seconds \d+$/m);
  });

  test('wants the token where there is one', async () => {
    const { dashboard } = await watched({ token: 'opensesame' });
    assert.equal((await textOf(`${dashboard.url}metrics`)).response.status, 401);
    assert.equal((await textOf(`${dashboard.url}metrics`, { Authorization: 'Bearer opensesame' })).response.status, 200);
  });

  test('is what promtool calls metrics', { skip: missing('promtool') ?? false }, async () => {
    const { dashboard } = await watched();
    const { text } = await textOf(`${dashboard.url}metrics`);
    const child = spawn('promtool', ['check', 'metrics']);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    child.stdin.end(text);
    const [code] = (await once(child, 'close')) as [number];
    // What it says of Node's own metrics is not ours to mend.
    assert.doesNotMatch(said, /watertight/);
    assert.ok(code === 0 || code === 3, said);
  });
});

describe('/healthz', () => {
  test('says ok to anybody, without the token, and nothing else', async () => {
    const { dashboard } = await watched({ token: 'opensesame' });
    const { response, text } = await textOf(`${dashboard.url}healthz`);
    assert.deepEqual([response.status, text, response.headers.get('cache-control')], [200, 'ok\n', 'no-store']);
  });

  test('says that the history can\'t be written', async () => {
    const { dashboard, history, monitor, service } = await watched();
    history.close();
    await monitor.scrapeAll();
    const { response, text } = await textOf(`${dashboard.url}healthz`);
    assert.equal(response.status, 503);
    assert.match(text, /^the history can't be written or read/);
    assert.ok(!text.includes(service));
  });

  test('says that nothing is scraped any more', async (t) => {
    const { dashboard } = await watched();
    const { now } = performance;
    t.mock.method(performance, 'now', () => now.call(performance) + 3 * 60_000 + 21_000);
    const { response, text } = await textOf(`${dashboard.url}healthz`);
    t.mock.restoreAll();
    assert.equal(response.status, 503);
    assert.match(text, /^nothing was scraped for 20\d s, at an interval of 60 s\n$/);
  });
});
