// Measures what it costs to start watching a fleet that a Prometheus has scraped for four weeks, with a real
// Prometheus, generated data, and the real `watertight watch --prometheus … --once`.
//
//   node bench/watch-fleet.js [--processes 1000] [--cpu-prof DIR]     after a build; needs prometheus and promtool

import { spawn, spawnSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chooseCores } from './cores.js';
import { machineFacts, machineWarnings } from './machine.js';

const { values } = parseArgs({ options: { processes: { type: 'string', default: '1000' }, 'cpu-prof': { type: 'string' } } });
const processes = Number(values.processes);
if (!(processes > 0)) throw new Error('--processes is a number above 0');

const HOUR = 3600;
const DAY = 24 * HOUR;
const WEEKS = 28 * DAY;
/** The last hours have a point for each minute, the time before a point for each quarter of an hour, as the watch asks for them. */
const FINE_HOURS = 8;

/** The count of a process at a time: of every five, one leaks and is restarted every three days, one has a weekly rhythm, one is flat. */
function countAt(number, time, age) {
  const scatter = ((Math.floor(time / 60) * 7919 + number * 104_729) % 17) - 8;
  const day = Math.sin((2 * Math.PI * (time + number * 600)) / DAY);
  switch (number % 5) {
    case 0: return 80 + (12 * age) / HOUR + scatter / 2;
    case 1: return 400 + 120 * day + 60 * Math.sin((2 * Math.PI * time) / (7 * DAY)) + scatter;
    case 2: return 40 + scatter / 4;
    case 3: return 200 + 60 * day + scatter;
    default: return 300 + 90 * day + (scatter === 8 ? 200 : 0) + scatter;
  }
}

/** The lifetime of a process in seconds; leaking processes and one in three of the others are restarted. */
function lifeOf(number) {
  return number % 5 === 0 ? 3 * DAY : number % 3 === 0 ? 7 * DAY : Infinity;
}

async function writeMetrics(file, now) {
  const out = createWriteStream(file);
  for (const metric of ['go_goroutines', 'process_start_time_seconds']) {
    out.write(`# TYPE ${metric} gauge\n`);
    for (let number = 0; number < processes; number++) {
      const life = lifeOf(number);
      const begin = now - WEEKS;
      const lines = [];
      const point = (time) => {
        const born = life === Infinity ? begin - DAY : begin + Math.floor((time - begin + number * 1000) / life) * life - number * 1000;
        lines.push(`${metric}{instance="host-${number}:9090",job="job-${number % 7}"} ${metric === 'go_goroutines' ? Math.max(1, Math.round(countAt(number, time, time - born))) : born} ${time}\n`);
      };
      for (let time = Math.ceil(begin / 900) * 900; time < now - FINE_HOURS * HOUR; time += 900) point(time);
      for (let time = Math.ceil((now - FINE_HOURS * HOUR) / 60) * 60; time <= now; time += 60) point(time);
      if (!out.write(lines.join(''))) await once(out, 'drain');
    }
  }
  out.end('# EOF\n');
  await once(out, 'finish');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

const cores = chooseCores();
const room = mkdtempSync(join(tmpdir(), 'watch-fleet-'));
let prometheus = null;
try {
  const now = Math.floor(Date.now() / 60_000) * 60;
  await writeMetrics(join(room, 'metrics'), now);
  const { status, stderr } = spawnSync('promtool', ['tsdb', 'create-blocks-from', '--max-block-duration=744h', 'openmetrics', join(room, 'metrics'), join(room, 'data')], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`promtool: ${stderr}`);
  rmSync(join(room, 'metrics'));
  writeFileSync(join(room, 'prometheus.yml'), 'global: { scrape_interval: 1h }\n');
  const address = `127.0.0.1:${await freePort()}`;
  prometheus = spawn('prometheus', [`--config.file=${join(room, 'prometheus.yml')}`, `--storage.tsdb.path=${join(room, 'data')}`, '--storage.tsdb.retention.time=90d', `--web.listen-address=${address}`], { stdio: 'ignore' });
  while (!(await fetch(`http://${address}/-/ready`).then(({ ok, body }) => (void body?.cancel(), ok), () => false))) await sleep(100);

  const here = (name) => fileURLToPath(new URL(name, import.meta.url));
  const profiling = values['cpu-prof'] === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values['cpu-prof']}`];
  const execArgv = [...profiling, '--import', here('watch-probe.js')];
  const pinned = cores === null ? { execArgv } : { execPath: 'taskset', execArgv: ['-c', String(cores.client), process.execPath, ...execArgv] };
  const began = performance.now();
  const watcher = fork(here('../packages/watch/dist/cli/main.js'), ['watch', '--prometheus', `http://${address}`, '--once', '--json'], { ...pinned, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  let text = '';
  let cost = null;
  watcher.stdout.setEncoding('utf8').on('data', (piece) => (text += piece));
  watcher.on('message', (message) => (cost = message));
  const [code] = await once(watcher, 'close');
  const took = performance.now() - began;
  if (code !== 0) throw new Error(`the watcher ended with ${code}`);
  const { targets } = JSON.parse(text);
  const leaking = targets.filter((target) => target.leaking);
  const meant = (target) => Number(/^host-(\d+)/.exec(target.url)[1]) % 5 === 0;
  for (const [name, fact] of [...machineFacts({ version: process.version }, null)]) if (name !== 'cores') console.log(`${name}: ${fact}`);
  for (const warning of machineWarnings(cores)) console.log(warning);
  console.log(`\n${targets.length} processes with four weeks behind them: ${(cost.cpu / 1000).toFixed(1)} s of CPU (${(cost.cpu / targets.length).toFixed(1)} ms each), ${(took / 1000).toFixed(1)} s in all, RSS at most ${(cost.peakRss / 2 ** 20).toFixed(0)} MiB, the event loop late by ${cost.loop.max.toFixed(0)} ms at most`);
  console.log(`${leaking.length} leak; of ${targets.filter(meant).length} made to leak ${leaking.filter(meant).length}, of the others ${leaking.filter((target) => !meant(target)).length}`);
} finally {
  prometheus?.kill('SIGKILL');
  if (prometheus !== null && prometheus.exitCode === null && prometheus.signalCode === null) await once(prometheus, 'exit');
  rmSync(room, { recursive: true, force: true });
}
