/** Spreading scrapes over the interval. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { phaseOf } from '#monitor';

test('a thousand targets are spread evenly, and each keeps its place', () => {
  const buckets = new Array<number>(10).fill(0);
  for (let i = 0; i < 1000; i++) {
    const phase = phaseOf(`http://10.0.0.${i % 250}:${6000 + i}/debug/pprof/`, 10_000);
    assert.ok(phase >= 0 && phase < 10_000);
    buckets[Math.floor(phase / 1000)]++;
  }
  assert.ok(Math.min(...buckets) > 60 && Math.max(...buckets) < 140, buckets.join());
  assert.equal(phaseOf('http://h/', 10_000), phaseOf('http://h/', 10_000));
});
