// A live trial of what the watcher finds by cohorts: real Go programs that leak in every way, the same without the
// mistake, reverse proxies whose clients are slow, Node services, and the Go daemons that Debian packages, under
// traffic and restarted now and then. Ends with 1 if a leak was found too late, or anything healthy was reported.
//
//   node scripts/live-cohorts.mjs --minutes 20       how long
//                                 --interval 2000    ms between scrapes; below 10,000 time counts as that much faster
//                                 --per-hour 20      leaks an hour, at the usual interval
//                                 --restart 7        minutes between two restarts of a daemon
//                                 --only TEXT,TEXT   only what has one of these in its name
//
// It wants Go, and uses each daemon that is installed (`apt-get install prometheus caddy etcd-server …`, see
// scripts/live/daemons.mjs). It uses the output of `npx tsc -b`.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Monitor } from '../packages/watch/dist/monitor/index.js';
import { parseTarget } from '../packages/watch/dist/scrape/index.js';
import { History } from '../packages/watch/dist/store/index.js';
import { DAEMONS, versionOf } from './live/daemons.mjs';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '20' }, interval: { type: 'string', default: '2000' }, 'per-hour': { type: 'string', default: '20' }, restart: { type: 'string', default: '7' }, only: { type: 'string', default: '' } } });
const MINUTE = 60_000;
const interval = Number(values.interval);
const faster = Math.max(1, 10_000 / interval);
const perHour = Number(values['per-hour']) * faster;
/** Within so long, ms, a leak of that pace is to be found. */
const bar = ((perHour / faster >= 20 ? 15 : 120) * MINUTE) / faster + 3_600_000 / perHour;

const KINDS = ['body', 'body2', 'transport', 'transport2', 'ticker', 'send', 'receive', 'pipe', 'lock', 'context', 'rows'];
const LEAKS = fileURLToPath(new URL('../packages/watch/test/fixtures/go-leaks', import.meta.url));
const NODE_KINDS = ['body', 'fetch', 'http', 'transport', 'task', 'ticker'];
const NODE = fileURLToPath(new URL('../packages/watch/dist-test/fixtures/leaking-node-process.js', import.meta.url));

const room = mkdtempSync(join(tmpdir(), 'live-cohorts-'));
const children = new Set();
let ending = false;

function started(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], ...options, env: { ...process.env, ...options.env } });
  children.add(child);
  child.once('exit', () => children.delete(child));
  child.on('error', () => {});
  child.stdin?.on('error', () => {});
  return child;
}

async function firstLine(child) {
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [null])]);
  child.stdout.resume();
  if (line === null) throw new Error(`${child.spawnfile} ended at once`);
  return line;
}

async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** What is watched: `leaks` says what is expected. */
const watched = [];
const isChosen = (name) => values.only.split(',').some((text) => name.includes(text));
const binary = join(room, 'leaks');
execFileSync('go', ['build', '-o', binary, '.'], { cwd: LEAKS, env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '' } });

const [plain, secure] = (await firstLine(started(binary, ['-kind', 'upstream']))).split(' ');
const every = `${(3_600_000 / perHour).toFixed(0)}ms`;

/** Clients that take what they download slowly, again and again. */
async function slowDownloads(url, count) {
  await Promise.all(Array.from({ length: count }, async (_, i) => {
    await wait(i * 7000);
    while (!ending) {
      const child = started('curl', ['-s', '-o', '/dev/null', '--limit-rate', `${40 + 20 * i}k`, url]);
      await once(child, 'exit').catch(() => {});
      await wait(1000);
    }
  }));
}

for (const kind of KINDS) {
  for (const fixed of [false, true]) {
    const name = `${kind}${fixed ? ', fixed' : ''}`;
    if (!isChosen(name)) continue;
    const url = await firstLine(started(binary, ['-kind', kind, '-every', fixed ? '250ms' : every, '-plain', plain, '-secure', secure, ...(fixed ? ['-fixed'] : [])]));
    watched.push({ name: `Go: ${name}`, url, leaks: !fixed, began: Date.now() });
  }
}
for (const kind of NODE_KINDS) {
  for (const fixed of [false, true]) {
    const name = `${kind}${fixed ? ', fixed' : ''}`;
    if (!isChosen(name)) continue;
    const url = await firstLine(started(process.execPath, [NODE, kind, fixed ? '1000' : String(3_600_000 / perHour), plain, fixed ? 'fixed' : 'leaking']));
    watched.push({ name: `Node: ${name}`, url, leaks: !fixed, began: Date.now() });
  }
}
if (isChosen('ReverseProxy')) {
  const url = await firstLine(started(binary, ['-kind', 'proxy', '-plain', plain]));
  watched.push({ name: 'ReverseProxy, slow clients', url, leaks: false, began: Date.now() });
  void slowDownloads(`${url}/file`, 12);
}

const missing = [];
/** Starts a daemon, again after each of its ends, and talks to it. */
async function daemon(definition) {
  const { pack, bin, ports, profilePort = 0, start, traffic, isSlow = false } = definition;
  const own = join(room, pack);
  mkdirSync(own);
  const numbers = await freePorts(ports);
  const { args, env } = start(own, numbers, { plain, secure });
  const target = `http://127.0.0.1:${numbers[profilePort]}`;
  const url = `http://127.0.0.1:${numbers[0]}`;
  const row = { name: `${pack} ${versionOf(definition)}`, url: target, leaks: false, began: Date.now(), restarts: 0, requests: 0, failed: 0 };
  watched.push(row);
  const talk = async (pause) => {
    await wait(3000 * Math.random());
    while (!ending) {
      await Promise.resolve(traffic(url, numbers)).then(() => row.requests++, () => row.failed++);
      await wait(pause * (0.5 + Math.random()));
    }
  };
  for (const pause of [100, 300, 900, 2000]) void talk(pause);
  for (const _ of Array.from({ length: 60 })) if (pack === 'nats-server' || pack === 'etcd-server') void talk(3000);
  if (isSlow) void slowDownloads(`${url}/file`, 12);
  while (!ending) {
    const child = started(bin, args, { cwd: own, env, stdio: 'ignore' });
    const exit = once(child, 'exit').catch(() => {});
    await Promise.race([exit, wait(Number(values.restart) * MINUTE * (0.6 + 0.8 * Math.random()), undefined, { ref: false })]);
    if (ending) break;
    child.kill('SIGTERM');
    await Promise.race([exit, wait(5000).then(() => child.kill('SIGKILL'))]);
    row.restarts++;
    await wait(2000);
  }
}
for (const definition of DAEMONS.filter(({ pack }) => isChosen(pack))) {
  if (versionOf(definition) === null) missing.push(definition.pack);
  else void daemon(definition);
}
await wait(1000);

const history = new History(join(room, 'history.db'));
const monitor = new Monitor(history, { interval });
monitor.setTargets(watched.map(({ url }) => parseTarget(url)));
const byUrl = new Map(watched.map((row) => [parseTarget(row.url).url, row]));
monitor.onScrape(({ url, up, leaking, reason, count, groups }) => {
  const row = byUrl.get(url);
  row.scrapes = (row.scrapes ?? 0) + (up ? 1 : 0);
  row.most = Math.max(row.most ?? 0, count ?? 0);
  if (!leaking || row.found !== undefined) return;
  row.found = Date.now();
  row.until = row.scrapes;
  row.reason = reason;
  row.rule = groups.find((group) => group.leaking)?.rule ?? '';
  console.log(`${new Date().toISOString()} ${row.name} leaks: ${reason}`);
});
// A leak that had begun before is watched from now on.
for (const row of watched) row.began = Date.now();
console.log(`${watched.length} services every ${interval} ms for ${values.minutes} minutes; leaks: ${perHour} an hour; not installed: ${missing.join(', ') || 'none'}`);
monitor.start();
const end = async () => {
  if (ending) return;
  ending = true;
  await monitor.stop();
  for (const child of children) child.kill('SIGKILL');
  history.close();
  rmSync(room, { recursive: true, force: true });
};
process.once('SIGINT', () => void end().then(() => process.exit(130)));
process.once('SIGTERM', () => void end().then(() => process.exit(143)));
const began = Date.now();
const cpu = process.cpuUsage();
await wait(Number(values.minutes) * MINUTE);
const { user, system } = process.cpuUsage(cpu);
const share = (user + system) / 1000 / (Date.now() - began);
await end();

console.table(Object.fromEntries(watched.map((row) => [row.name, { leaks: row.leaks, 'found after, min': row.found === undefined ? '' : ((row.found - row.began) / MINUTE).toFixed(1), 'scrapes until': row.until ?? '', rule: row.rule ?? '', scrapes: row.scrapes ?? 0, most: row.most ?? 0, restarts: row.restarts ?? '', requests: row.requests ?? '', failed: row.failed ?? '' }])));
// A machine that is too busy for its scrapes is late, and not what it runs.
const late = watched.filter(({ leaks, found, until = Infinity, began: from }) => leaks && (found === undefined || (found - from > bar && until > bar / interval)));
const wrong = watched.filter(({ leaks, found }) => !leaks && found !== undefined);
const unseen = watched.filter(({ scrapes = 0 }) => scrapes === 0);
console.log(`${watched.filter(({ leaks }) => leaks).length - late.length} of ${watched.filter(({ leaks }) => leaks).length} leaks found within ${(bar / MINUTE).toFixed(1)} min; ${wrong.length} of ${watched.filter(({ leaks }) => !leaks).length} healthy ones reported: ${wrong.map(({ name }) => name).join(', ') || 'none'}; never answered: ${unseen.map(({ name }) => name).join(', ') || 'none'}; this process, traffic included: ${(100 * share).toFixed(0)} % of one core`);
process.exit(late.length + wrong.length > 0 ? 1 : 0);
