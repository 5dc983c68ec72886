// Measures the cost and punctuality of watching a thousand services: real services over sockets, and the real
// `watertight watch`, half of the time with an open dashboard, each on its own core.
//
//   node bench/watch-load.js [--targets 1000] [--minutes 4] [--interval 10000] [--cpu-prof DIR]     after a build

import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Transport } from 'watertight';
import { phaseOf } from '../packages/watch/dist/monitor/index.js';
import { chooseCores } from './cores.js';
import { machineFacts, machineWarnings } from './machine.js';
import { alignedTable } from './table.js';
import { ask, endWatched, startServices, startWatcher } from './watched-services.js';

const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '4' },
    interval: { type: 'string', default: '10000' },
    'cpu-prof': { type: 'string' },
  },
});
const [targets, minutes, interval] = [values.targets, values.minutes, values.interval].map(Number);
if (![targets, minutes, interval].every((number) => number > 0)) throw new Error('--targets, --minutes and --interval are numbers above 0');

/** A timer may fire so many ms early, because it uses another clock than the one that is read. */
const EARLY = 5;
/** Time between two reads of the whole overview, ms. */
const LOOK = 10_000;

const cores = chooseCores();
const room = mkdtempSync(join(tmpdir(), 'watch-load-'));

function fileSizes(folder) {
  return readdirSync(folder).filter((name) => name.startsWith('history')).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** Acts as a browser with the dashboard: it reads the live stream, and from time to time the whole overview. */
async function watchDashboard(url, signal) {
  const transport = new Transport();
  const client = new Client({ transport });
  const seen = { reports: 0, bytes: 0, overviews: [] };
  const stream = (async () => {
    const response = await client.get(`${url}api/events`, { signal });
    // Leaving the loop in any way closes the body.
    for await (const chunk of response.body) {
      seen.bytes += chunk.length;
      seen.reports += Buffer.from(chunk).toString('latin1').split('event: reports').length - 1;
    }
  })();
  const overview = (async () => {
    while (!signal.aborted) {
      const began = performance.now();
      const response = await client.get(`${url}api/overview`, { signal });
      const { length } = await response.bytes();
      seen.overviews.push({ ms: performance.now() - began, bytes: length });
      await sleep(LOOK, undefined, { signal });
    }
  })();
  const ended = await Promise.allSettled([stream, overview]);
  await transport.close();
  for (const { reason } of ended) if (reason !== undefined && !signal.aborted) throw reason;
  return seen;
}

/** The delays in ms, ascending, of the scrapes that were due between two times; a missing scrape counts as a whole interval late. */
function delaysOf(addresses, arrivals, from, to) {
  const delays = [];
  let missed = 0;
  addresses.forEach(({ kind, profiles }, number) => {
    // A service that is down sees no scrapes, and a scrape that hangs delays the next one.
    if (kind === 'down' || kind === 'hangs') return;
    const phase = phaseOf(profiles, interval);
    const slots = new Map();
    for (const at of arrivals[number]) {
      const slot = Math.floor((at + EARLY - phase) / interval);
      if (!slots.has(slot)) slots.set(slot, Math.max(0, at - phase - slot * interval));
    }
    for (let slot = Math.ceil((from - phase) / interval); phase + slot * interval < to; slot++) {
      const delay = slots.get(slot);
      if (delay === undefined) missed++;
      delays.push(delay ?? interval);
    }
  });
  return { delays: delays.sort((a, b) => a - b), missed };
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
const mib = (bytes) => (bytes / 2 ** 20).toFixed(0);

try {
  const { fleet, addresses } = await startServices(targets, cores?.server ?? null);
  const profiling = values['cpu-prof'] === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values['cpu-prof']}`];
  const { watcher, dashboard } = await startWatcher(room, addresses, interval, cores?.client ?? null, profiling);
  let verdicts = 0;
  watcher.stdout.on('data', (text) => (verdicts += text.split('LEAKING').length - 1));

  const rows = [];
  const half = (minutes * 60_000) / 2;
  let before = await ask(watcher, 'read');
  await ask(fleet, 'seen');
  /** Waits for a time, and records what the watcher cost meanwhile. */
  async function measure(name, duration, task) {
    const from = Date.now();
    const ending = new AbortController();
    const told = task?.(ending.signal);
    await sleep(duration);
    ending.abort();
    const dashboardSeen = await told;
    const reading = await ask(watcher, 'read');
    const to = Date.now();
    // A scrape that was just due may still be in progress.
    await sleep(1500);
    const { arrivals, loopP99 } = await ask(fleet, 'seen');
    const { delays, missed } = delaysOf(addresses, arrivals, from, to);
    const cpu = reading.cpu - before.cpu;
    rows.push([
      name, String(delays.length), ...[at(delays, 0.5), at(delays, 0.99), at(delays, 1)].map((ms) => ms.toFixed(0)), String(missed),
      ((100 * cpu) / (reading.at - before.at)).toFixed(1), (cpu / delays.length).toFixed(2), `${reading.loop.p99.toFixed(0)} / ${reading.loop.max.toFixed(0)}`, loopP99.toFixed(0), mib(reading.rss), mib(reading.heapUsed), mib(fileSizes(room)),
    ]);
    before = reading;
    return dashboardSeen;
  }
  await measure('the first three intervals', 3 * interval);
  await measure('nobody looks', half);
  const seen = await measure('a dashboard is open', half, (signal) => watchDashboard(dashboard, signal));
  const collected = await ask(watcher, 'collect');

  const facts = machineFacts({ version: process.version }, cores).map(([name, text]) => `${name}: ${text}`);
  console.log([...facts, ...machineWarnings(cores)].join('\n'));
  console.log(`${targets} services every ${interval / 1000} s, watcher on core ${cores?.client ?? '?'}, services and dashboard's client on core ${cores?.server ?? '?'}; of a hundred, 2 leak, 2 are down, 1 hangs, 1 answers rubbish, 1 refuses\n`);
  console.log(alignedTable({ header: ['', 'scrapes', 'delay p50', 'p99', 'max ms', 'missed', 'CPU %', 'CPU ms a scrape', 'loop p99 / max ms', "services' loop p99", 'RSS MiB', 'heap', 'files MiB'], rows }));
  const slowest = seen.overviews.map(({ ms }) => ms).sort((a, b) => a - b);
  console.log(`\nthe overview: ${seen.overviews.length} times, ${mib(seen.overviews[0]?.bytes ?? 0)} MiB, ${at(slowest, 0.5).toFixed(0)} ms (median), ${at(slowest, 1).toFixed(0)} ms (slowest); the live stream: ${seen.reports} messages, ${mib(seen.bytes)} MiB`);
  console.log(`RSS at most ${mib(collected.peakRss)} MiB; heap after a collection ${mib(collected.heapUsed)} MiB; ${verdicts} verdicts of a leak printed`);
  watcher.kill('SIGTERM');
  await once(watcher, 'exit');
} finally {
  endWatched();
  rmSync(room, { recursive: true, force: true });
}
