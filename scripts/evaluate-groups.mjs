// Evaluates the detection of leaking stack groups as the watcher does it, from profile to profile, every five
// minutes: whether and how soon a leaking group is found, and whether another group is reported.
//
//   node scripts/evaluate-groups.mjs --seeds 5            so many of each class in both ranges (about a second each)
//                                    --seed 200000        the first seed
//                                    --class pool_resized only this class
//
// It uses the output of `npx tsc -b`. Series end after six days; a leak that would be found later counts as missed.
import { parseArgs } from 'node:util';
import { classes, groupSeries } from '../packages/watch/dist-test/monitor/group-classes.js';
import { groupTrial } from '../packages/watch/dist-test/monitor/group-trial.js';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '5' }, seed: { type: 'string', default: '200000' }, class: { type: 'string' } } });
const HOUR = 3_600_000;

const rows = {};
let profiles = 0;
const began = process.cpuUsage();
for (const name of values.class === undefined ? classes : [values.class]) {
  const row = (rows[name] = { series: 0, leaking: 0, found: 0, 'false alarms': 0, 'median h': '', 'latest h': '', wrong: '' });
  const delays = [];
  for (const range of ['near', 'wide']) {
    for (let i = 0; i < Number(values.seeds); i++) {
      const series = groupSeries(name, range, Number(values.seed) + i);
      const trial = await groupTrial(series);
      profiles += trial.profiles;
      row.series++;
      if (series.onset !== null) row.leaking++;
      if (trial.found === null) {
        if (series.onset !== null) row.wrong += ` ${series.id} missed after ${Math.round((series.length - series.onset) / HOUR)} h`;
      } else if (series.onset === null || trial.found < series.onset) {
        row['false alarms']++;
        row.wrong += ` ${series.id} at ${(trial.found / HOUR).toFixed(1)} h`;
      } else {
        row.found++;
        delays.push((trial.found - series.onset) / HOUR);
      }
    }
  }
  delays.sort((a, b) => a - b);
  if (delays.length > 0) Object.assign(row, { 'median h': delays[delays.length >> 1].toFixed(1), 'latest h': delays.at(-1).toFixed(1) });
}
console.table(rows);
const { user, system } = process.cpuUsage(began);
const sum = (column) => Object.values(rows).reduce((total, row) => total + row[column], 0);
console.log(`${sum('series')} series, ${profiles} profiles: ${sum('found')} of ${sum('leaking')} leaks found, ${sum('false alarms')} false alarms; ${((user + system) / 1000 / profiles).toFixed(2)} ms CPU a profile`);
