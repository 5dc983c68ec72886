/** What happens to a watch besides leaks: a disk that is full, a clock that is set, another program at the same address. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import Database from 'libsql';
import { parseProfile, type Profile } from 'watertight/pprof';
import { Monitor, type TargetReport } from '#monitor';
import { parseTarget, type Scrape, type TargetSource } from '#scrape';
import { History } from '#store';

const room = mkdtempSync(join(tmpdir(), 'adversity-'));
after(() => rmSync(room, { recursive: true, force: true }));

const HOUR = 3_600_000;
const NOW = Date.now();
const TARGET = parseTarget('http://127.0.0.1:6060');

/** A program with so many unread bodies, and nothing else to say. */
class Source implements TargetSource {
  unread = 1;
  platform: 'go' | 'node' = 'go';
  start = 0;

  resume(): void {
    // It says itself when it started, or does not.
  }

  count(at: number): Promise<Scrape> {
    return Promise.resolve({ at, value: 2 * this.unread + 1, start: this.start, platform: this.platform });
  }

  profile(): Promise<Profile> {
    return Promise.resolve(parseProfile(`goroutine profile: total ${this.unread}\n${this.unread} @ 0x1 0x2\n#\t0x1\tnet/http.(*persistConn).readLoop+0xcd8\t/usr/lib/go/src/net/http/transport.go:2213\n\n`));
  }
}

interface Watched {
  readonly source: Source;
  readonly history: History;
  readonly monitor: Monitor;
  readonly faults: string[];
  readonly reports: TargetReport[];
  scrape(at: number): Promise<TargetReport>;
}

async function watched(body: (watch: Watched) => Promise<void>, file = ':memory:', options: { interval?: number; profileInterval?: number } = { profileInterval: 1 }): Promise<void> {
  const history = new History(file);
  const source = new Source();
  const faults: string[] = [];
  const reports: TargetReport[] = [];
  const monitor = new Monitor(history, { ...options, sourceOf: () => source, onFault: (error) => { if (error !== null) faults.push((error as Error).message); } });
  monitor.setTargets([TARGET]);
  monitor.onScrape((report) => reports.push(report));
  try {
    await body({
      source, history, monitor, faults, reports,
      async scrape(at) {
        const target = monitor.monitorOf(TARGET.url)!;
        await target.scrape(at);
        return target.report();
      },
    });
  } finally {
    await monitor.stop();
    history.close();
  }
}

describe('a disk that is full', () => {
  test('stops neither the watch nor the verdict, is said once, and what comes after it is kept again', async (t) => {
    const file = join(room, 'full.db');
    // Each scrape has a time of its own: two in the same millisecond would be one sample, and have one profile.
    t.mock.timers.enable({ apis: ['Date'], now: NOW });
    await watched(async ({ source, history, monitor, faults, reports }) => {
      const scrapeAll = (): Promise<void> => {
        t.mock.timers.tick(10_000);
        return monitor.scrapeAll();
      };
      await scrapeAll();
      // What a full disk does, SQLite does at a size that it may not exceed; of its own connection only.
      const { db } = (history as unknown as { sql: { db: Database.Database } }).sql;
      const { page_count: pages } = db.prepare('PRAGMA page_count').get() as { page_count: number };
      db.exec(`PRAGMA max_page_count = ${pages}`);
      history.target('http://127.0.0.1:1');
      const filler = 'x'.repeat(300);
      for (let i = 0; history.trouble === null; i++) history.target(`http://127.0.0.1/${filler}${i}`);
      assert.match(history.trouble?.error.message ?? '', /the disk is full/);
      // The pages that are there have some room left.
      while (faults.length === 0) await scrapeAll();
      const told = reports.length;
      for (let look = 0; look < 8; look++) {
        source.unread += 3;
        await scrapeAll();
      }
      assert.equal(reports.length, told + 8, 'who listens is told of every scrape');
      assert.equal(reports.at(-1)?.leaking, true);
      assert.equal(faults.length, 1, faults.join('\n'));
      assert.match(faults[0], /full/);
      db.exec('PRAGMA max_page_count = 1000000');
      const before = history.samples(1, 0).length;
      await scrapeAll();
      assert.equal(history.samples(1, 0).length, before + 1);
      assert.equal(history.incidents().length, 1);
      assert.equal(faults.length, 1);
    }, file);
    const db = new Database(file);
    assert.deepEqual((db.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[]).map((row) => row.integrity_check), ['ok']);
    db.close();
  });
});

describe('a clock that is set back', () => {
  test('by hours does not blind the watch until it is as late again', () =>
    watched(async ({ source, scrape }) => {
      // Profiles are taken now and then; the count climbs by 900 an hour, which is seen within the hour.
      let at = NOW;
      for (let scrapes = 0; scrapes < 12; scrapes++) await scrape((at += 10_000));
      at = NOW - 6 * HOUR;
      source.unread = 800;
      for (let scrapes = 0; scrapes < 6 * 120; scrapes++) {
        source.unread += 3;
        const { at: seen, count } = await scrape((at += 10_000));
        assert.deepEqual([seen, count], [at, 2 * source.unread + 1]);
      }
      assert.equal((await scrape(at + 10_000)).leaking, true);
    }, ':memory:', {}));

  test('does not make the looks of the future prove anything, and a profile is taken at once', () =>
    watched(async ({ source, history, scrape }) => {
      for (let look = 0; look < 8; look++) {
        source.unread += 3;
        await scrape(NOW + look * 10_000);
      }
      assert.equal((await scrape(NOW + 80_000)).leaking, true);
      source.unread = 1;
      const { leaking } = await scrape(NOW - HOUR);
      assert.equal(leaking, false);
      assert.ok(history.profiles(1).some(({ at }) => at === NOW - HOUR));
    }));

  test('by a moment is nothing', () =>
    watched(async ({ source, scrape }) => {
      for (let look = 0; look < 8; look++) {
        source.unread += 3;
        await scrape(NOW + look * 10_000);
      }
      source.unread += 3;
      assert.equal((await scrape(NOW + 65_000)).leaking, true);
    }));
});

describe('another program at the same address', () => {
  test('of another platform is another process, though neither says when it started', () =>
    watched(async ({ source, history, scrape }) => {
      for (let look = 0; look < 8; look++) {
        source.unread += 3;
        await scrape(NOW + look * 10_000);
      }
      assert.equal((await scrape(NOW + 80_000)).leaking, true);
      source.platform = 'node';
      const first = await scrape(NOW + 90_000);
      assert.deepEqual([first.platform, first.restarts, first.start, first.leaking], ['node', 1, NOW + 90_000, false]);
      assert.equal(first.groups[0]?.growth, first.groups[0]?.count, 'it is not compared with what was there before');
      const second = await scrape(NOW + 100_000);
      assert.deepEqual([second.start, second.restarts], [NOW + 90_000, 1], 'and stays that process');
      assert.equal(history.samples(1, 0).at(-1)?.start, NOW + 90_000);
      source.platform = 'go';
      assert.equal((await scrape(NOW + 110_000)).restarts, 2);
    }));
});

test('a target that is watched no more is told of no more, though its scrape was under way', () =>
  watched(async ({ monitor, reports }) => {
    const under = monitor.scrapeAll();
    monitor.setTargets([]);
    await under;
    assert.deepEqual(reports, []);
  }));

test('a watcher that never lives for an hour still removes what is too old', () =>
  watched(async ({ history, monitor }) => {
    history.record(1, { at: NOW - 72 * HOUR, value: 5, start: 0 });
    await monitor.scrapeAll();
    assert.equal(history.samples(1, 0).length, 1);
  }));

test('what a fleet that comes and goes leaves behind is removed, one at a scrape', (t) =>
  watched(async ({ history, monitor }) => {
    const gone = ['http://10.0.0.8:6060', 'http://10.0.0.9:6060'].map((url) => history.target(url));
    for (const target of gone) history.record(target, { at: NOW - 72 * HOUR, value: 5, start: 0 });
    const left = (): number => gone.filter((target) => history.samples(target, 0).length > 0).length;
    await monitor.scrapeAll();
    t.mock.timers.enable({ apis: ['Date'], now: NOW + 2 * HOUR });
    assert.equal(left(), 2);
    await monitor.scrapeAll();
    assert.equal(left(), 1);
    await monitor.scrapeAll();
    assert.equal(left(), 0);
  }));
