/** The clock: monotonic, and translated for people. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { now, toEpoch } from '#tasks';

test('the clock does not follow a step of the wall clock', (t) => {
  const before = now();
  t.mock.method(Date, 'now', () => 0);
  assert.ok(now() >= before);
});

test('a reading is told as milliseconds since 1970', () => {
  const earliest = Date.now() - 1000;
  const told = toEpoch(now());
  assert.ok(told > earliest && told < earliest + 60_000, `${told} is not about now`);
});
