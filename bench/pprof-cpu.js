// Measures what a CPU profile and a heap profile cost the profiled program.
//
//   node bench/pprof-cpu.js [--functions 5000] [--seconds 5] [--rounds 3]
//
// The program is always busy, in as many functions as --functions says and in stacks of 40 frames, so that nearly
// every sample has a different stack: the most expensive profile to write. It prints the longest times for which the
// event loop is blocked, beyond the program's own work, and what the work costs meanwhile. For comparison, it prints
// the same for the engine alone, which logs all code when it starts and returns all data at once when it stops. Times
// are CPU time of the thread (on Linux, where the kernel adds it up every few milliseconds) or elapsed time
// (elsewhere).
import { existsSync, readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { parseArgs } from 'node:util';
import { runInThisContext } from 'node:vm';
import { parseProfile, pprofFetchHandler } from 'watertight/pprof';

const { values: options } = parseArgs({
  options: {
    functions: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
  },
});
const DEPTH = 40;
const seconds = Number(options.seconds);
const functions = Number(options.functions);

// Each function calls another one, chosen by the depth; the last one works.
const source = Array.from({ length: functions }, (_, i) => `  function step${i}(depth, next) { return depth === 0 ? work(${i}) : next[(depth * 7919 + ${i}) % next.length](depth - 1, next); }`).join('\n');
const steps = runInThisContext(`(work) => {\n${source}\n  return [${Array.from({ length: functions }, (_, i) => `step${i}`).join(',')}];\n}`, 'steps.js')((seed) => {
  let x = seed;
  for (let i = 0; i < 5_000; i++) x = Math.sqrt(x + i) + Math.cos(x);
  return x;
});

const schedule = `/proc/self/task/${process.pid}/schedstat`;
const cpuTime = existsSync(schedule) ? () => Number(readFileSync(schedule, 'latin1').split(' ', 1)[0]) / 1e6 : () => performance.now();

const handler = pprofFetchHandler({ token: 'bench' });
const get = async (path) => {
  const response = await handler(new Request(`http://localhost/debug/pprof/${path}`, { headers: { authorization: 'Bearer bench' } }));
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(new TextDecoder().decode(bytes));
  return bytes;
};

/** Works in short pieces, one in each turn, until `done`. Returns the time of the longest turn beyond its piece of work, and the time of the work. */
async function whileBusy(done) {
  let over = false;
  const ended = done.finally(() => (over = true));
  let longest = 0;
  let worked = 0;
  let rounds = 0;
  let turnBegan = cpuTime();
  while (!over) {
    const began = cpuTime();
    for (let i = 0; i < 20; i++) steps[(rounds * 31 + i) % functions](DEPTH, steps);
    const busy = cpuTime() - began;
    worked += busy;
    rounds++;
    await new Promise((resolve) => setImmediate(resolve));
    const now = cpuTime();
    longest = Math.max(longest, now - turnBegan - busy);
    turnBegan = now;
  }
  return { result: await ended, longest, perRound: (worked / rounds) * 1000 };
}

/** The time that the profiler takes without this library. */
async function engineAlone() {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 10_000 });
  await session.post('Profiler.start');
  await sleep(seconds * 1000);
  await session.post('Profiler.stop');
  session.disconnect();
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
await whileBusy(sleep(2000));

console.log(`${functions} functions, ${seconds} s each, Node ${process.version}\n`);
console.log('| round | what | longest hold | work | bytes | different stacks |');
console.log('|--:|:--|--:|--:|--:|--:|');
for (let round = 1; round <= Number(options.rounds); round++) {
  for (const [what, take] of [
    ['nothing', () => sleep(seconds * 1000)],
    ['the engine alone', engineAlone],
    ['CPU profile', () => get(`profile?seconds=${seconds}`)],
    ['heap profile', async () => (await sleep(seconds * 1000), get('heap'))],
  ]) {
    const { result, longest, perRound } = await whileBusy(take());
    const stacks = result === undefined ? '' : parseProfile(result).samples.length;
    console.log(`| ${round} | ${what} | ${longest.toFixed(1)} ms | ${perRound.toFixed(0)} µs | ${result?.length ?? ''} | ${stacks} |`);
  }
}
