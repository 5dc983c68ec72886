// Tests durability: it kills a watcher and its services with SIGKILL at random moments, beside a watcher that is
// never killed, and checks that nothing is lost and that both reach the same verdicts.
//
//   node scripts/kill-watcher.mjs --times 100     how often; default 100: some five minutes
//                                 --seed 1        the seed of the random moments; default: the present time
//                                 --no-go         without the Go services, which need Go
//                                 --quiet         without a line for each kill
//
// The exit status is 1 if a check failed. It uses the output of `npx tsc -b`.
import { parseArgs } from 'node:util';
import { removeBuilt, withoutGo } from '../packages/watch/dist-test/fixtures/go-service.js';
import { killTrial } from '../packages/watch/dist-test/durability/kill-trial.js';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    times: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    go: { type: 'boolean', default: withoutGo === null },
    quiet: { type: 'boolean', default: false },
  },
});
const [times, seed] = [Number(values.times), Number(values.seed)];
if (!Number.isInteger(times) || times < 1 || !Number.isInteger(seed)) {
  console.error('--times is a whole number from 1 on, --seed a whole number.');
  process.exit(2);
}
if (values.go && withoutGo !== null) {
  console.error(`${withoutGo}: leave out the Go services with --no-go.`);
  process.exit(2);
}

console.log(`Node ${process.version}, ${times} kills, seed ${seed}, ${values.go ? 'Go and Node services' : 'Node services'}`);
// All started processes are ended at exit.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const began = Date.now();
const result = await killTrial({
  seed,
  times,
  go: values.go,
  onKill({ round, afterMs, scrapes, faults }) {
    if (!values.quiet || faults.length > 0) console.log(`kill ${round} after ${afterMs} ms: ${scrapes} scrapes kept${faults.length === 0 ? '' : `\n  ${faults.join('\n  ')}`}`);
  },
});

removeBuilt();
const { comparisons, faults, ...figures } = result;
console.log(JSON.stringify({ seconds: Math.round((Date.now() - began) / 1000), ...figures }));
const time = (ms) => (ms === null ? '' : new Date(ms).toISOString().slice(11, 21));
console.table(
  comparisons.flatMap(({ name, killed, twin }) =>
    [['killed', killed], ['twin', twin]].map(([which, { leaking, start, since, perHour, rule, line }]) => ({
      service: name, watcher: which, leaking, start: time(start), since: time(since), 'per hour': Math.round(perHour), rule, line: line?.replace(/ .*\//, ' ') ?? '',
    })),
  ),
);
for (const fault of faults) console.log(`FAULT ${fault}`);
console.log(faults.length === 0 ? 'nothing was lost, and the verdicts are the same' : `${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
