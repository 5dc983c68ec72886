// Real Node services with `watertight/metrics`, through prom-client and through OpenTelemetry's exporter, scraped by a
// real Prometheus: `watertight watch --prometheus` judges them by that.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Daemon, missing } from '../fixtures/prometheus.js';
import { watertight } from './command.js';

const SERVICE = fileURLToPath(new URL('metered-service-process.js', import.meta.url));
const HOUR = 3600;
/** A leaking service is restarted every so many seconds. */
const LIFE = 12 * HOUR;
const PAST = 36 * HOUR;

type Form = 'prom' | 'otel';
type Body = 'leaked' | 'closed' | 'fetched';

const leaks = (body: Body): boolean => body !== 'closed';

interface Metered {
  readonly form: Form;
  readonly body: Body;
  /** As Prometheus calls it. */
  readonly instance: string;
}

async function serviceOf(t: TestContext, form: Form, body: Body): Promise<Metered> {
  const child = spawn(process.execPath, [SERVICE, form, body], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { form, body, instance: `127.0.0.1:${port}` };
}

/** The series that the service itself prints, as Prometheus will know them: name, and what is between the braces. */
async function seriesOf({ instance, body }: Metered): Promise<[name: string, labels: string][]> {
  for (;;) {
    const text = await (await fetch(`http://${instance}/metrics`)).text();
    const found = [...text.matchAll(/^(http_client_open_connections|http_client_active_requests|process_start_time_seconds)(?:\{(.*)\})? \S+$/gm)];
    // It has to have made its first request.
    if (found.some(([, name]) => name === (body === 'fetched' ? 'http_client_active_requests' : 'http_client_open_connections'))) {
      return found.map(([, name, own = '']) => [name, `${own === '' ? '' : `${own},`}instance="${instance}",job="shop"`]);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A day and a half of these series, a point a minute, up to some minutes ago: what leaks climbs by 30 an hour. */
async function historyOf(services: readonly Metered[], now: number): Promise<string> {
  const lines = new Map<string, string[]>();
  for (const service of services) {
    for (const [name, labels] of await seriesOf(service)) {
      const points = lines.get(name) ?? [`# TYPE ${name} gauge`];
      lines.set(name, points);
      const begin = now - PAST;
      for (let time = begin; time <= now - 300; time += 60) {
        const born = begin + Math.floor((time - begin) / LIFE) * LIFE;
        const held = leaks(service.body) ? (30 * (time - born)) / HOUR : 0;
        const value = name === 'process_start_time_seconds' ? (leaks(service.body) ? born : begin) - 1 : Math.round(/state="active"|client="fetch"/.test(labels) ? 4 + held : 2);
        points.push(`${name}{${labels}} ${value} ${time}`);
      }
    }
  }
  return `${[...lines.values()].flat().join('\n')}\n# EOF\n`;
}

async function scraped(prometheus: Daemon, services: number): Promise<void> {
  for (;;) {
    const answer = (await (await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent('count(up == 1)')}`)).json()) as { data: { result: { value: [number, string] }[] } };
    if (Number(answer.data.result[0]?.value[1]) === services) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

interface Report {
  readonly url: string;
  readonly up: boolean;
  readonly platform: string;
  readonly leaking: boolean;
  readonly count: number;
  readonly perHour: number;
  readonly restarts: number;
}

describe('a Prometheus that scrapes watertight/metrics', { skip: missing('prometheus', 'promtool') ?? false }, () => {
  test('knows enough to tell the Node services that leak from their twins, whoever wrote the metrics', async (t) => {
    const services = await Promise.all((['prom', 'otel'] as const).flatMap((form) => (['leaked', 'closed', 'fetched'] as const).map((body) => serviceOf(t, form, body))));
    const prometheus = await Daemon.prometheus(await historyOf(services, Math.floor(Date.now() / 60_000) * 60), services.map(({ instance }) => instance));
    t.after(() => prometheus.stop());
    await scraped(prometheus, services.length);
    const { status, stdout, stderr } = await watertight('watch', '--prometheus', prometheus.url, '--match', '{job="shop"}', '--once', '--json');
    assert.equal(status, 0, stderr);
    const { targets } = JSON.parse(stdout) as { targets: Report[] };
    const byUrl = new Map(targets.map((target) => [target.url, target]));
    assert.equal(byUrl.size, services.length, [...byUrl.keys()].join());
    for (const { form, body, instance } of services) {
      const told = byUrl.get(instance);
      assert.deepEqual([told?.up, told?.platform, told?.leaking], [true, 'node', leaks(body)], `${form} ${body}: ${JSON.stringify(told)}`);
      // What it has open now is what the last scrape said, the sum over states and hosts.
      assert.ok(told !== undefined && told.count >= (leaks(body) ? 1 : 0));
      if (leaks(body)) assert.ok(told.perHour > 25 && told.perHour < 35 && told.restarts >= 2, `${form}: ${JSON.stringify(told)}`);
    }
  });
});
