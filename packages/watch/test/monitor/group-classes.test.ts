/** Groups as they are in programs: a small version of scripts/evaluate-groups.mjs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classes, groupSeries } from './group-classes.js';
import { HOUR } from './group-course.js';
import { groupTrial } from './group-trial.js';

test('every class has series, and the same arguments make the same', () => {
  for (const name of classes) {
    const [one, other] = [groupSeries(name, 'wide', 7), groupSeries(name, 'wide', 7)];
    const courses = ({ groups }: typeof one): number[] => Object.values(groups).flatMap((course) => [0, 5, 11].map((hours) => course(hours * HOUR)));
    assert.deepEqual(courses(one), courses(other), name);
    assert.ok(courses(one).every((count) => Number.isFinite(count)), name);
  }
});

const DAY_AND_A_HALF = 36 * HOUR;

for (const name of ['pool_resized', 'renamed_by_deploys', 'switched_on', 'few_and_wandering']) {
  test(`no false alarm: ${name.replaceAll('_', ' ')}`, async () => {
    const series = groupSeries(name, 'wide', 300_001);
    assert.equal((await groupTrial({ ...series, length: DAY_AND_A_HALF })).found, null, series.id);
  });
}

for (const name of ['linear_with_restarts', 'starts_midway', 'gaps_and_jitter']) {
  test(`found: ${name.replaceAll('_', ' ')}`, async () => {
    const series = groupSeries(name, 'near', 300_000);
    const { found } = await groupTrial(series);
    assert.ok(found !== null && found >= (series.onset ?? Infinity), `${series.id}: ${found}`);
  });
}
