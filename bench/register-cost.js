// Measures what the observation costs for one request of undici, without a socket or a server: `node
// bench/register-cost.js` makes, answers and reads undici's own requests in a loop, in processes without and with the
// observation in turn. The cheapest of many slices counts, so other programs on the machine have little influence. It
// finds single microseconds; `npm run bench -- --only register` measures a real service.
//
// The profiler measures the share of this library's functions, in separate slices. It is the most stable of the
// figures, because it is a ratio within one process. Garbage collection caused by these functions is not in it.
//
// Bytes: the allocations of a slice, read from the size of a young generation that is large enough to need no
// collection. Kept: the part of them that survives a collection while the last fifty responses are held.

import { spawnSync } from 'node:child_process';
import { Session } from 'node:inspector/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nodeBinary } from './node-binary.js';
import { median } from './statistics.js';
import { alignedTable } from './table.js';

const USAGE = `node bench/register-cost.js [options]

  --rounds N         pairs of processes (default 5)
  --slices N         slices in each (default 40)
  --undici NAME      undici6, undici7 or undici (default: the newest that this Node loads)
  --node WHICH       the node binary: a path, or a major version to install
`;

const SLICE = 2000;
/** The number of requests in one turn of the event loop of a busy service. */
const TURN = 50;
const FLAGS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    slices: { type: 'string', default: '40' },
    undici: { type: 'string' },
    node: { type: 'string' },
    mode: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) console.log(USAGE);
else if (options.mode !== undefined) console.log(JSON.stringify(await slices(options.mode === 'on', options.undici, Number(options.slices))));
else await compare();

async function compare() {
  const { path: node, version } = await nodeBinary(options.node);
  const undici = options.undici ?? (Number.parseInt(version.slice(1), 10) < 22 ? 'undici7' : 'undici');
  const found = { off: [], on: [] };
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const mode of round % 2 === 0 ? ['off', 'on'] : ['on', 'off']) {
      const child = spawnSync(node, [...FLAGS, fileURLToPath(import.meta.url), '--mode', mode, '--undici', undici, '--slices', options.slices], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
      if (child.status !== 0) throw new Error(`the process with the observation ${mode} ended with status ${child.status}`);
      found[mode].push(JSON.parse(child.stdout));
    }
  }
  const least = (mode, field) => Math.min(...found[mode].flatMap((slice) => slice[field]));
  const middle = (mode, field) => median(found[mode].map((slice) => median(slice[field])));
  const rows = ['off', 'on'].map((mode) => [mode, least(mode, 'nanoseconds'), middle(mode, 'nanoseconds'), middle(mode, 'bytes'), middle(mode, 'kept')]);
  const [off, on] = rows;
  rows.push(['observing', ...on.slice(1).map((value, at) => value - off[at + 1])]);
  const shares = found.on.map(({ share }) => share * 100);
  console.log(`${undici} on Node ${version.slice(1)}, for one request of request():\n`);
  console.log(alignedTable({ header: ['', 'ns, least', 'ns, median', 'bytes', 'bytes kept'], rows: rows.map(([name, ...values]) => [name, ...values.map((value) => value.toFixed(0))]) }));
  console.log(`\nour functions: ${median(shares).toFixed(1)} % of the CPU time with the observation (${Math.min(...shares).toFixed(1)}–${Math.max(...shares).toFixed(1)})`);
}

async function slices(observed, name, count) {
  const require = createRequire(import.meta.url);
  const undici = require(name);
  const library = dirname(require.resolve(name));
  const Request = require(join(library, 'lib/core/request.js'));
  if (observed) (await import('../packages/watertight/dist/instrument/index.js')).observe();
  const dispatcher = new (wireOf(undici, Request))();
  const result = { nanoseconds: [], bytes: [], kept: [], share: 0 };
  for (let slice = 0; slice < count; slice++) {
    globalThis.gc();
    const heap = process.memoryUsage().heapUsed;
    const before = process.cpuUsage();
    const held = await requests(undici, dispatcher, SLICE);
    const { user, system } = process.cpuUsage(before);
    const bytes = process.memoryUsage().heapUsed - heap;
    globalThis.gc({ type: 'minor' });
    const kept = process.memoryUsage().heapUsed - heap;
    // The first half is the warm-up.
    if (slice * 2 < count) continue;
    result.nanoseconds.push(((user + system) * 1000) / SLICE);
    result.bytes.push(bytes / SLICE);
    result.kept.push(kept / held.length);
  }
  if (observed) result.share = await shareOf(() => requests(undici, dispatcher, (SLICE * count) / 2));
  return result;
}

/** The share of the time of `work` in this library's own functions, without the functions they call elsewhere. */
async function shareOf(work) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 100 });
  await session.post('Profiler.start');
  await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const ours = new Set(profile.nodes.filter(({ callFrame }) => callFrame.url.includes('/packages/watertight/')).map(({ id }) => id));
  let all = 0;
  let own = 0;
  profile.samples.forEach((id, at) => {
    all += profile.timeDeltas[at];
    if (ours.has(id)) own += profile.timeDeltas[at];
  });
  return own / all;
}

/** A dispatcher that answers at once: it does what a connection does with a request, without a connection. */
function wireOf(undici, Request) {
  const answer = Buffer.from('hello, world');
  const fields = ['Content-Type', 'text/plain', 'Content-Length', '12', 'Date', 'Sat, 21 Nov 2026 12:00:00 GMT'].map((text) => Buffer.from(text));
  const nothing = () => {};
  return class Wire extends undici.Dispatcher {
    dispatch(options, handler) {
      const request = new Request('http://127.0.0.1:8080', options, handler);
      queueMicrotask(() => {
        if (typeof request.onResponseStart === 'function') {
          request.onRequestStart(nothing, null);
          request.onResponseStart(200, fields, nothing, 'OK');
          request.onResponseData(answer);
          request.onResponseEnd([]);
        } else {
          request.onConnect(nothing, null);
          request.onHeaders(200, fields, nothing, 'OK');
          request.onData(answer);
          request.onComplete([]);
        }
      });
      return true;
    }

    close() {}

    destroy() {}
  };
}

async function requests(undici, dispatcher, count) {
  let held = [];
  for (let made = 0; made < count; made += TURN) {
    held = await Promise.all(Array.from({ length: TURN }, () => one(undici, dispatcher)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return held;
}

async function one(undici, dispatcher) {
  const { body } = await undici.request('http://127.0.0.1:8080/stock', { dispatcher });
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  if (bytes !== 12) throw new Error(`a body of 12 bytes came as ${bytes}`);
  return body;
}
