/** The dashboard for Grafana: each of its queries, on a real Prometheus that has what the services and the watcher export. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Registry } from 'prom-client';
import { promMetrics } from 'watertight/metrics';
import { Monitor } from '#monitor';
import { History } from '#store';
import { Daemon, missing } from '../fixtures/prometheus.js';
import { OwnMetrics } from '../../dist/server/own-metrics.js';
import { WatchRecord } from '../../dist/server/watch-record.js';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

interface GrafanaDashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

const board = JSON.parse(readFileSync(new URL('../../grafana/watertight.json', import.meta.url), 'utf8')) as GrafanaDashboard;
const queries = [...board.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr }))), ...board.annotations.list.map(({ expr }) => ({ title: 'annotation', expr }))];

/** As Grafana fills in its variables where all are chosen. */
const filled = (expr: string): string => expr.replaceAll(/\$(?:job|instance)\b/g, '.*');

/** The names of the metrics in an expression. */
const metricsIn = (expr: string): string[] => [...expr.replaceAll(/"[^"]*"/g, '""').matchAll(/\b((?:watertight|http_client|go|process)_\w+)/g)].map(([, name]) => name);

/** Six hours and a half and more of every metric, a point a minute, of a service that leaks. */
function history(now: number): string {
  const families = new Map<string, string[]>();
  const line = (name: string, type: string, labels: string, value: number, time: number): void => {
    const family = name.replace(/_(?:total|bucket)$/, '');
    const lines = families.get(family) ?? [`# TYPE ${family} ${type}`];
    families.set(family, lines);
    lines.push(`${name}{${labels}} ${value} ${time}`);
  };
  const begin = now - 8 * 3600;
  const go = 'instance="a:1",job="api"';
  const node = 'instance="b:1",job="web"';
  for (let time = begin; time <= now; time += 60) {
    const held = Math.round((time - begin) / 120);
    line('go_goroutines', 'gauge', go, 40 + held, time);
    for (const labels of [go, node]) line('process_start_time_seconds', 'gauge', labels, begin - 60, time);
    line('http_client_active_requests', 'gauge', `${node},client="fetch"`, held, time);
    line('http_client_open_connections', 'gauge', `${node},state="idle"`, 3, time);
    line('watertight_suspects', 'gauge', `${node},site="src/preview.ts:14:23 (fetchPreview)"`, held, time);
    line('watertight_proven_leaks_total', 'counter', `${node},site="src/head.ts:7:9 (head)"`, held, time);
    line('watertight_oldest_holder_age_seconds', 'gauge', node, time - begin, time);
    for (const each of ['opened', 'closed']) line(`watertight_connections_${each}_total`, 'counter', node, held, time);
    for (const le of ['0.1', '+Inf']) line('http_client_request_duration_seconds_bucket', 'histogram', `${node},le="${le}"`, held, time);
    for (const [verdict, count] of [['leaking', 1], ['healthy', 1]] as const) line('watertight_watch_targets', 'gauge', `verdict="${verdict}"`, count, time);
    for (const [name, up] of [['api', 1], ['web', 0]] as const) line('watertight_watch_up', 'gauge', `name="${name}"`, up, time);
    // It is found to leak in the last minute, which is what an annotation marks.
    line('watertight_watch_leaking', 'gauge', 'name="api"', Number(time > now - 60), time);
    line('watertight_watch_tasks', 'gauge', 'name="api"', 40 + held, time);
    line('watertight_watch_growth_per_hour', 'gauge', 'name="api"', 30, time);
  }
  return `${[...families.values()].flat().join('\n')}\n# EOF\n`;
}

describe('the dashboard for Grafana', () => {
  test('asks for metrics that exist', async () => {
    const register = new Registry();
    const metrics = promMetrics({ register });
    const store = new History(':memory:');
    const monitor = new Monitor(store);
    const record = new WatchRecord(monitor);
    try {
      const { text } = await new OwnMetrics(monitor, record).text();
      const known = new Set(['go_goroutines', ...register.getMetricsAsArray().map(({ name }) => name), ...[...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)]);
      const asked = new Set([...queries.map(({ expr }) => expr), ...board.templating.list.map(({ definition = '' }) => definition.replaceAll('"', ' '))].flatMap(metricsIn));
      assert.ok(asked.size > 10, [...asked].join());
      assert.deepEqual([...asked].filter((name) => !known.has(name) && !known.has(name.replace(/_bucket$/, ''))), []);
    } finally {
      record.close();
      metrics.unregister();
      await monitor.stop();
      store.close();
    }
  });

  test('has panels that do not lie on each other, each with a number of its own', () => {
    const { panels } = board;
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    for (const [at, { title, gridPos: a }] of panels.entries()) {
      assert.ok(a.x >= 0 && a.x + a.w <= 24, title);
      for (const { title: other, gridPos: b } of panels.slice(at + 1)) assert.ok(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y, `${title} and ${other}`);
    }
  });

  test('gets an answer to each of its queries', { skip: missing('prometheus', 'promtool') ?? false }, async (t) => {
    const now = Math.floor(Date.now() / 60_000) * 60;
    const prometheus = await Daemon.prometheus(history(now));
    t.after(() => prometheus.stop());
    for (const { title, expr } of queries) {
      const response = await fetch(`${prometheus.url}/api/v1/query?${new URLSearchParams({ query: filled(expr), time: String(now) }).toString()}`);
      const { status, error, data } = (await response.json()) as { status: string; error?: string; data?: { result: unknown[] } };
      assert.equal(status, 'success', `${title}: ${expr}: ${error}`);
      assert.ok((data?.result.length ?? 0) > 0, `${title}: nothing for ${expr}`);
    }
  });
});
