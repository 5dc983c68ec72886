// Compares two clients so closely that a noisy machine matters little: `node bench/slices.js A B` runs both at the same
// time on one core, in slices of some 100 ms in turn, and takes the ratio of slices that were next to each other. What
// disturbs one of them disturbs the other. How a process compiles its code differs from start to start, so there are
// several pairs of processes.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { addresses, killChildren, startAnswering, startServer } from './children.js';
import { chooseCores } from './cores.js';
import { machineFacts, machineWarnings } from './machine.js';
import { nodeBinary } from './node-binary.js';
import { median, spread } from './statistics.js';
import { oneSubject } from './subjects.js';

const USAGE = `node bench/slices.js CLIENT BASELINE [options]

The CPU time of one request of CLIENT, divided by that of BASELINE: clients by id, as in undici-register undici-request.

  --connections N    (default 50)
  --pairs N          pairs of processes (default 7)
  --slices N         slices of each that count (default 40)
  --requests N       requests in a slice (default 2000)
  --use HOW          bytes, text, or json: POST of 1 KB, 2 KB back (default bytes)
  --tls              over TLS
  --path PATH        what is requested (default /small; /json with --use json)
  --node WHICH       the node binary of the clients: a path, or a major version to install
`;

const SERVER = fileURLToPath(new URL('server.js', import.meta.url));
const WORKER = fileURLToPath(new URL('slice-worker.js', import.meta.url));
const TIMEOUT_MS = 60_000;
/** Half as many slices again come before those that count: by then the compiler is done with both. */
const WARM_UP = 0.5;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    connections: { type: 'string', default: '50' },
    pairs: { type: 'string', default: '7' },
    slices: { type: 'string', default: '40' },
    requests: { type: 'string', default: '2000' },
    path: { type: 'string' },
    use: { type: 'string', default: 'bytes' },
    tls: { type: 'boolean', default: false },
    node: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

try {
  if (options.help) console.log(USAGE);
  else await main();
} catch (error) {
  console.error(`slices: ${error.message}`);
  process.exitCode = 1;
} finally {
  killChildren();
}

async function main() {
  if (positionals.length !== 2) throw new Error(`two clients are needed, not ${positionals.length}\n${USAGE}`);
  if (!['bytes', 'text', 'json'].includes(options.use)) throw new Error(`--use wants bytes, text or json, not ${options.use}`);
  for (const name of ['connections', 'pairs', 'slices', 'requests']) {
    if (!/^[1-9]\d*$/.test(options[name])) throw new Error(`--${name} wants a whole number from 1, not ${options[name]}`);
  }
  const node = await nodeBinary(options.node);
  const cores = chooseCores();
  const pair = positionals.map((id) => oneSubject(id, node));
  for (const warning of machineWarnings(cores)) console.error(`note: ${warning}`);
  const server = await startServer([node.path, SERVER], {
    core: cores?.server ?? null,
    onExit(reason) {
      console.error(`slices: ${reason}`);
      process.exit(1);
    },
  });
  const results = [];
  for (let index = 0; index < Number(options.pairs); index++) {
    const result = await measurePair(pair, { server, core: cores?.client ?? null });
    results.push(result);
    console.error(`${positionals.join(' / ')}, pair ${index + 1}/${options.pairs}: ${result.ratio.toFixed(3)} (${result.cpuMicros.map((micros) => micros.toFixed(1)).join(' and ')} µs)`);
  }
  server.stop();
  const ratios = spread(results.map(({ ratio }) => ratio));
  const cpu = pair.map((_, at) => median(results.map(({ cpuMicros }) => cpuMicros[at])));
  for (const [name, fact] of machineFacts(node, cores)) console.log(`${name}: ${fact}`);
  console.log(`\n${pair.map(({ label }, at) => `${label}: ${cpu[at].toFixed(1)} µs`).join('\n')}`);
  console.log(`\nratio of CPU time for one request: ${ratios.median.toFixed(3)} (${ratios.min.toFixed(3)}–${ratios.max.toFixed(3)}), ${options.pairs} pairs of processes, ${options.slices} slices of ${options.requests} requests in each, ${options.connections} connections, ${options.use}${options.tls ? ', over TLS' : ''}`);
}

/** The median of the ratios of neighbours. Every second pair of slices is in the reverse order, against drift. */
async function measurePair(pair, { server, core }) {
  const { origin, ca } = addresses(server, { isSecure: options.tls });
  const task = { connections: Number(options.connections), path: options.path ?? (options.use === 'json' ? '/json' : '/small'), use: options.use, origin, ...(options.tls && { ca }) };
  const processes = pair.map((entry) => startAnswering(entry.command(task, WORKER), { core, timeoutMs: TIMEOUT_MS }));
  const count = Number(options.slices);
  const warmUp = Math.ceil(count * WARM_UP);
  const costs = [];
  try {
    for (let slice = -warmUp; slice < count; slice++) {
      const cost = [];
      for (const at of slice % 2 === 0 ? [0, 1] : [1, 0]) cost[at] = (await processes[at].ask(options.requests)).cpuMicros;
      if (slice >= 0) costs.push(cost);
    }
  } finally {
    for (const child of processes) child.stop();
  }
  return {
    ratio: median(costs.map(([client, baseline]) => client / baseline)),
    cpuMicros: [0, 1].map((at) => median(costs.map((cost) => cost[at]))),
  };
}
