/** What is found by cohorts, and how soon, in programs of many kinds; `scripts/evaluate-cohorts.mjs` tries many of each. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Random } from '../detect/series/random.js';
import { HEALTHY, healthyProgram, HOUR, LEAKS, leakingProgram, MINUTE, type SimulatedProgram } from './cohort-programs.js';
import { cohortTrial, type CohortTrial } from './cohort-trial.js';

const SEEDS = [300_000, 300_002, 300_003];

function trial(program: SimulatedProgram, seed: number, hours: number): CohortTrial {
  const random = new Random(seed ^ 0x51ed27);
  return cohortTrial(program, hours * HOUR, () => random.next(), random.between(0, 10_000));
}

describe('each kind of leak', () => {
  const BARS: readonly [perHour: number, minutes: number, hours: number][] = [[20, 15, 1], [1800, 15, 1], [4, 120, 2.5]];
  for (const name of Object.keys(LEAKS)) {
    test(`${name}: of 20 an hour or more within a quarter of an hour, of 4 an hour within two hours`, () => {
      for (const [perHour, minutes, hours] of BARS) {
        const program = leakingProgram(name, perHour, SEEDS[0], { until: hours * HOUR });
        const { found } = trial(program, SEEDS[0], hours);
        assert.ok(found !== null && found >= program.onset! && found - program.onset! <= minutes * MINUTE, `${perHour}/h: ${found === null ? 'never' : (found - program.onset!) / MINUTE} min`);
      }
    });
  }

  test('beside 6 to 28 others of the same stack that come and go', () => {
    for (const seed of SEEDS) {
      const program = leakingProgram('channel send', 26, seed, { beside: [6, 28] });
      const { found } = trial(program, seed, 2);
      assert.ok(found !== null && found >= program.onset!, String(seed));
    }
  });
});

describe('healthy for two hours', () => {
  for (const name of Object.keys(HEALTHY)) {
    // 10,000 of them take seconds.
    const seeds = name.startsWith('10,000') ? SEEDS.slice(0, 1) : SEEDS;
    test(name, () => {
      for (const seed of seeds) assert.deepEqual(trial(healthyProgram(name, seed), seed, 2).reason, '', String(seed));
    });
  }
});
