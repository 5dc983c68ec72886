// Measures whether the watcher's memory stays level: 60 services, scraped every 100 ms, are as many scrapes in a
// minute as a thousand services are in six. The watcher's own requests use this library, so its tasks are counted
// too.
//
//   node --expose-gc bench/watch-memory.js [minutes]     after a build; 4 minutes by default

import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { taskCount } from 'watertight/tasks';
import { Monitor } from '../packages/watch/dist/monitor/index.js';
import { parseTarget } from '../packages/watch/dist/scrape/index.js';
import { History } from '../packages/watch/dist/store/index.js';
import { alignedTable } from './table.js';

const SERVICES = 60;
const STACKS = 20;
const minutes = Number(process.argv[2] ?? 4);
if (!(minutes > 0)) throw new Error(`minutes is a number above 0, not ${process.argv[2]}`);
if (globalThis.gc === undefined) throw new Error('run it with --expose-gc: what is garbage says nothing');

let requests = 0;
const index = (count) => `<html><title>/debug/pprof/</title><table><tr><td>${count}</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr></table></html>`;
const stack = (number) => `${1 + ((requests + number) % 5)} @ 0x${number + 1} 0x2\n#\t0x1\tmain.work${number}+0x1\t/srv/main.go:${number + 1}\n\n`;
const server = createServer(({ url }, response) => {
  requests++;
  const count = 50 + (requests % 9);
  if (url.includes('goroutine')) response.end(`goroutine profile: total ${count}\n${Array.from({ length: STACKS }, (_, number) => stack(number)).join('')}`);
  else if (url.startsWith('/metrics')) response.writeHead(404).end();
  else response.end(index(count));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

const history = new History(':memory:');
const monitor = new Monitor(history, { interval: 100 });
monitor.setTargets(Array.from({ length: SERVICES }, (_, number) => parseTarget(`http://127.0.0.1:${server.address().port}/${number}/debug/pprof/`)));
monitor.start();

const rows = [];
for (let half = 1; half <= 2 * minutes; half++) {
  await sleep(30_000);
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  rows.push([half / 2, requests, ...[heapUsed, external, rss].map((bytes) => (bytes / 2 ** 20).toFixed(1)), taskCount()].map(String));
}
await monitor.stop();
console.log(`Node ${process.version}, ${SERVICES} services every 100 ms; the history is in memory, and in the process's RSS`);
console.log(alignedTable({ header: ['minutes', 'requests', 'heap MiB', 'external MiB', 'RSS MiB', 'tasks'], rows }));
console.log(`tasks after it was stopped: ${taskCount()}`);
server.closeAllConnections();
server.close();
history.close();
