/** Stack groups, each judged by its own course: what the count as a whole hides, and what is none. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { History } from '#store';
import { BEGIN, counted, daily, HOUR, Watch, type Program } from './group-course.js';

const room = mkdtempSync(join(tmpdir(), 'groups-'));
after(() => rmSync(room, { recursive: true, force: true }));

const DAY = 24 * HOUR;

/** Handlers and their queries follow the traffic, workers do not; `main.fetch` leaks 3 an hour from hour 6 on. */
const HIDDEN: Program = {
  groups: {
    'main.handle': counted(() => 600, 1),
    'main.query': counted((time) => 500 * daily(0.6)(time), 2),
    'main.work': () => 40,
    'main.fetch': counted((time) => 12 + (3 * Math.max(0, time - 6 * HOUR)) / HOUR, 3),
  },
};

async function watched(program: Program, body: (watch: Watch) => Promise<void>, file = ':memory:'): Promise<void> {
  const watch = new Watch(program, new History(file));
  try {
    await body(watch);
  } finally {
    await watch.end();
    watch.history.close();
  }
}

const leaks = (watch: Watch): string[] => watch.target.report().groups.filter(({ leaking }) => leaking).map(({ top }) => top);

describe('a group that leaks', () => {
  test('is found under a rhythm of the day that hides it, with its line and its pace', () =>
    watched(HIDDEN, async (watch) => {
      const found = await watch.over(0, 3 * DAY, (target) => target.report().leaking);
      assert.ok(found !== null && found > 6 * HOUR && found < 36 * HOUR, `found after ${(found ?? NaN) / HOUR} h`);
      const { reason, groups, perHour, since, verdict, confidence } = watch.target.report();
      assert.equal(verdict, 'leaking');
      assert.match(reason, /^The tasks in main\.fetch \(\/srv\/main\.go:10\) leak, which the count as a whole hides\. It has climbed by /);
      assert.ok(Math.abs(perHour - 3) < 0.6, `${perHour} an hour`);
      assert.ok(Math.abs((since ?? 0) - BEGIN - 6 * HOUR) < 4 * HOUR, `since ${((since ?? 0) - BEGIN) / HOUR} h`);
      assert.ok(confidence > 0.9);
      assert.deepEqual([groups[0].top, groups[0].perHour, groups[0].since], ['main.fetch', perHour, since], 'the one that leaks is first');
      assert.deepEqual(leaks(watch), ['main.fetch']);
    }));

  test('is found while another group shrinks as fast as it grows', () =>
    watched(
      { groups: { 'main.fetch': counted((time) => 10 + (4 * time) / HOUR, 1), 'main.work': counted((time) => 500 - (4 * time) / HOUR, 2) } },
      async (watch) => {
        assert.ok((await watch.over(0, 2 * DAY, () => leaks(watch).length > 0)) !== null);
        assert.deepEqual(leaks(watch), ['main.fetch']);
      },
    ));

  test('is the same one in every build: deploys move its line, and a restart is no recovery', () => {
    const starts = [-HOUR, 9 * HOUR, 18 * HOUR, 27 * HOUR, 36 * HOUR];
    const age = (time: number): number => time - (starts.filter((start) => start <= time).at(-1) ?? 0);
    return watched(
      { starts, lineOf: (_name, start) => 10 + start / HOUR, groups: { 'main.fetch': counted((time) => 10 + (5 * age(time)) / HOUR, 1), 'main.query': counted((time) => 700 * daily(0.5)(time), 2) } },
      async (watch) => {
        const found = await watch.over(0, 3 * DAY, () => leaks(watch).length > 0);
        assert.ok(found !== null);
        assert.deepEqual(leaks(watch), ['main.fetch']);
        assert.ok(found < 36 * HOUR, `found after ${found / HOUR} h`);
        await watch.over(36 * HOUR, 37 * HOUR);
        assert.deepEqual(leaks(watch), ['main.fetch'], 'after the next restart, too');
        assert.equal(watch.target.report().groups[0].site?.line, 10 + 36, 'the line is that of the present build');
      },
    );
  });

  test('is known to a watcher that begins again, from its first scrape on, as the same incident', async () => {
    const file = join(room, 'again.db');
    let found = NaN;
    await watched(HIDDEN, async (watch) => void (found = (await watch.over(0, 3 * DAY, (target) => target.report().leaking)) ?? NaN), file);
    const next = found + HOUR;
    await watched(
      HIDDEN,
      async (watch) => {
        assert.deepEqual(leaks(watch), ['main.fetch'], 'before it has scraped anything');
        await watch.target.scrape(BEGIN + next);
        const { leaking, since, incident } = watch.target.report();
        assert.equal(leaking, true);
        assert.ok((since ?? 0) < BEGIN + next - 6 * HOUR, 'since the same time');
        assert.deepEqual([incident?.opened, incident?.closed], [BEGIN + found, null]);
        assert.equal(watch.history.incidents().length, 1);
      },
      file,
    );
  });

  test('is still one when the watcher comes back after a day', () =>
    watched(HIDDEN, async (watch) => {
      const found = (await watch.over(0, 3 * DAY, (target) => target.report().leaking)) ?? NaN;
      await watch.over(found + DAY, found + DAY);
      assert.deepEqual(leaks(watch), ['main.fetch']);
      await watch.over(found + DAY + HOUR, found + DAY + 3 * HOUR);
      assert.deepEqual(leaks(watch), ['main.fetch']);
    }));

  test('that gives back what it took is one no more', () =>
    watched({ groups: { 'main.fetch': counted((time) => (time < 30 * HOUR ? 10 + (6 * time) / HOUR : 15), 1), 'main.query': counted((time) => 900 * daily(0.6)(time), 2) } }, async (watch) => {
      assert.ok((await watch.over(0, 30 * HOUR, () => leaks(watch).length > 0)) !== null);
      assert.ok((await watch.over(30 * HOUR, 3 * DAY, () => leaks(watch).length === 0)) !== null);
    }));
});

describe('no finding', () => {
  test('are a rhythm, bursts, a pool that is resized, a warm-up, and functions that deploys rename', async () => {
    const starts = [-HOUR, 13 * HOUR, 27 * HOUR];
    const build = (time: number): number => starts.filter((start) => start <= time).length;
    await watched(
      {
        starts,
        groups: {
          'main.handle': counted((time) => 300 * daily(0.7)(time), 1),
          'main.query': counted((time) => 90 * daily(0.7, 2)(time), 2),
          'main.pool': counted((time) => (time < 20 * HOUR ? 50 : time < 34 * HOUR ? 200 : 120), 3),
          'main.warm': (time) => 80 * (1 - Math.exp(-(time - (starts[build(time) - 1] ?? 0)) / HOUR)),
          'main.batch': (time) => (time % (6 * HOUR) < HOUR / 2 ? 150 : 2),
          ...Object.fromEntries([1, 2, 3].map((number) => [`main.build${number}`, counted((time) => (build(time) === number ? 60 + 40 * number * daily(0.5)(time) : 0), 10 + number)])),
        },
      },
      async (watch) => {
        assert.equal(await watch.over(0, 44 * HOUR, () => leaks(watch).length > 0), null, leaks(watch).join());
        assert.equal(watch.target.report().leaking, false);
      },
    );
  });

  test('is what becomes more without being a leak: the connections of a pool', () =>
    watched({ groups: { 'net/http.(*persistConn).writeLoop': (time) => 10 + (4 * time) / HOUR, 'main.query': counted((time) => 900 * daily(0.6)(time), 2) } }, async (watch) => {
      assert.equal(await watch.over(0, DAY, () => leaks(watch).length > 0), null);
    }));
});

describe('what it costs is bounded', () => {
  test('so many groups are followed and no more: the largest, and one that leaks stays', () =>
    watched(
      {
        groups: {
          'main.fetch': (time) => 6 + (2 * time) / HOUR,
          ...Object.fromEntries(Array.from({ length: 100 }, (_, number) => [`main.part${number}`, (time: number) => (time < 30 * HOUR ? 10 + (number % 10) : 300 + number)])),
          'main.query': counted((time) => 900 * daily(0.6)(time), 2),
        },
      },
      async (watch) => {
        assert.equal(await watch.over(0, HOUR), null);
        const followed = (): string[] => watch.history.groups.of(watch.target.historyId, 5).map(({ key }) => key);
        assert.equal(followed().length, 24);
        assert.ok(followed().includes('main.query'));
        await watch.over(31 * HOUR, 32 * HOUR);
        assert.equal(followed().length, 24);
        assert.ok(followed().includes('main.part99'), 'what has become larger takes the place of the smallest');
      },
    ));

  test('counts of every profile stay for hours, then one in a quarter of an hour, for four weeks', () =>
    watched({ groups: { 'main.work': () => 40 } }, async (watch) => {
      const { history, target } = watch;
      await watch.over(0, DAY);
      const [{ id }] = history.groups.of(target.historyId, 5);
      const rows = (now: number): number => {
        history.expire(target.historyId, BEGIN + now);
        return history.groups.series(id, 0, Infinity).length;
      };
      assert.equal(rows(DAY), 16 * 4 + 8 * 12 + 1);
      assert.equal(rows(28 * DAY), 24 * 4 + 1);
      assert.equal(rows(30 * DAY), 0);
    }));
});
