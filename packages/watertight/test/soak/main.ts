/** `npm run soak -- --seed N --seconds 60 --concurrency 48 --only TEXT`: prints what came of each fault; the exit status is 1 if something was found. */

import { parseArgs } from 'node:util';
import { mb, Soak } from './soak.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    concurrency: { type: 'string', default: '48' },
    only: { type: 'string', default: '' },
    watchdog: { type: 'string', default: '120000' },
  },
});
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
console.log(`soak: seed ${seed}, ${values.seconds} s, Node ${process.version}`);
const started = performance.now();
const { outcomes, rounds, growth } = await Soak.run({
  seed,
  seconds: Number(values.seconds),
  concurrency: Number(values.concurrency),
  only: new RegExp(values.only),
  watchdog: Number(values.watchdog),
  log: (line) => console.log(line),
});
const seconds = (performance.now() - started) / 1000;
console.log(`\n${outcomes.table()}\n`);
console.log(`${outcomes.total} requests in ${seconds.toFixed(0)} s and ${rounds.length} rounds; ${outcomes.faults.length} kinds of fault.`);
console.log(`Growth from the second third of the rounds to the last: heap ${mb(growth.heap)} (${growth.perRequest.toFixed(2)} bytes a request), buffers ${mb(growth.external)}.`);
if (outcomes.findings.length === 0) console.log('Nothing found: no hang, nothing unheard, nothing left behind.');
else {
  console.log(`FOUND with --seed ${seed}:\n  ${outcomes.findings.join('\n  ')}`);
  process.exitCode = 1;
}
