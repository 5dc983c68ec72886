/** Which alerts are open. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlertBook } from '#alert';
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
