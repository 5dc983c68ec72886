// Shows where the time of one client goes: `node bench/profile.js` runs one scenario under the CPU profiler, without
// the warm-up, and prints the functions and the files with the most self time. (garbage collector) and (program),
// which is native code outside of functions, are V8's names; idle time is not counted.

import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { addresses, killChildren, runChild, startServer } from './children.js';
import { chooseCores } from './cores.js';
import { nodeBinary } from './node-binary.js';
import { selectScenarios } from './scenarios/index.js';
import { oneSubject } from './subjects.js';
import { alignedTable } from './table.js';

const USAGE = `node bench/profile.js [options]

  --client ID        (default ours-adaptive)
  --scenario ID      small, big, idle, ttfb, or one measurement of it, as in small-500 (default small-50)
  --seconds N        how long to measure, for small and big (default 4)
  --top N            how many functions to show (default 30)
  --node WHICH       the node binary of the client: a path, or a major version to install
  --out FILE         keep the profile, for the DevTools of Chrome
`;

const { values: options } = parseArgs({
  options: {
    client: { type: 'string', default: 'ours-adaptive' },
    scenario: { type: 'string', default: 'small-50' },
    seconds: { type: 'string', default: '4' },
    top: { type: 'string', default: '30' },
    node: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

try {
  if (options.help) console.log(USAGE);
  else await main();
} catch (error) {
  console.error(`profile: ${error.message}`);
  process.exitCode = 1;
} finally {
  killChildren();
}

async function main() {
  const node = await nodeBinary(options.node);
  const subject = oneSubject(options.client, node);
  const { scenario, variant } = findVariant(options.scenario);

  const folder = mkdtempSync(join(tmpdir(), 'watertight-profile-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'client.cpuprofile');
  const cores = chooseCores();
  const server = await startServer([node.path, fileURLToPath(new URL('server.js', import.meta.url))], {
    core: cores?.server ?? null,
    onExit(reason) {
      console.error(`profile: ${reason}`);
      process.exit(1);
    },
  });
  const measureMs = Number(options.seconds) * 1000;
  const task = {
    scenario: scenario.id,
    parameters: { ...variant.parameters, ...('measureMs' in variant.parameters && { measureMs }) },
    ...addresses(server, scenario),
    profile: file,
  };
  const output = await runChild(subject.command(task), { core: cores?.client ?? null, timeoutMs: measureMs + 60_000 });
  server.stop();

  const metrics = JSON.parse(output.trim().split('\n').at(-1));
  console.log(`${subject.label}, ${variant.title}, node ${node.version}`);
  for (const { metric, title, digits, scale = 1 } of scenario.columns) {
    console.log(`  ${title}: ${(metrics[metric] * scale).toFixed(digits)}`);
  }
  print(selfTimes(JSON.parse(readFileSync(file, 'utf8'))), Number(options.top));
  if (options.out !== undefined) copyFileSync(file, options.out);
}

function findVariant(name) {
  for (const scenario of selectScenarios([])) {
    const variants = scenario.variants({ quick: false, maximumConnections: 5000 });
    const variant = variants.find(({ id }) => id === name) ?? (scenario.id === name ? variants[0] : undefined);
    if (variant !== undefined) return { scenario, variant };
  }
  throw new Error(`no such scenario: ${name}`);
}

/** Self time in microseconds by function and by file, without idle time. */
function selfTimes(profile) {
  const nodes = new Map(profile.nodes.map((entry) => [entry.id, entry.callFrame]));
  const functions = new Map();
  const files = new Map();
  let total = 0;
  profile.samples.forEach((id, i) => {
    const { functionName, url, lineNumber } = nodes.get(id);
    if (functionName === '(idle)') return;
    const micros = Math.max(0, profile.timeDeltas[i]);
    const file = url === '' ? (functionName.startsWith('(') ? functionName : '(native)') : shortened(url);
    const place = url === '' ? file : `${file}:${lineNumber + 1}`;
    const name = `${functionName || '(anonymous)'}\0${place}`;
    functions.set(name, (functions.get(name) ?? 0) + micros);
    files.set(file, (files.get(file) ?? 0) + micros);
    total += micros;
  });
  return { functions, files, total };
}

function print({ functions, files, total }, top) {
  const share = (micros) => `${((100 * micros) / total).toFixed(1)} %`;
  const descending = (map) => [...map].sort((a, b) => b[1] - a[1]);
  console.log(`\n${alignedTable({ header: ['self', 'file'], rows: descending(files).slice(0, 15).map(([file, micros]) => [share(micros), file]) })}`);
  const rows = descending(functions).slice(0, top).map(([name, micros]) => [share(micros), ...name.split('\0')]);
  console.log(`\n${alignedTable({ header: ['self', 'function', 'where'], rows })}`);
}

function shortened(url) {
  const path = url.replace(/^file:\/\//, '');
  const root = fileURLToPath(new URL('..', import.meta.url));
  return path.startsWith(root) ? path.slice(root.length) : path;
}
