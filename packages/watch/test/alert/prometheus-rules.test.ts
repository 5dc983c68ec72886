/** The alerting rules, by promtool: they are right, and see what leaks and only that. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { prometheusRules, type RuleOptions } from '#alert';
import { missing } from '../fixtures/prometheus.js';

const absent = missing('promtool');
const room = mkdtempSync(join(tmpdir(), 'rules-'));
after(() => rmSync(room, { recursive: true, force: true }));

const HOUR = 3600;
const DAY = 24 * HOUR;
const STEP = 300;

/** A count at a time, s, of a process of that age. */
type Course = (time: number, age: number) => number;

/** A small wandering that repeats, between 0 and 1. */
const noise = (time: number): number => Math.abs(Math.sin(time * 12.9898) * 43_758.5453) % 1;

interface Process {
  readonly course: Course;
  /** Seconds after which it is restarted; left out, it runs since long before. */
  readonly life?: number;
}

const rhythm: Course = (time) => 200 + 150 * Math.sin((time / DAY) * 2 * Math.PI) + 10 * noise(time);
const PROCESSES = {
  'a leak through restarts': { course: (time, age) => 80 + (20 * age) / HOUR + 5 * noise(time), life: 8 * HOUR },
  'a fast leak': { course: (time) => 100 + 20 * noise(time) + Math.max(0, Math.min(time, 9 * HOUR) - 5 * HOUR) / 15 },
  'a slow leak under a rhythm': { course: (time) => 150 + 60 * Math.sin((time / DAY) * 2 * Math.PI) + time / HOUR + 10 * noise(time) },
  'a leak that meets the limit, with bursts over it': { course: (time) => 300 + time / 120 + (time % (5 * HOUR) < 600 ? 4000 : 0) },
  'a rhythm of the day': { course: rhythm },
  'a rhythm of the day, restarted each night': { course: rhythm, life: DAY },
  'a rhythm of the day, restarted every six hours': { course: rhythm, life: 6 * HOUR },
  'a warm-up after each restart': { course: (time, age) => 300 - 280 * Math.exp(-age / 600) + 10 * noise(time), life: 8 * HOUR },
  'an idle pool that fills and empties': { course: (time) => 50 + (time % 5400) / 20 },
  'bursts': { course: (time) => 100 + 10 * noise(time) + (time % (5 * HOUR) < 1200 ? 3000 : 0) },
  'a step up and no more': { course: (time) => (time < 1.5 * DAY ? 100 : 250) + 10 * noise(time) },
  'a level that stays': { course: () => 100 },
} satisfies Readonly<Record<string, Process>>;
const DAYS = 5;
const HOURS = Array.from({ length: DAYS * 12 }, (_, index) => 2 * (index + 1));

/** Which alerts of each process fire at each of HOURS: one run of promtool. */
function firing(options: RuleOptions): (name: keyof typeof PROCESSES) => ReadonlyMap<number, string[]> {
  const names = Object.keys(PROCESSES);
  const series = Object.values<Process>(PROCESSES).flatMap(({ course, life = Infinity }, index) => {
    const labels = `{job="api",instance="${index}"}`;
    const [values, starts]: [number[], number[]] = [[], []];
    for (let time = 0; time <= DAYS * DAY; time += STEP) {
      const start = life === Infinity ? -30 * DAY : Math.floor(time / life) * life - 1;
      starts.push(start);
      values.push(Math.round(course(time, time - start)));
    }
    return [{ series: `go_goroutines${labels}`, values: values.join(' ') }, { series: `process_start_time_seconds${labels}`, values: starts.join(' ') }];
  });
  // promtool says what it got where that is not what is expected, which is never this.
  const asked = HOURS.map((hour) => ({ expr: 'count by (alertname, instance) (ALERTS{alertstate="firing"})', eval_time: `${hour}h`, exp_samples: [{ labels: '{alertname="nothing"}', value: 1 }] }));
  writeFileSync(join(room, 'rules.yml'), prometheusRules(options));
  writeFileSync(join(room, 'test.yml'), JSON.stringify({ rule_files: ['rules.yml'], evaluation_interval: '5m', tests: [{ interval: '5m', input_series: series, promql_expr_test: asked }] }));
  const { stdout, stderr } = spawnSync('promtool', ['test', 'rules', join(room, 'test.yml')], { encoding: 'utf8' });
  const answers = [...`${stdout}${stderr}`.matchAll(/got:\s*(.*)/g)].map(([, got]) => [...got.matchAll(/alertname="(\w+)", instance="(\d+)"/g)]);
  assert.equal(answers.length, HOURS.length, stdout + stderr);
  return (name) => new Map(answers.map((got, index) => [HOURS[index], got.filter(([, , instance]) => instance === String(names.indexOf(name))).map(([, alert]) => alert).sort()]));
}

describe('the rules', { skip: absent ?? false }, () => {
  let of: ReturnType<typeof firing>;
  before(() => {
    of = firing({ limit: 1500 });
  });

  test('are right in the eyes of promtool', () => {
    for (const options of [{}, { limit: 5000 }, { metric: 'http_client_open_connections', selector: 'job=~"a|b",env!="x\\"y"' }]) {
      writeFileSync(join(room, 'checked.yml'), prometheusRules(options));
      assert.match(execFileSync('promtool', ['check', 'rules', join(room, 'checked.yml')]).toString(), /SUCCESS: \d+ rules found/);
    }
  });

  test('see a leak through its restarts, after a day and as long as it is there', () => {
    for (const [hour, alerts] of of('a leak through restarts')) assert.deepEqual(alerts, hour < 24 ? [] : ['ConnectionLeak'], `after ${hour} hours`);
  });

  test('see a fast leak within three hours, and when it is over', () => {
    const alerts = of('a fast leak');
    assert.deepEqual([4, 8, 14].map((hour) => alerts.get(hour)), [[], ['ConnectionLeakFast'], []]);
  });

  test('see a slow leak under a rhythm within days', () => {
    const alerts = of('a slow leak under a rhythm');
    for (const [hour, found] of alerts) if (hour < 72 || hour > 98) assert.deepEqual(found, hour < 72 ? [] : ['ConnectionLeakSlow'], `after ${hour} hours`);
  });

  test('say that a limit is near, and met, but not for a burst', () => {
    const alerts = of('a leak that meets the limit, with bursts over it');
    assert.deepEqual(alerts.get(20), []);
    assert.deepEqual([alerts.get(26), alerts.get(60)], [['ConnectionLeak', 'ConnectionLimitWithinADay'], ['ConnectionLeak', 'ConnectionLimitMet', 'ConnectionLimitWithinADay']]);
  });

  for (const name of Object.keys(PROCESSES).slice(4) as (keyof typeof PROCESSES)[]) {
    test(`are silent about ${name}`, () => assert.deepEqual([...of(name)].filter(([, alerts]) => alerts.length > 0), []));
  }
});

for (const options of [{ metric: 'go goroutines' }, { metric: 'x[5m]' }, { metric: '' }, { selector: 'job=api' }, { selector: 'job="a"} or vector(1)' }, { selector: '{job="a"}' }, { selector: 'job="a' }, { limit: 0 }, { limit: NaN }]) {
  test(`${JSON.stringify(options)} can't be put into a rule`, () => assert.throws(() => prometheusRules(options), { code: 'ERR_RULE' }));
}
