// Searches for unknown differences from Go: it generates scenarios, runs each three times through real Go, and runs
// those with the same counts each time through Watertight. Needs `go` on the PATH and a build (`npx tsc -b`):
//
//   node parity/compare-random.mjs [--seed 1] [--count 100]
//
// A difference is printed with its steps, to be reduced and added to ./scenarios. A difference that does not occur
// again was caused by a machine too busy for a step's cancelMs.
import { parseArgs } from 'node:util';
import { parseScenarios, runScenarios } from '../packages/watch/dist/lab/index.js';
import { withGo } from './go-program.mjs';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, count: { type: 'string', default: '100' } } });

/** Random numbers from 0 to 1, determined by the seed. */
let state = Number(values.seed);
function random() {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return (state >> 8) / 0x800000;
}
const chance = (probability) => random() < probability;
const pick = (choices) => choices[Math.floor(random() * choices.length)];

/** The possible numbers of bytes in a path; `hang` has no number. */
const sizes = {
  bytes: [0, 1, 5, 5000, 50000, 300000],
  chunked: [0, 500, 1000, 5000, 20000],
  close: [0, 5, 50000],
  gzip: [0, 10, 50000],
  status: [200, 204, 304, 404],
  redirect: [0, 1, 3, 9, 10],
  stall: [0, 10, 5000],
  barrier: [2, 3, 5],
  hang: ['x'],
};

/** The amounts that a step may read: never exactly the length of a chunked body, for which Go's counts vary. */
function amountOf(kind, n) {
  if (kind === 'stall') return pick(['none', 0, Math.max(0, n - 1), n]);
  if (kind === 'chunked') return pick(['none', 'all', Math.max(0, n - 1), n + 1]);
  const length = { bytes: n, close: n, barrier: 5000, redirect: 5000 }[kind] ?? 1000;
  return pick(['none', 'none', 'all', 'all', 0, 1, length, Math.max(0, length - 1), length + 1]);
}

function someRequest() {
  const kind = pick(['bytes', 'bytes', ...Object.keys(sizes)]);
  const n = pick(sizes[kind]);
  const step = { op: 'request', path: `/${kind}/${n}`, host: pick([0, 0, 0, 1, 2]), read: amountOf(kind, n), close: chance(0.45) };
  if (kind === 'barrier') Object.assign(step, { times: n, parallel: true });
  else step.times = pick([1, 1, 2, 3]);
  if (chance(0.12)) step.method = pick(['HEAD', 'POST', 'PUT', 'DELETE']);
  if (step.method !== undefined && step.method !== 'HEAD') step.body = pick([0, 1, 100, 70000]);
  if (chance(0.12)) step.connectionClose = true;
  if (kind === 'hang') return [{ ...step, cancelMs: 100 }];
  if (kind === 'stall' && chance(0.4)) return [{ ...step, read: 'all', cancelMs: 200 }];
  return chance(0.15) ? [{ ...step, cancelMs: 300 }, { op: 'wait', ms: 400 }] : [step];
}

function someStep() {
  return chance(0.3) ? [pick([{ op: 'closeIdle' }, { op: 'closeAll' }, { op: 'readAll' }, { op: 'wait', ms: 150 }])] : someRequest();
}

function someTransport() {
  const transport = {};
  if (chance(0.15)) transport.maxIdleConns = pick([0, 1, 2]);
  if (chance(0.3)) transport.maxIdleConnsPerHost = pick([-1, 1, 3, 8]);
  if (chance(0.1)) transport.disableKeepAlives = true;
  if (chance(0.1)) transport.disableCompression = true;
  if (chance(0.1)) transport.idleConnTimeoutMs = 50;
  return transport;
}

function someScenario(index) {
  const steps = Array.from({ length: pick([2, 3, 4, 5]) }, () => [...someStep(), ...(chance(0.5) ? [{ op: 'count' }] : [])]).flat();
  if (steps.at(-1).op !== 'count') steps.push({ op: 'count' });
  return { id: `random-${values.seed}-${index}`, transport: someTransport(), steps };
}

const scenarios = Array.from({ length: Number(values.count) }, (_, index) => someScenario(index));
const recorded = await withGo(({ record }) => record(scenarios, { runs: 3, lanes: 4 }));
console.error(`Go counts ${recorded.stable.length} of ${scenarios.length} the same every time`);

const isDifferent = (run) => 'failure' in run || String(run.outcome.counts) !== String(run.scenario.counts) || run.outcome.errors !== run.scenario.errors;
const first = (await runScenarios(parseScenarios(JSON.stringify(recorded.stable), 'random'), { lanes: 4 })).filter(isDifferent);
const different = first.length === 0 ? [] : (await runScenarios(first.map(({ scenario }) => scenario))).filter(isDifferent);
for (const run of different) {
  const { id, counts, errors } = run.scenario;
  const here = 'failure' in run ? run.failure : `${run.outcome.counts} with ${run.outcome.errors} errors`;
  console.log(`${id}: Go ${counts} with ${errors} errors, here ${here}`);
  const { transport, steps } = recorded.stable.find((scenario) => scenario.id === id);
  console.log(`  ${JSON.stringify(transport)}\n${steps.map((step) => `  ${JSON.stringify(step)}`).join('\n')}`);
}
console.log(`${different.length} differ`);
process.exitCode = different.length === 0 ? 0 : 1;
