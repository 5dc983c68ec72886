// Measures the size of the watcher's history of one target after a year, with its profiles, and the time to open it,
// to judge again after a restart, and to show the year.
//
//   node bench/history.js [days]     after a build; 365 days at 10 s by default
//
// The monitor itself watches the last days, at its usual interval. Each profile has 200 stack groups, whose counts
// change, whose lines change with each deployment, and one of which leaks at times. Earlier days, for which profiles
// are still kept, are watched every quarter of an hour, which is more than is kept of that time; the scrapes in
// between are recorded together, as is everything before.

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseProfile } from 'watertight/pprof';
import { Monitor, TargetMonitor } from '../packages/watch/dist/monitor/index.js';
import { parseTarget } from '../packages/watch/dist/scrape/index.js';
import { Dashboard } from '../packages/watch/dist/server/index.js';
import { History } from '../packages/watch/dist/store/index.js';

const INTERVAL = 10_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const GROUPS = 200;
/** Longer than the time for which anything but the coarsest spans is kept. */
const PROFILED_DAYS = 62;
/** Longer than the time for which every profile and every scrape is kept. */
const WATCHED_DAYS = 4;
const QUARTER = HOUR / 4;

const days = Number(process.argv[2] ?? 365);
if (!(days >= 1)) throw new Error(`days is a number from 1 on, not ${process.argv[2]}`);

/** Days between two deployments of the service, in turn. */
const LIVES = [1, 3, 2, 5, 1, 4];

class Service {
  constructor(begin) {
    this.starts = [begin];
    for (let i = 0; this.starts.at(-1) < begin + (days + 1) * DAY; i++) this.starts.push(this.starts.at(-1) + LIVES[i % LIVES.length] * DAY);
  }

  /** The process that runs at a time: its start and its number. */
  processAt(at) {
    const next = this.starts.findIndex((start) => start > at);
    return { start: this.starts[next - 1], number: next - 1 };
  }

  /** Every fourth deployment leaks. */
  leaked(at) {
    const { start, number } = this.processAt(at);
    return number % 4 === 3 ? Math.floor((at - start) / 120_000) : 0;
  }

  population(at) {
    const day = Math.sin((2 * Math.PI * at) / DAY);
    const { number } = this.processAt(at);
    return Array.from({ length: GROUPS }, (_, group) => Math.max(0, Math.round((group % 11) * (1.5 + day) + ((Math.floor(at / INTERVAL) * 31 + group * 17 + number) % 5) - 1)));
  }

  count(at) {
    return this.population(at).reduce((sum, count) => sum + count, 1 + 2 * this.leaked(at));
  }

  /** A profile as debug=1, whose parsing is not measured; lines change with each deployment. */
  profile(at) {
    const { number } = this.processAt(at);
    const stack = (count, group) => {
      if (count === 0) return '';
      const frames = Array.from({ length: 6 + (group % 9) }, (_, depth) => `#\t0x${depth + 1}\texample.com/shop/internal/part${group}.(*Worker).step${depth}+0x20\t/src/shop/internal/part${group}/worker${depth}.go:${20 + depth + number}\n`);
      return `${count} @ ${frames.map((_, depth) => `0x${depth + 1}`).join(' ')}\n${frames.join('')}\n`;
    };
    const leaked = this.leaked(at);
    const loops = leaked === 0 ? '' : ['readLoop', 'writeLoop'].map((loop, i) => `${leaked} @ 0x${i + 1}\n#\t0x${i + 1}\tnet/http.(*persistConn).${loop}+0x20\t/usr/lib/go/src/net/http/transport.go:${2213 + i}\n\n`).join('');
    return `goroutine profile: total ${this.count(at)}\n1 @ 0x9\n#\t0x9\tmain.main+0x20\t/src/shop/main.go:20\n\n${loops}${this.population(at).map(stack).join('')}`;
  }
}

const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const room = mkdtempSync(join(tmpdir(), 'history-size-'));
const file = join(room, 'history.db');
const sizeNow = () => readdirSync(room).reduce((sum, name) => sum + statSync(join(room, name)).size, 0);
/** The CPU time that `work` takes in this process, ms. */
async function cpuOf(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

try {
  const end = Math.floor(Date.now() / HOUR) * HOUR;
  const begin = end - days * DAY;
  const profiledFrom = Math.max(begin, end - PROFILED_DAYS * DAY);
  const watchedFrom = Math.max(begin, end - WATCHED_DAYS * DAY);
  const service = new Service(begin);
  const target = parseTarget('http://127.0.0.1:6060', { limit: 20_000 });
  let history = new History(file);
  const id = history.target(target.profiles);
  let largest = 0;
  const expire = (at) => {
    if (at % HOUR !== 0) return;
    history.expire(id, at);
    largest = Math.max(largest, sizeNow());
  };
  /** Records the scrapes of a period, its end excluded. */
  const record = (from, to) => {
    const { start } = service.processAt(from);
    history.recordAll(id, Array.from({ length: (to - from) / INTERVAL }, (_, i) => ({ at: from + i * INTERVAL, value: service.count(from + i * INTERVAL), start })));
    recorded += (to - from) / INTERVAL;
  };

  let recorded = 0;
  const recordCpu = await cpuOf(() => {
    for (let at = begin; at < profiledFrom; at += HOUR) {
      record(at, at + HOUR);
      expire(at);
    }
  });
  const recordedOnly = recorded;

  let now = profiledFrom;
  let profiles = 0;
  const source = {
    resume() {},
    count: (at) => Promise.resolve({ at, value: service.count(at), start: service.processAt(at).start, platform: 'go' }),
    profile: () => {
      profiles++;
      return Promise.resolve(parseProfile(service.profile(now)));
    },
  };
  const pace = { interval: INTERVAL, profileInterval: 30 * INTERVAL };
  const watch = new TargetMonitor(target, source, history, pace);
  watch.resume(now);
  for (; now < watchedFrom; now += QUARTER) {
    await watch.scrape(now);
    record(now + INTERVAL, now + QUARTER);
    expire(now);
  }
  const earlier = profiles;
  let scrapes = 0;
  const watchCpu = await cpuOf(async () => {
    for (; now < end; now += INTERVAL) {
      await watch.scrape(now);
      scrapes++;
      expire(now);
    }
  });
  const said = watch.report();
  history.close();
  const size = sizeNow();

  let reopened = 0;
  const judgedCpu = await cpuOf(() => {
    const before = performance.now();
    history = new History(file);
    reopened = performance.now() - before;
    const resumed = new TargetMonitor(target, source, history, pace);
    resumed.resume(end);
    const again = resumed.report();
    if (again.leaking !== said.leaking) console.log(`the verdict is another after the restart: ${again.leaking}; it was ${said.leaking}`);
  });

  const monitor = new Monitor(history, { interval: INTERVAL });
  monitor.setTargets([target]);
  const dashboard = await Dashboard.start(monitor, history);
  const views = [];
  for (const [name, range] of [['a day', DAY], ['60 days', 60 * DAY], ['the year', 365 * DAY]]) {
    const before = performance.now();
    const response = await fetch(`${dashboard.url}api/target?url=${encodeURIComponent(target.url)}&from=${end - range}&to=${end}`);
    const { length } = await response.text();
    views.push(`${name} ${(performance.now() - before).toFixed(0)} ms, ${(length / 1024).toFixed(0)} KiB`);
  }
  await dashboard.close();
  await monitor.stop();
  history.close();

  console.log(`${days} days at ${INTERVAL / 1000} s, and profiles of ${GROUPS} stack groups, ${profiles - earlier} in the last ${Math.round((end - watchedFrom) / DAY)} days: ${mib(size)} (at most ${mib(largest)} on the way, the write-ahead log included)`);
  console.log(`CPU: ${((watchCpu * 1000) / scrapes).toFixed(0)} µs a scrape that is watched, its service and its profiles included${recordedOnly === 0 ? '' : `; ${((recordCpu * 1000) / recordedOnly).toFixed(1)} µs a scrape recorded an hour at a time`}`);
  console.log(`opening it: ${reopened.toFixed(0)} ms; opening and judging after a restart: ${judgedCpu.toFixed(0)} ms of CPU`);
  console.log(`the target's page (first look, then warm): ${views.join('; ')}`);
} finally {
  rmSync(room, { recursive: true, force: true });
}
