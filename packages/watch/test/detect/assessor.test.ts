/** The assessor's shortcuts: what it does not do again must be what it would have done. */
import { strict as assert } from 'node:assert';
import { suite, test } from 'node:test';
import { assess, Assessor, type Sample } from '@watertight/watch';
import { Blocks, stitch, Stitching } from '#detect';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Processes that live for `life` seconds in the mean, some of which leak; with gaps, and a rhythm of the day. */
function roughLife(seed: number, life: number, days = 31): Sample[] {
  let state = seed * 104_729;
  const random = (): number => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
  const samples: Sample[] = [];
  let start = 0;
  let level = 300;
  let pace = 0;
  for (let t = DAY; t < (days + 1) * DAY; t += 700 + 400 * random()) {
    if (random() < 0.001) t += 5 * HOUR * random();
    if (random() < 900 / life) {
      start = t - 400 * random();
      level = random() < 0.2 ? 300 * (1 + random()) : 300;
      pace = random() < 0.5 ? 0 : 30 * random();
    }
    level += (pace * 900) / HOUR;
    samples.push([t, Math.round(level + 40 * Math.sin((2 * Math.PI * t) / DAY) + 10 * random()), start]);
  }
  return samples;
}

suite('a history that is gone through at once', () => {
  for (const life of [0.7, 3, 10, 40, 200]) {
    test(`is stitched as each of its windows alone, where processes live for ${life} hours`, () => {
      const blocks = new Blocks(1 / 4, 200);
      const stitching = new Stitching();
      let run = -1;
      let start = -1;
      let restarts = 0;
      for (const [t, value, born] of roughLife(life, life * HOUR, 12)) {
        if (born !== start) run++;
        start = born;
        if (!blocks.add(t / HOUR, value, run, (t - born) / HOUR)) continue;
        const { columns, forgotten } = blocks;
        // Windows of 40 hours, fewer where there is no more: they leave runs behind, and parts of runs.
        const first = columns.time.findIndex((time) => time >= t / HOUR - 40);
        const stitched = stitch(columns, first);
        assert.deepEqual(stitching.upTo(columns, forgotten, first), stitched, `at ${t} s`);
        restarts += stitched.restarts.filter(({ drop }) => drop !== 0).length;
      }
      assert.ok(restarts > 0 || life === 200, 'nothing was stitched');
    });
  }

  for (const [name, life] of [['for hours', 4 * HOUR], ['for days', 5 * DAY]] as const) {
    test(`is judged as its samples are one by one, where processes live ${name}`, () => {
      const samples = roughLife(7, life);
      const one = new Assessor();
      const verdicts = new Set<boolean>();
      samples.forEach((sample, i) => {
        one.add(sample);
        // Prefixes that end anywhere: beside a restart, after a gap, before and after four weeks are full.
        if (i % 331 !== 0 && i !== samples.length - 1) return;
        assert.deepEqual(assess(samples.slice(0, i + 1)), one.assessment(), `at sample ${i}`);
        verdicts.add(one.leaking);
      });
      assert.equal(verdicts.size, 2, 'some prefix leaks and some does not, or the test would not see the difference');
    });
  }
});
