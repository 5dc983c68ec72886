// How large the watcher's history of one target gets, and what a scrape costs to keep.
//
//   node bench/history.js [days]     after a build; 365 days at 10 s by default
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { History } from '../packages/watch/dist/store/index.js';

const INTERVAL = 10_000;
const PROFILE_INTERVAL = 300_000;
const EXPIRY_INTERVAL = 3_600_000;
const DAY = 86_400_000;
const days = Number(process.argv[2] ?? 365);

const room = mkdtempSync(join(tmpdir(), 'history-size-'));
try {
  const file = join(room, 'history.db');
  const history = new History(file);
  const target = history.target('http://127.0.0.1:6060');
  const begin = Date.UTC(2026, 0, 1);
  const end = begin + days * DAY;
  const stacks = (at) => Array.from({ length: 40 }, (_, i) => ({ key: `stack ${i}`, frames: Array.from({ length: 12 }, (_, depth) => ({ function: `example.com/service/package.Function${i}.func${depth}`, file: `/src/service/package/file${depth}.go`, line: i })), count: i + (at % 7) }));
  let scrapes = 0;
  let inRecord = 0;
  let largest = 0;
  for (let at = begin; at < end; at += INTERVAL) {
    const start = at - (at % (3 * DAY));
    const before = performance.now();
    history.record(target, { at, value: 100 + ((at - start) / 600_000) | 0, start });
    inRecord += performance.now() - before;
    scrapes++;
    if (at % PROFILE_INTERVAL === 0) history.recordProfile(target, at, start, stacks(at));
    if (at % EXPIRY_INTERVAL === 0) {
      history.expire(target, at);
      largest = Math.max(largest, statSync(file).size);
    }
  }
  history.close();
  console.log(`${days} days at ${INTERVAL / 1000} s, ${scrapes} scrapes, a profile of 40 stacks every ${PROFILE_INTERVAL / 60_000} min: ${(statSync(file).size / 2 ** 20).toFixed(1)} MiB (at most ${(largest / 2 ** 20).toFixed(1)} on the way), ${((inRecord / scrapes) * 1000).toFixed(0)} µs a scrape`);
} finally {
  rmSync(room, { recursive: true, force: true });
}
