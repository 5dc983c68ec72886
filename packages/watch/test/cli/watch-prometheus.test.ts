// `watertight watch --prometheus` on a real Prometheus that has seen two days of a fleet.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { serveUntil } from '../fixtures/loopback-server.js';
import { Daemon, missing } from '../fixtures/prometheus.js';
import { start, watertight } from './command.js';

const absent = missing('prometheus', 'promtool');
const HOUR = 3600;

/** Two days, a point a minute: one that leaks and is restarted every 16 hours, one with a rhythm of the day, one Node service. */
function fleet(now: number): string {
  const lines = { go: ['# TYPE go_goroutines gauge'], start: ['# TYPE process_start_time_seconds gauge'], node: ['# TYPE http_client_open_connections gauge'] };
  const begin = now - 48 * HOUR;
  for (const [labels, place, count, life] of [
    ['instance="leaky:1",job="api"', lines.go, (_time: number, age: number) => 80 + (30 * age) / HOUR, 16 * HOUR],
    ['instance="steady:1",job="api"', lines.go, (time: number) => 200 + 60 * Math.sin((time / 86_400) * 2 * Math.PI), Infinity],
    ['instance="shop:1",job="web"', lines.node, () => 12, Infinity],
  ] as const) {
    for (let time = begin; time <= now; time += 60) {
      const born = life === Infinity ? begin - 1000 : begin + Math.floor((time - begin) / life) * life;
      const noise = Math.floor(5 * Math.abs(Math.sin(time)));
      if (place === lines.node) place.push(`http_client_open_connections{${labels},http_connection_state="idle"} 3 ${time}`, `http_client_open_connections{${labels},http_connection_state="active"} ${count(time, 0)} ${time}`);
      else place.push(`go_goroutines{${labels}} ${Math.round(count(time, time - born)) + noise} ${time}`);
      lines.start.push(`process_start_time_seconds{${labels}} ${born + 0.25} ${time}`);
    }
  }
  return `${[...lines.go, ...lines.node, ...lines.start].join('\n')}\n# EOF\n`;
}

interface Report {
  readonly url: string;
  readonly up: boolean;
  readonly leaking: boolean;
  readonly count: number;
  readonly perHour: number;
  readonly restarts: number;
  readonly platform: string;
  readonly groups: readonly unknown[];
}

describe('watertight watch --prometheus', { skip: absent ?? false }, () => {
  test('finds the process that leaks, through its restarts, and no other; once, and as long as it runs', async (t) => {
    const prometheus = await Daemon.prometheus(fleet(Math.floor(Date.now() / 1000)));
    t.after(() => prometheus.stop());
    const { status, stdout, stderr } = await watertight('watch', '--prometheus', prometheus.url, '--once', '--json');
    assert.equal(status, 0, stderr);
    const { targets } = JSON.parse(stdout) as { targets: Report[] };
    const byUrl = new Map(targets.map((target) => [target.url, target]));
    assert.deepEqual([...byUrl.keys()].sort(), ['leaky:1', 'shop:1', 'steady:1']);
    const leaky = byUrl.get('leaky:1')!;
    assert.deepEqual([leaky.up, leaky.leaking, leaky.platform, leaky.groups], [true, true, 'go', []]);
    assert.ok(leaky.perHour > 25 && leaky.perHour < 35, `${leaky.perHour} an hour`);
    assert.ok(leaky.restarts >= 2);
    assert.deepEqual([byUrl.get('steady:1')!.leaking, byUrl.get('shop:1')!.leaking, byUrl.get('shop:1')!.count, byUrl.get('shop:1')!.platform], [false, false, 15, 'node']);

    const nobody = await watertight('watch', '--prometheus', prometheus.url, '--match', '{job="nobody"}', '--once', '--json');
    assert.deepEqual([nobody.status, JSON.parse(nobody.stdout)], [1, { targets: [] }]);
    assert.match(nobody.stderr, /has no process with the labels job="nobody" that this can watch: Go's go_goroutines, or http_client_open_connections/);

    const command = start(['watch', '--prometheus', prometheus.url, '--port', '0', '--interval', '200']);
    await command.wrote('LEAKING leaky:1');
    await prometheus.stop();
    await command.wrote('LEAKING, DOWN leaky:1');
    command.process.kill('SIGINT');
    assert.equal((await command.ended).status, 0);
  });
});

describe('watertight watch, on services and on a Prometheus', () => {
  test('watches both, shows of the Prometheus what was chosen, and sends it its own token and no other', async (t) => {
    const ends: (() => unknown)[] = [];
    t.after(async () => {
      for (const end of ends) await end();
    });
    const seen = { service: new Set<unknown>(), prometheus: new Set<unknown>(), scope: new Set<unknown>() };
    const service = await serveUntil(ends, (request, response) => {
      seen.service.add(request.headers.authorization);
      response.end(request.url === '/debug/pprof/' ? "<td>9</td><td><a href='goroutine?debug=1'>goroutine</a></td>" : 'goroutine profile: total 9\n9 @ 0x1\n#\t0x1\tmain.main+0x1\t/srv/main.go:1\n');
    });
    const queries = new Set<string>();
    const prometheus = await serveUntil(ends, (request, response) => {
      const url = new URL(request.url ?? '', 'http://h');
      seen.prometheus.add(request.headers.authorization);
      seen.scope.add(request.headers['x-scope-orgid']);
      queries.add(url.searchParams.get('query') ?? '');
      const metric = { __name__: 'go_goroutines', job: 'api', instance: 'h:1' };
      const result = url.pathname === '/prefix/api/v1/query' ? [{ metric, value: [Number(url.searchParams.get('time')), '51'] }] : [];
      response.end(JSON.stringify({ status: 'success', data: { result } }));
    });
    const room = mkdtempSync(join(tmpdir(), 'watch-prometheus-'));
    ends.push(() => rmSync(room, { recursive: true, force: true }));
    writeFileSync(join(room, 'password'), 'hunter2\n');
    const file = join(room, 'watch.yml');
    writeFileSync(file, `limit: 900
targets: [{ url: "${service}" }]
prometheus:
  url: ${prometheus}/prefix/
  match: '{job="api"}'
  basic_auth: { username: ann, password_file: password }
  headers: { X-Scope-OrgID: team-a }
  limits: [{ match: 'instance="h:1"', limit: 60 }]
`);
    const { status, stdout, stderr } = await watertight('watch', '--config', file, '--token', 'hunter3', '--once', '--json', '--interval', '50');
    assert.equal(status, 0, stderr);
    const { targets } = JSON.parse(stdout) as { targets: (Report & { limit: number })[] };
    assert.deepEqual(targets.map(({ url, up, count, limit }) => [url, up, count, limit]), [[service, true, 9, 900], ['h:1', true, 51, 60]]);
    assert.deepEqual([[...seen.service], [...seen.prometheus], [...seen.scope]], [['Bearer hunter3'], [`Basic ${btoa('ann:hunter2')}`], ['team-a']]);
    assert.ok([...queries].every((query) => query.endsWith(',job="api"}')), [...queries].join());

    const command = start(['watch', '--config', file, '--port', '0', '--interval', '100']);
    await command.wrote(`watching ${service} and what ${prometheus}/prefix knows`);
    const dashboard = await command.found(/dashboard at (\S+);/);
    for (;;) {
      const { targets: told } = (await (await fetch(`${dashboard}api/overview`)).json()) as { targets: Report[] };
      if (told.length === 2 && told.every(({ up }) => up)) break;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    command.process.kill('SIGINT');
    const ended = await command.ended;
    assert.equal(ended.status, 0);
    assert.doesNotMatch(ended.stdout + ended.stderr, /hunter/);
  });
});

for (const [name, args, message] of [
  ['a Prometheus that is not there', ['--prometheus', 'http://127.0.0.1:1', '--once'], /http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/],
  ['a choice of labels that is none', ['--prometheus', 'http://127.0.0.1:1', '--match', '{job=api}'], /\{job=api\} is no choice of labels: a text in quotes is missing/],
  ['a choice of labels of no Prometheus', ['--match', '{job="api"}', 'http://127.0.0.1:1'], /--match .* goes with --prometheus/],
  ['a Prometheus that is no address', ['--prometheus', 'ftp://h'], /neither http nor https/],
] as const) {
  test(`${name} is a mistake of the command line`, async () => {
    const { status, stderr } = await watertight('watch', ...args);
    assert.equal(status, 2);
    assert.match(stderr, message);
  });
}
