/** What the dashboard asks for: of years, of nonsense, by someone slow. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { get } from 'watertight';
import { verifyNone } from 'watertight/leak';
import { parseProfile } from 'watertight/pprof';
import type { TargetReport } from '#monitor';
import { Dashboard, LiveFeed, type News, type OverviewRow, type TargetView } from '#server';
import { COARSE, FINE, History } from '#store';
import { counted, daily, HOUR, PACE, Watch } from '../monitor/group-course.js';

const DAY = 24 * HOUR;
const NOW = Date.now();
const history = new History(':memory:');
const watch = new Watch({ groups: { 'main.handle': counted((time) => 300 * daily(0.5)(time), 1), 'main.fetch': () => 12 } }, history);
const { url } = watch.target.target;
let dashboard: Dashboard;

before(async () => {
  const { historyId } = watch.target;
  // Six hours, every ten seconds, until three hours ago; and a year before that, as much as is kept of it.
  const samples = Array.from({ length: 6 * 360 }, (_, i) => ({ at: NOW - 9 * HOUR + 10_000 * i, value: 100 + (i % 50), start: 1 }));
  history.recordAll(historyId, [...Array.from({ length: 365 * 24 }, (_, i) => ({ at: NOW - 366 * DAY + HOUR * i, value: 50 + (i % 24), start: 1 })), ...samples]);
  history.expire(historyId, NOW);
  for (let at = NOW - 2 * HOUR; at <= NOW; at += PACE) await watch.target.scrape(at);
  dashboard = await Dashboard.start(watch.monitor, history);
});
after(async () => {
  await dashboard.close();
  await watch.end();
  history.close();
});
afterEach((t) => verifyNone(t));

interface Answers extends TargetView {
  readonly targets: readonly OverviewRow[];
  readonly groups: readonly unknown[];
  readonly error: string;
}

async function ask(path: string): Promise<{ status: number; answer: Answers }> {
  await using response = await get(`${dashboard.url}api/${path}`, { close: true });
  return { status: response.status, answer: (await response.json()) as Answers };
}

const of = (query: Record<string, string | number>): string => new URLSearchParams({ url, ...Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])) }).toString();

describe('the curve', () => {
  for (const [name, span] of [['an hour', HOUR], ['a day', DAY], ['a month', 30 * DAY], ['a year', 365 * DAY], ['fifty years', 50 * 365 * DAY]] as const) {
    test(`of ${name} is one of so many points, with its troughs and peaks`, async () => {
      const { answer } = await ask(`target?${of({ from: Math.max(0, NOW - span), to: NOW })}`);
      const { times, low, high } = answer.curve;
      assert.ok(times.length > 10 && times.length <= 2000, `${times.length} points`);
      assert.ok(times.every((time, i) => i === 0 || time >= (times[i - 1] ?? 0)), 'in the order of time');
      assert.ok(low.every((value, i) => value <= (high[i] ?? 0)));
      if (span >= DAY) assert.ok(Math.max(...high) >= 149, 'no peak is lost');
    });
  }

  test('reads every scrape where there are few, five minutes where there are many, hours for a year', () => {
    const { historyId } = watch.target;
    const step = (span: number, points: number): number => {
      const [first, second] = history.curve(historyId, NOW - 3 * HOUR - span, NOW - 3 * HOUR, NOW, points);
      return (second?.at ?? NaN) - (first?.at ?? NaN);
    };
    assert.equal(step(4 * HOUR, 4000), 10_000);
    assert.equal(step(4 * HOUR, 300), FINE);
    assert.equal(step(6 * HOUR, 20), COARSE);
  });

  test('of a service that restarts at every scrape is bounded, too: its latest', () => {
    const crashing = history.target('http://127.0.0.1:9');
    history.recordAll(crashing, Array.from({ length: 2000 }, (_, i) => ({ at: NOW - 2_000_000 + 1000 * i, value: 5, start: i + 1 })));
    const curve = history.curve(crashing, 0, NOW, NOW, 100);
    assert.equal(curve.length, 400);
    assert.equal(curve.at(-1)?.start, 2000);
  });
});

test('a sparkline of hours is made of spans, and shows the peaks between them', async () => {
  const { answer } = await ask('overview');
  const [{ sparkline }] = answer.targets;
  assert.ok(sparkline.times.length >= 50 && sparkline.times.length <= 80, `${sparkline.times.length} points`);
  assert.ok(sparkline.times.every((time) => time % FINE === 0), 'each is a span');
  assert.ok((sparkline.times[0] ?? 0) >= NOW - 6 * HOUR - FINE);
  assert.equal(Math.max(...sparkline.high.slice(0, 30)), 149);
});

test('the groups of its stacks have their courses, with names', async () => {
  const { answer } = await ask(`target?${of({ from: NOW - DAY })}`);
  const [largest] = answer.groupCurves;
  assert.deepEqual(answer.groupCurves.map(({ top, leaking }) => [top, leaking]).sort(), [['main.fetch', false], ['main.handle', false]]);
  assert.equal(largest.curve.times.length, 25);
  assert.deepEqual(largest.site, { function: largest.top, file: '/srv/main.go', line: 10, address: '0x2' });
});

interface Flame {
  readonly at: number;
  readonly before: number | null;
  readonly tree: { readonly value: number; readonly before?: number };
}

test('a flame graph of a later profile can be compared with that of an earlier one', async () => {
  const flameOf = async (query: Record<string, number>): Promise<Flame> => (await ask(`flame?${of(query)}`)).answer as unknown as Flame;
  const [early, late] = [await flameOf({ at: NOW - 2 * HOUR }), await flameOf({ at: NOW })];
  assert.deepEqual([late.before, late.tree.before], [null, undefined]);
  const compared = await flameOf({ at: NOW, before: NOW - 2 * HOUR });
  assert.deepEqual([compared.at, compared.before], [late.at, early.at]);
  assert.deepEqual([compared.tree.value, compared.tree.before], [late.tree.value, early.tree.value]);
});

test("the profile of a moment can be saved for Go's tools, under a name that says whose and when", async () => {
  await using response = await get(`${dashboard.url}api/profile?${of({ at: NOW - HOUR })}`, { close: true });
  const file = /^attachment; filename="([\w.-]+-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3})Z\.pb\.gz)"$/.exec(response.headers.get('content-disposition') ?? '');
  assert.ok(file !== null, String(response.headers.get('content-disposition')));
  const profile = parseProfile(await response.bytes());
  const { answer } = await ask(`flame?${of({ at: NOW - HOUR })}`);
  const { at, tree } = answer as unknown as Flame;
  assert.deepEqual([profile.kind, profile.totals, profile.time], ['goroutine', [tree.value], at]);
  assert.ok(profile.samples.some(({ frames }) => frames.some(({ function: name }) => name === 'main.fetch')));
});

describe('what can not be answered is refused with its value and the rule', () => {
  for (const [path, status, message] of [
    ['target', 400, /url is missing/],
    ['target?url=http://nobody', 404, /no target "http:\/\/nobody"/],
    [`target?url=${'x'.repeat(9000)}`, 404, /^.{0,130}$/],
    [`target?${of({ from: 'soon' })}`, 400, /from is "soon"; it is a time in ms since 1970/],
    [`target?${of({ from: '-1' })}`, 400, /from is "-1"/],
    [`target?${of({ to: '1e300' })}`, 400, /to is "1e300"/],
    [`target?${of({ from: 2, to: 1 })}`, 400, /from \(2\) is after to \(1\)/],
    ['compare', 400, /url is missing/],
    [`compare?${of({ before: 1 })}`, 400, /two times/],
    [`compare?${of({ before: '', after: 1 })}`, 400, /before is ""/],
    [`compare?${of({ before: 'Infinity', after: 1 })}`, 400, /before is "Infinity"/],
    [`compare?${of({ before: '1; DROP TABLE profile', after: 1 })}`, 400, /it is a time/],
    [`compare?url=${encodeURIComponent("' OR 1=1 --")}&before=1&after=2`, 404, /no target/],
    [`flame?${of({ at: 'NaN' })}`, 400, /at is "NaN"/],
    [`flame?${of({ at: '9'.repeat(5000) })}`, 400, /^.{0,200}$/],
    ['flame?url=%00', 404, /no target/],
    [`flame?${of({ at: 1, before: 'x' })}`, 400, /before is "x"/],
    ['profile?url=http://nobody', 404, /no target/],
    [`profile?${of({ at: 'x' })}`, 400, /at is "x"/],
    ['nothing', 404, /nothing here/],
  ] as const) {
    test(path.slice(0, 60), async () => {
      const { status: got, answer } = await ask(path);
      assert.equal(got, status);
      assert.match(answer.error, message);
    });
  }

  test('but any two moments can be compared, in any order, long before or after there was anything', async () => {
    for (const [from, to] of [[0, 1], [NOW, 0], [8.64e15, NOW], [NOW, NOW]] as const) {
      const { status, answer } = await ask(`compare?${of({ before: from, after: to })}`);
      assert.equal(status, 200);
      assert.ok(Array.isArray(answer.groups));
      assert.equal((await ask(`flame?${of({ at: from })}`)).status, 200);
    }
  });
});

test('a dashboard that is slow is told less often, of the latest, and keeps nothing else in memory', async () => {
  const feed = new LiveFeed(watch.monitor, 1);
  const told: (number | null)[][] = [];
  let take = (): void => undefined;
  const unsubscribe = feed.subscribe((news: readonly News[]) => {
    told.push(news.map(({ report }: { report: TargetReport }) => report.count));
    return new Promise<void>((resolve) => (take = resolve));
  });
  const until = async (count: number): Promise<void> => {
    while (told.length < count) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  await watch.monitor.scrapeAll();
  await until(1);
  for (let i = 0; i < 5; i++) await watch.monitor.scrapeAll();
  const latest = watch.target.report().count;
  assert.equal(told.length, 1, 'it has not taken the first yet');
  take();
  await until(2);
  assert.deepEqual(told[1], [latest]);
  unsubscribe();
  take();
  await watch.monitor.scrapeAll();
  feed.end();
  assert.equal(told.length, 2);
});
