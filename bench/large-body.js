// Measures what a large body costs by what else is in the heap of the program: `node bench/large-body.js` reads bodies
// of 100 MB by async iteration in a process of its own for each row, and counts V8's collections. The heap matters,
// because it decides whether V8 collects the memory of the chunks in cheap collections or in full ones
// (docs/performance.md). `--library` compares with another checkout, in turn.

import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nodeBinary } from './node-binary.js';
import { median } from './statistics.js';
import { alignedTable } from './table.js';

const USAGE = `node bench/large-body.js [options]

  --rounds N         processes for each row; the median counts (default 3)
  --bodies N         bodies of 100 MB in each (default 40)
  --library FOLDER   another checkout, built, to compare with
  --node WHICH       the node binary of the clients: a path, or a major version to install
`;

/** Before it measures, a process reads so many bodies. */
const WARM_UP = 3;
const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    bodies: { type: 'string', default: '40' },
    library: { type: 'string' },
    node: { type: 'string' },
    /** Of a client's process: checkout, client, objects, URL. */
    client: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) console.log(USAGE);
else if (options.client !== undefined) console.log(JSON.stringify(await read(JSON.parse(options.client), Number(options.bodies))));
else await compare();

async function compare() {
  const { path: node, version } = await nodeBinary(options.node);
  const libraries = [['this', CHECKOUT], ...(options.library === undefined ? [] : [['other', resolve(options.library)]])];
  const server = fork(fileURLToPath(new URL('server.js', import.meta.url)), { stdio: ['pipe', 'pipe', 'inherit', 'ipc'] });
  const [line] = await once(server.stdout, 'data');
  const url = `http://127.0.0.1:${Number(String(line).match(/\d+/)[0])}/big`;
  const rows = [];
  for (const client of ['get', 'fetch']) {
    for (const objects of [0, 20_000]) {
      const found = new Map(libraries.map(([name]) => [name, []]));
      for (let round = 0; round < Number(options.rounds); round++) {
        for (const [name, checkout] of round % 2 === 0 ? libraries : libraries.toReversed()) {
          const child = spawnSync(node, [fileURLToPath(import.meta.url), '--bodies', options.bodies, '--client', JSON.stringify({ checkout, client, objects, url })], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
          if (child.status !== 0) throw new Error(`the client ${client} of ${checkout} ended with status ${child.status}`);
          found.get(name).push(JSON.parse(child.stdout));
        }
      }
      for (const [name, samples] of found) {
        const of = (figure) => median(samples.map((sample) => sample[figure]));
        rows.push([client, objects.toLocaleString('en'), name, of('seconds').toFixed(2), of('full').toFixed(1), of('young').toFixed(1), Math.round(of('faults')).toLocaleString('en'), (of('rss') / 1e6).toFixed(0)]);
      }
    }
  }
  server.stdin.end();
  server.kill();
  console.log(`node ${version.slice(1)}\n${alignedTable({ header: ['client', 'objects', 'library', 'CPU s/GB', 'full collections/GB', 'young collections/GB', 'page faults/GB', 'RSS MB'], rows })}`);
}

async function read({ checkout, client: name, objects, url }, bodies) {
  const kept = Array.from({ length: objects }, (_, index) => ({ index, list: [index] }));
  const { Client, fetch } = await import(join(checkout, 'packages/watertight/dist/index.js'));
  const client = new Client();
  const open = name === 'fetch' ? () => fetch(url) : () => client.get(url);
  let bytes = 0;
  const one = async () => {
    for await (const chunk of (await open()).body) bytes += chunk.length;
  };
  for (let i = 0; i < WARM_UP; i++) await one();
  let full = 0;
  let young = 0;
  const see = (list) => {
    for (const { detail } of list.getEntries()) {
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) full++;
      else if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) young++;
    }
  };
  new PerformanceObserver(see).observe({ entryTypes: ['gc'] });
  const cpu = process.cpuUsage();
  const faults = process.resourceUsage().minorPageFault;
  bytes = 0;
  for (let i = 0; i < bodies; i++) await one();
  const { user, system } = process.cpuUsage(cpu);
  const gigabytes = bytes / 1e9;
  await new Promise((done) => setTimeout(done, 20));
  setImmediate(() => process.exit(kept.length === objects ? 0 : 1));
  return { seconds: (user + system) / 1e6 / gigabytes, full: full / gigabytes, young: young / gigabytes, faults: (process.resourceUsage().minorPageFault - faults) / gigabytes, rss: process.memoryUsage().rss };
}
