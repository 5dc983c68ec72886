/**
 * `npm run fuzz -- --seed N --cases 100000 --only TEXT`: so many cases over all targets, cheap ones more often. A case that
 * does not hold is made small and printed, and the exit status is 1. One that takes a second counts as a hang.
 */

import { parseArgs } from 'node:util';
import fc from 'fast-check';
import type { FuzzTarget } from '../../../watertight/dist-test/fuzz/target.js';
import { TEXT_TARGETS } from '../../../watertight/dist-test/fuzz/text-targets.js';
import { WIRE_TARGETS } from '../../../watertight/dist-test/fuzz/wire-targets.js';
import { WATCH_TARGETS } from './targets.js';

const { values } = parseArgs({ options: { seed: { type: 'string' }, cases: { type: 'string', default: '100000' }, only: { type: 'string', default: '' } } });
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
const targets = [...(WIRE_TARGETS as unknown as FuzzTarget[]), ...TEXT_TARGETS, ...WATCH_TARGETS].filter(({ name }) => name.includes(values.only));
const share = Number(values.cases) / targets.reduce((sum, { cost }) => sum + 1 / cost, 0);
/** Milliseconds of CPU for one case; a busy machine may take longer. */
const HANG_MS = 1000;

process.on('unhandledRejection', (reason) => {
  throw reason;
});
console.log(`fuzz: seed ${seed}, ${values.cases} cases, Node ${process.version}`);
let total = 0;
for (const { name, cost, cases, check } of targets) {
  const started = performance.now();
  const numRuns = Math.max(10, Math.round(share / cost));
  const property = fc.asyncProperty(cases, async (value) => {
    const { user } = process.cpuUsage();
    await check(value);
    const took = (process.cpuUsage().user - user) / 1000;
    if (took > HANG_MS) throw new Error(`it took ${took.toFixed(0)} ms`);
  });
  const result = await fc.check(property, { seed, numRuns });
  total += result.numRuns;
  console.log(`${name.padEnd(28)} ${String(result.numRuns).padStart(9)} cases ${((performance.now() - started) / 1000).toFixed(1).padStart(8)} s${result.failed ? '  FAILED' : ''}`);
  if (result.failed) {
    const [value] = result.counterexample ?? [];
    console.log(`FOUND with --seed ${seed} --only '${name}':\n${JSON.stringify(value)}\n${String((result.errorInstance as Error).stack)}`);
    process.exitCode = 1;
  }
}
console.log(`${total} cases, ${process.exitCode === 1 ? 'not all of which held' : 'all of which held'}.`);
