/** Series of which only some was seen: what is compared must have been seen, and nothing is found in what was not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Assessor, type Sample } from '@watertight/watch';
import { generate, healthy } from './series/classes.js';
import { thinned, ways } from './series/thinned.js';

/** Hours after the first sample at which it is said to leak; null for never. */
function foundAt(samples: readonly Sample[]): number | null {
  const assessor = new Assessor();
  for (const sample of samples) {
    assessor.add(sample);
    if (assessor.leaking) return (sample[0] - (samples[0]?.[0] ?? 0)) / 3600;
  }
  return null;
}

describe('healthy series of every class are healthy, though they are seen', () => {
  for (const way of Object.keys(ways)) {
    test(way.replaceAll('_', ' '), () => {
      for (const name of Object.keys(healthy)) {
        for (const seed of [1, 5, 9, 12]) {
          const { id, samples } = thinned(generate(name, 'wide', 1000 + seed), way, 1000 + seed);
          assert.equal(foundAt(samples), null, id);
        }
      }
    });
  }
});

/** Counts by hour, ten minutes apart, in those hours only. */
function seenIn(hours: readonly (readonly [from: number, to: number])[], level: (hour: number) => number): Sample[] {
  return hours.flatMap(([from, to]) => Array.from({ length: (to - from) * 6 }, (_, i): Sample => [(from + i / 6) * 3600, Math.round(level(from + i / 6)), 0]));
}

describe('the same hour of the day before', () => {
  const days = (from: number, to: number): [number, number][] => Array.from({ length: 6 }, (_, day) => [day * 24 + from, day * 24 + to]);

  test('says nothing by a few blocks after a hole, where hardly anything of the day was seen', () => {
    // Busy for once, after hours in which nobody looked.
    assert.equal(foundAt(seenIn([...days(0, 4), ...days(20, 24), [144, 146]].sort(([a], [b]) => a - b) as [number, number][], (hour) => (hour > 143 ? 220 : 10 + (hour % 5)))), null);
  });

  test('says nothing of what may have come at once in a hole', () => {
    const hours = days(0, 12);
    assert.equal(foundAt(seenIn(hours, (hour) => 100 + 40 * Math.sin(hour / 3.82) + (hour > 84 ? 90 : 0))), null);
  });

  test('finds a leak that is seen by day only', () => {
    const found = foundAt(seenIn(days(0, 12), (hour) => 100 + 40 * Math.sin(hour / 3.82) + 3 * hour));
    assert.ok(found !== null && found < 72, String(found));
  });
});
