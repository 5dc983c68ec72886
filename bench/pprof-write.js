// Measures how long a profile of many tasks takes, and for how long at a time it blocks the event loop.
//
//   node bench/pprof-write.js [--tasks 100000] [--rounds 5] [--distinct]
//
// The promise is at most 50 ms at a time for 100,000 tasks. Half as many connections are pinned (two tasks each),
// with 50 paths, opened from two functions at a depth of eight calls, each with a recorded call site. With
// --distinct, each connection has a different path, so that nothing can be grouped. The first profile reads every
// call site; later ones use what it has read.
//
// The longest block is measured between two turns of the event loop, as CPU time of the thread (on Linux; elsewhere
// as elapsed time), because on a busy machine a turn may be long while other programs use the processor.
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { goroutineProfile, httpBodyProfile } from 'watertight/pprof';
import { Task, addTask, captureTrace } from '../packages/watertight/dist/tasks/index.js';

/** The longest time, in ms, for which the event loop may be blocked. */
const LIMIT = 50;

const { values: options } = parseArgs({
  options: {
    tasks: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    distinct: { type: 'boolean', default: false },
  },
});

const origin = 'http://127.0.0.1:8080';
const labels = { host: '127.0.0.1:8080', scheme: 'http' };

function open(i) {
  const path = `/items/${options.distinct ? i : i % 50}`;
  const at = Math.floor(performance.now());
  const holder = {
    client: 'watertight',
    method: 'GET',
    url: `${origin}${path}?id=*`,
    origin,
    status: 200,
    bytesRead: 0,
    contentLength: 4096,
    openedAt: at,
    lastReadAt: at,
    awaited: false,
    abandoned: false,
    trace: captureTrace(open),
  };
  for (const name of ['readLoop', 'writeLoop']) {
    const task = new Task('connection', name, 'select', holder.trace, labels);
    task.holder = holder;
    addTask(task);
  }
}

function nested(i, depth) {
  if (depth === 0) open(i);
  else nested(i, depth - 1);
}

function fetchPreview(i) {
  nested(i, 7);
}

function fetchDetails(i) {
  nested(i, 6);
}

const tasks = Number(options.tasks);
for (let i = 0; i < tasks / 2; i++) (i % 2 === 0 ? fetchPreview : fetchDetails)(i);

const schedule = `/proc/self/task/${process.pid}/schedstat`;

/** CPU time of the main thread, ms; the kernel counts nanoseconds. */
const cpuTime = existsSync(schedule) ? () => Number(readFileSync(schedule, 'latin1').split(' ', 1)[0]) / 1e6 : () => performance.now();

/** Runs `take` and times every turn of the event loop meanwhile. */
async function measure(take) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  const longest = { wall: 0, cpu: 0 };
  let running = true;
  let at = performance.now();
  let used = cpuTime();
  const turn = () => {
    longest.wall = Math.max(longest.wall, performance.now() - at);
    longest.cpu = Math.max(longest.cpu, cpuTime() - used);
    at = performance.now();
    used = cpuTime();
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  const began = performance.now();
  const size = (await take()).length;
  const total = performance.now() - began;
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  running = false;
  await new Promise((resolve) => setImmediate(resolve));
  return { total, size, ...longest };
}

const takes = {
  'goroutine debug=0': () => goroutineProfile(),
  'goroutine debug=1': () => goroutineProfile({ debug: 1 }),
  'goroutine debug=2': () => goroutineProfile({ debug: 2 }),
  'httpbody debug=0': () => httpBodyProfile(),
};

console.log(`${tasks + 1} tasks${options.distinct ? ', no two alike' : ''}, Node ${process.version}; limit ${LIMIT} ms at a time\n`);
console.log('| profile | round | total | longest block by the clock | by CPU time | bytes |');
console.log('|:--|--:|--:|--:|--:|--:|');
let worst = 0;
for (let round = 1; round <= Number(options.rounds); round++) {
  for (const [name, take] of Object.entries(takes)) {
    const { total, wall, cpu, size } = await measure(take);
    worst = Math.max(worst, cpu);
    console.log(`| ${name} | ${round} | ${total.toFixed(0)} ms | ${wall.toFixed(1)} ms | ${cpu.toFixed(1)} ms | ${size} |`);
  }
}
console.log(`\nlongest: ${worst.toFixed(1)} ms of CPU time, ${worst <= LIMIT ? 'within' : 'beyond'} the limit`);
process.exitCode = worst <= LIMIT ? 0 : 1;
