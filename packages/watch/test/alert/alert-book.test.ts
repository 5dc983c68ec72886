/** Which alerts are open. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AlertBook } from '#alert';
import type { GroupReport, TargetReport } from '#monitor';
import { HEALTHY, LEAKING } from './report.js';

test('an alert opens once, follows the reports, and closes when the target is healthy', () => {
  const book = new AlertBook();
  assert.equal(book.take(HEALTHY, 1), null);
  const opened = book.take(LEAKING, 2);
  assert.deepEqual([opened?.startsAt, opened?.endsAt], [2, null]);
  assert.equal(book.take({ ...LEAKING, count: 400 }, 3), null);
  assert.deepEqual(book.open.map(({ id, report }) => [id, report.count]), [[opened?.id, 400]]);
  const closed = book.take(HEALTHY, 4);
  assert.deepEqual([closed?.id, closed?.endsAt, closed?.report.count], [opened?.id, 4, 400]);
  assert.deepEqual([book.open.length, book.resolved(5).length, book.resolved(4 + 15 * 60_000).length], [0, 1, 0]);
});

test('a target that does not answer has not recovered', () => {
  const book = new AlertBook();
  book.take(LEAKING, 1);
  assert.equal(book.take({ ...HEALTHY, up: false }, 2), null);
  assert.equal(book.open.length, 1);
});

test('a second leak of a target is another alert, and takes the place of the first', () => {
  const book = new AlertBook();
  const first = book.take(LEAKING, 1);
  book.take(HEALTHY, 2);
  const second = book.take(LEAKING, 3);
  assert.notEqual(first?.id, second?.id);
  assert.equal(book.resolved(3).length, 0, 'Alertmanager would take the one for the other');
});

test('targets are kept apart; one that is watched no more is closed', () => {
  const book = new AlertBook();
  book.take(LEAKING, 1);
  book.take({ ...LEAKING, url: 'http://cart:6060' }, 1);
  assert.deepEqual(book.retain(new Set(['http://cart:6060']), 2).map(({ report, endsAt }) => [report.url, endsAt]), [['http://shop:6060', 2]]);
  assert.deepEqual(book.open.map(({ report }) => report.url), ['http://cart:6060']);
});

test('a leak that an earlier run saw has the same alert', () => {
  const before = new AlertBook().take(LEAKING, 1);
  const after = new AlertBook().take(LEAKING, 99, () => 1);
  assert.deepEqual([after?.id, after?.startsAt], [before?.id, 1]);
});

const silenced = (until: number): TargetReport => ({ ...LEAKING, silence: { until, all: false } });
const ACKNOWLEDGED: TargetReport = { ...LEAKING, incident: { opened: 1, closed: null, acknowledged: { by: 'Ann', at: 2, note: '' } } };
const [GROUP] = LEAKING.groups;
const at = (line: number): readonly GroupReport[] => [{ ...GROUP, site: { function: 'order', file: '/app/order.js', line, address: '' } }];

describe('a target that is silenced', () => {
  test('sends its alert when the silence ends, and then as usual', () => {
    const book = new AlertBook();
    assert.equal(book.take(silenced(10), 1), null);
    assert.deepEqual([book.open.length, book.told.length], [1, 0]);
    assert.deepEqual(book.due(9), []);
    assert.deepEqual(book.due(10).map(({ startsAt, endsAt }) => [startsAt, endsAt]), [[1, null]]);
    assert.deepEqual([book.due(11), book.take(LEAKING, 12), book.told.length], [[], null, 1]);
    assert.equal(book.take(HEALTHY, 13)?.endsAt, 13);
  });

  test('sends it with the next report where the silence is lifted', () => {
    const book = new AlertBook();
    book.take(silenced(10), 1);
    assert.equal(book.take(LEAKING, 2)?.startsAt, 1);
  });

  test('sends nothing of a leak that begins and ends meanwhile', () => {
    const book = new AlertBook();
    book.take(silenced(10), 1);
    assert.equal(book.take({ ...HEALTHY, silence: { until: 10, all: true } }, 2), null);
    assert.deepEqual([book.due(10), book.resolved(3)], [[], []]);
  });

  test('sends of a leak that was told of before no other line, but its end', () => {
    const book = new AlertBook();
    book.take(LEAKING, 1);
    assert.equal(book.take({ ...silenced(10), groups: at(7) }, 2), null);
    assert.equal(book.told.length, 1, 'Alertmanager would say that it is over');
    assert.equal(book.take({ ...HEALTHY, silence: { until: 10, all: false } }, 3)?.endsAt, 3);
  });

  test('is told of again at the end of the silence if the leak goes on, once, by the same line or another', () => {
    for (const groups of [LEAKING.groups, at(7)]) {
      const book = new AlertBook();
      book.take(LEAKING, 1);
      book.take({ ...silenced(10), groups }, 2);
      assert.equal(book.due(10).length, 1);
      assert.equal(book.take({ ...LEAKING, groups }, 11), null);
    }
  });
});

describe('a leak that somebody has acknowledged', () => {
  test('is not told of again, whatever line is found, but its end is', () => {
    const book = new AlertBook();
    book.take(LEAKING, 1);
    assert.equal(book.take(ACKNOWLEDGED, 2), null);
    assert.equal(book.take({ ...ACKNOWLEDGED, groups: at(7) }, 3), null);
    assert.equal(book.take({ ...HEALTHY, incident: { opened: 1, closed: 4 } }, 4)?.endsAt, 4);
    assert.equal(book.take(LEAKING, 5)?.startsAt, 5, 'the next leak is another');
  });

  test('is told of as before where that is taken back: at once if something was kept, else not', () => {
    for (const [groups, told] of [[at(7), true], [LEAKING.groups, false]] as const) {
      const book = new AlertBook();
      book.take(LEAKING, 1);
      book.take({ ...ACKNOWLEDGED, groups }, 2);
      assert.equal(book.take({ ...LEAKING, groups }, 3) !== null, told);
    }
  });

  test('during a silence is not told of when the silence ends', () => {
    const book = new AlertBook();
    book.take(silenced(10), 1);
    book.take({ ...ACKNOWLEDGED, silence: { until: 10, all: false } }, 2);
    assert.deepEqual(book.due(10), []);
  });

  test('is not told of by a watcher that was started again, but its end is', () => {
    const book = new AlertBook(50);
    assert.equal(book.take(ACKNOWLEDGED, 51, () => 1), null);
    assert.equal(book.take(HEALTHY, 52)?.endsAt, 52);
  });
});
