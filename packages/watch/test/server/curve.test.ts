/** Curves, restarts and trough lines for the dashboard. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { curveOf, restartsIn, thresholdAt, troughLine } from '#server';

const series = (...points: [at: number, value: number, start?: number][]) => points.map(([at, value, start = 0]) => ({ at, value, start }));

describe('a curve', () => {
  test('of few points is all of them', () => {
    assert.deepEqual(curveOf(series([1, 5], [2, 7]), 10), { times: [1, 2], low: [5, 7], high: [5, 7] });
  });

  test('of many keeps the troughs and the peaks', () => {
    const { times, low, high } = curveOf(series(...Array.from({ length: 100 }, (_, i): [number, number] => [i, i === 50 ? 999 : i === 51 ? 0 : 10])), 10);
    assert.equal(times.length, 10);
    assert.equal(Math.max(...high), 999);
    assert.equal(Math.min(...low), 0);
  });

  test('puts nothing together across a restart', () => {
    assert.deepEqual(curveOf(series([1, 900, 1], [2, 3, 2], [3, 4, 2], [4, 5, 2]), 2), { times: [1, 2, 4], low: [900, 3, 5], high: [900, 4, 5] });
  });
});

test('a restart is where another process answers first', () => {
  assert.deepEqual(restartsIn(series([1, 5, 1], [2, 5, 1], [3, 1, 3], [4, 2, 3])), [3]);
});

describe('the trough line', () => {
  test('has the pace of the verdict and no sample below it', () => {
    const hour = 3_600_000;
    const line = troughLine(series([0, 500, 0], [0, 10, 1], [hour, 25, 1], [2 * hour, 30, 1]), 0, 10);
    assert.deepEqual(line, { from: [0, 10], to: [2 * hour, 30] });
  });

  test('is not there without a leak, or before there is anything to fit', () => {
    assert.equal(troughLine(series([0, 1], [1, 2]), null, 10), null);
    assert.equal(troughLine([], 0, 10), null);
    assert.equal(troughLine(series([0, 1]), 0, 10), null);
  });
});

test('a threshold fires at the first peak that meets it, or never', () => {
  assert.equal(thresholdAt([{ at: 1, value: 5, start: 0 }, { at: 2, value: 5, start: 0, high: 1000, last: 5, count: 3 }], 1000), 2);
  assert.equal(thresholdAt(series([1, 999]), 1000), null);
});
