// Evaluates what the watcher finds by cohorts: programs as their goroutines, healthy ones and leaks of every kind,
// watched for two hours each, in a moment. Prints how many are found, how soon, and how many healthy ones are reported.
//
//   node scripts/evaluate-cohorts.mjs --seeds 20        so many of each
//                                     --seed 300000     the first seed
//                                     --only TEXT       only classes with that in their name
//                                     --hours 2         how long each is watched
//                                     --verbose         says what was wrong
//
// It uses the output of `npx tsc -b`.
import { parseArgs } from 'node:util';
import { HEALTHY, healthyProgram, LEAKS, leakingProgram } from '../packages/watch/dist-test/monitor/cohort-programs.js';
import { cohortTrial } from '../packages/watch/dist-test/monitor/cohort-trial.js';
import { Random } from '../packages/watch/dist-test/detect/series/random.js';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '20' }, seed: { type: 'string', default: '300000' }, only: { type: 'string', default: '' }, hours: { type: 'string', default: '2' }, verbose: { type: 'boolean', default: false } } });
const HOUR = 3_600_000;
const until = Number(values.hours) * HOUR;
const began = performance.now();
let looks = 0;

const run = (program, seed) => {
  const random = new Random(seed ^ 0x51ed27);
  const trial = cohortTrial(program, until, () => random.next(), random.between(0, 10_000));
  looks += trial.looks;
  return trial;
};
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => Number(values.seed) + i);

const healthy = {};
for (const name of Object.keys(HEALTHY).filter((each) => each.includes(values.only))) {
  const row = (healthy[name] = { programs: seeds.length, 'reported as leaking': 0 });
  for (const seed of seeds) {
    const { found, reason } = run(healthyProgram(name, seed, until), seed);
    if (found === null) continue;
    row['reported as leaking']++;
    if (values.verbose) console.log(`${name}/${seed} after ${(found / 60_000).toFixed(1)} min: ${reason}`);
  }
}
if (Object.keys(healthy).length > 0) console.table(healthy);

const PACES = [{ perHour: 4 }, { perHour: 20 }, { perHour: 60 }, { perHour: 1800 }, { perHour: 20, isEven: false }, { perHour: 26, beside: [6, 28] }];
const leaks = {};
for (const name of Object.keys(LEAKS).filter((each) => each.includes(values.only))) {
  const row = (leaks[name] = {});
  for (const { perHour, ...options } of PACES) {
    const delays = [];
    for (const seed of seeds) {
      const { found, onset } = { ...leakingProgram(name, perHour, seed, { ...options, until }), ...run(leakingProgram(name, perHour, seed, { ...options, until }), seed) };
      delays.push(found === null ? Infinity : (found - onset) / 60_000);
    }
    delays.sort((a, b) => a - b);
    const shown = (delay) => (delay === Infinity ? 'never' : delay.toFixed(0));
    row[`${perHour}/h${options.isEven === false ? ' at random' : ''}${options.beside === undefined ? '' : ' beside others'}`] = `${shown(delays[delays.length >> 1])} (${shown(delays.at(-1))})`;
  }
}
if (Object.keys(leaks).length > 0) {
  console.log('minutes from the first leaked one until it is found: the median (the latest)');
  console.table(leaks);
}
console.log(`${looks} looks, ${((performance.now() - began) / looks).toFixed(2)} ms each`);
