/** The history: what goes in comes out, thinned out as it ages, and survives whatever ends the process. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { COARSE, FINE, History, type Sample } from '#store';

const room = mkdtempSync(join(tmpdir(), 'history-'));
after(() => rmSync(room, { recursive: true, force: true }));

const DAY = 24 * 3_600_000;
const START = Date.UTC(2026, 0, 5);
const SERVICE = 'http://127.0.0.1:6060';

function opened(body: (history: History, target: number) => void): () => void {
  return () => {
    const history = new History(':memory:');
    try {
      body(history, history.target(SERVICE));
    } finally {
      history.close();
    }
  };
}

describe('samples', () => {
  test('come back in the order of time, within the span asked for', opened((history, target) => {
    for (const at of [3000, 1000, 2000]) history.record(target, { at: START + at, value: at, start: START });
    assert.deepEqual(history.samples(target, START).map(({ value }) => value), [1000, 2000, 3000]);
    assert.deepEqual(history.samples(target, START + 1500, START + 2000).map(({ value }) => value), [2000]);
    assert.deepEqual(history.latest(target), { at: START + 3000, value: 3000, start: START });
  }));

  test('of one target are not another\'s, and a target is one, however often it is named', opened((history, target) => {
    const other = history.target('http://127.0.0.1:7070');
    history.record(other, { at: START, value: 7, start: 0 });
    assert.equal(history.target(SERVICE), target);
    assert.equal(history.latest(target), null);
    assert.deepEqual(history.knownTargets().map(({ url }) => url), [SERVICE, 'http://127.0.0.1:7070']);
  }));

  test('are also kept as spans with their trough, peak, last value and number', opened((history, target) => {
    [[0, 5], [10_000, 3], [20_000, 9], [FINE - 1, 4]].forEach(([at, value]) => history.record(target, { at: START + at, value, start: START }));
    history.record(target, { at: START + FINE, value: 1, start: START });
    assert.deepEqual(history.buckets(target, FINE, START), [
      { at: START, value: 3, start: START, high: 9, last: 4, count: 4 },
      { at: START + FINE, value: 1, start: START, high: 1, last: 1, count: 1 },
    ]);
    assert.deepEqual(history.buckets(target, COARSE, START), [{ at: START, value: 1, start: START, high: 9, last: 1, count: 5 }]);
  }));

  test('of two processes within one span stay apart: a restart is not a trough', opened((history, target) => {
    history.record(target, { at: START, value: 900, start: START - DAY });
    history.record(target, { at: START + 10_000, value: 12, start: START + 5000 });
    assert.deepEqual(history.buckets(target, FINE, START).map(({ value, start }) => ({ value, start })), [{ value: 900, start: START - DAY }, { value: 12, start: START + 5000 }]);
  }));

  for (const wrong of [{ value: NaN }, { value: -1 }, { value: Infinity }, { at: 1.5 }, { at: -1 }, { start: NaN }]) {
    test(`that are none are refused: ${Object.entries(wrong).map(([name, value]) => `${name} ${value}`).join()}`, opened((history, target) => {
      assert.throws(() => history.record(target, { at: START, value: 1, start: 0, ...wrong }), { code: 'ERR_STORE_SAMPLE' });
      assert.equal(history.latest(target), null);
    }));
  }
});

test('the curve is as fine as what is kept for that long', opened((history, target) => {
  const now = START + 100 * DAY;
  for (let at = START; at <= now; at += 3_600_000 / 2) history.record(target, { at, value: 1, start: START });
  const step = (days: number): number => {
    const [first, second] = history.curve(target, now - days * DAY, now, now);
    return second.at - first.at;
  };
  assert.deepEqual([step(1), step(30), step(90)], [3_600_000 / 2, 3_600_000 / 2, COARSE]);
  const point = (days: number): number => Object.keys(history.curve(target, now - days * DAY, now, now)[0]).length;
  assert.deepEqual([point(1), point(30)], [3, 6], 'scrapes, then spans');
}));

describe('profiles', () => {
  const stacks = (...counts: [string, number][]) => counts.map(([key, count]) => ({ key, frames: [{ function: key }], count }));

  test('come back with their stacks, most frequent first', opened((history, target) => {
    const id = history.recordProfile(target, START, 0, stacks(['a', 1], ['b', 5]));
    assert.deepEqual(history.stacks(id), stacks(['b', 5], ['a', 1]));
    assert.deepEqual(history.profiles(target), [{ id, at: START, start: 0, total: 6 }]);
  }));

  test('are found by the time they are nearest to, and by their process', opened((history, target) => {
    assert.equal(history.profileNearest(target, START), null);
    const [first, second, third] = [0, 1000, 5000].map((after) => history.recordProfile(target, START + after, after === 0 ? 1 : 2, stacks(['a', 1])));
    const nearest = (after: number): number | undefined => history.profileNearest(target, START + after)?.id;
    assert.deepEqual([-1e6, 0, 499, 500, 501, 3001, 1e9].map(nearest), [first, first, first, first, second, third, third]);
    assert.equal(history.firstProfile(target, 2, START + 5000)?.id, second);
    assert.equal(history.firstProfile(target, 2, START + 1000), null);
    assert.equal(history.firstProfile(target, 3, START + 5000), null);
  }));

  test('of the same moment replace each other', opened((history, target) => {
    history.recordProfile(target, START, 0, stacks(['a', 1]));
    const id = history.recordProfile(target, START, 0, stacks(['b', 2]));
    assert.deepEqual(history.stacks(id), stacks(['b', 2]));
    assert.equal(history.profiles(target).length, 1);
  }));
});

describe('incidents', () => {
  test('are opened once, renewed, and closed', opened((history, target) => {
    const id = history.openIncident(target, START, { perHour: 3 });
    assert.equal(history.openIncident(target, START + 1000, { perHour: 4 }), id);
    assert.deepEqual(history.openIncidentOf(target), { id, target, opened: START, closed: null, detail: { perHour: 4 }, acknowledged: null });
    history.closeIncident(target, START + 2000);
    assert.equal(history.openIncidentOf(target), null);
    assert.notEqual(history.openIncident(target, START + 3000, {}), id);
    assert.deepEqual(history.incidents(target).map(({ opened, closed }) => [opened - START, closed === null ? null : closed - START]), [[3000, null], [0, 2000]]);
    assert.equal(history.incidents().length, 2);
  }));
});

describe('what gets old', () => {
  test('goes: scrapes first, then the fine spans; the coarse ones stay for a year', opened((history, target) => {
    for (let day = 0; day <= 420; day++) history.record(target, { at: START + day * DAY, value: day, start: START });
    const now = START + 420 * DAY;
    history.expire(target, now);
    assert.deepEqual([history.samples(target, 0).length, history.buckets(target, FINE, 0).length, history.buckets(target, COARSE, 0).length], [3, 61, 401]);
  }));

  test('of profiles, fewer and fewer are kept, but the first and last of each process', opened((history, target) => {
    const hours = 24 * 70;
    const restart = START + 20 * DAY + 1;
    for (let hour = 0; hour < hours; hour++) {
      const at = START + hour * 3_600_000;
      history.recordProfile(target, at, at < restart ? START : restart, [{ key: `k${hour}`, frames: null, count: 1 }]);
    }
    history.expire(target, START + hours * 3_600_000);
    const kept = history.profiles(target);
    assert.ok(kept.length > 60 && kept.length < 200, `${kept.length} of ${hours}`);
    assert.ok(kept.some(({ at }) => at === START + 20 * DAY), 'the last before the restart');
    assert.ok(kept[0].at >= START + 10 * DAY, 'none is older than it may be');
    for (const { id } of kept) assert.equal(history.stacks(id).length, 1, 'what is kept is whole');
  }));

  test('of a service that crashes all day, profiles become fewer, too', opened((history, target) => {
    const minutes = 4 * 24 * 60;
    for (let minute = 0; minute < minutes; minute++) history.recordProfile(target, START + minute * 60_000, START + minute * 60_000, []);
    history.expire(target, START + minutes * 60_000);
    const kept = history.profiles(target).length;
    assert.ok(kept > 6 * 60 && kept < 1000, `${kept} of ${minutes}`);
  }));

  test('of targets that are watched no more, the history goes as it ages, and with the last of it the target', opened((history, target) => {
    const gone = history.target('http://10.0.0.9:6060');
    for (const each of [target, gone]) {
      history.record(each, { at: START, value: 5, start: 0 });
      history.recordProfile(each, START, 0, [{ key: 'a', frames: null, count: 1 }]);
      history.groups.record([{ group: history.groups.follow(each, [{ key: 'g', stack: {} }]).get('g')!, at: START, value: 5, start: 0, lasting: true }]);
    }
    history.openIncident(gone, START, {});
    history.expireUnwatched(gone, START + DAY);
    assert.notEqual(history.openIncidentOf(gone), null, 'another watcher may be watching it');
    history.expireUnwatched(gone, START + 3 * DAY);
    assert.deepEqual([history.samples(gone, 0).length, history.samples(target, 0).length, history.buckets(gone, COARSE, 0).length], [0, 1, 1]);
    assert.equal(history.openIncidentOf(gone), null, 'nobody will say that it is over');
    history.expireUnwatched(gone, START + 500 * DAY);
    assert.deepEqual(history.knownTargets().map(({ id }) => id), [target]);
    assert.equal(history.groups.of(target, 0).length, 1);
    const again = history.target('http://10.0.0.9:6060');
    assert.deepEqual([history.samples(again, 0), history.groups.of(again, 0)], [[], []], 'it may come again');
  }));
});

describe('the file', () => {
  test('is there when it is opened again', () => {
    const file = join(room, 'again.db');
    const first = new History(file);
    first.record(first.target(SERVICE), { at: START, value: 5, start: 0 });
    first.close();
    const second = new History(file);
    assert.deepEqual(second.latest(second.target(SERVICE)), { at: START, value: 5, start: 0 });
    second.close();
  });

  test('that is no history is refused and left as it is', () => {
    const file = join(room, 'letter.txt');
    writeFileSync(file, 'Dear Sir or Madam, '.repeat(500));
    assert.throws(() => new History(file), { code: 'ERR_STORE_OPEN', message: /letter\.txt can't be opened.*--db/ });
  });

  test('in a folder that is not there is refused with its name', () => {
    assert.throws(() => new History(join(room, 'nowhere/at/all.db')), { code: 'ERR_STORE_OPEN', message: /all\.db/ });
  });

  test('of a newer version is refused', () => {
    const file = join(room, 'newer.db');
    const db = new Database(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    assert.throws(() => new History(file), { code: 'ERR_STORE_VERSION', message: /version 99/ });
  });

  test('has everything that was recorded, whenever the process is killed', async () => {
    const file = join(room, 'killed.db');
    const writer = fileURLToPath(new URL('writer-process.js', import.meta.url));
    const acknowledged: number[] = [];
    for (let round = 0; round < 10; round++) {
      const child = spawn(process.execPath, [writer, file, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
      const lines = createInterface({ input: child.stdout });
      const enough = 1 + Math.floor(Math.random() * 200);
      let seen = 0;
      for await (const line of lines) {
        acknowledged.push(Number(line));
        if (++seen === enough) child.kill('SIGKILL');
      }
    }
    const history = new History(file);
    const target = history.target(SERVICE);
    const kept = new Map(history.samples(target, 0).map((sample): [number, Sample] => [sample.at, sample]));
    assert.ok(acknowledged.length >= 10);
    for (const at of acknowledged) assert.equal(kept.get(at)?.value, at % 1000, `the sample at ${at} is lost`);
    const inBuckets = history.buckets(target, FINE, 0).reduce((sum, { count }) => sum + count, 0);
    assert.equal(inBuckets, kept.size, 'a scrape is in all resolutions or in none');
    history.close();
  });
});
