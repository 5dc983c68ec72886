// Starts the fleet: pages, three services, a Prometheus that scrapes them and writes to a second one, which stands for the
// long-term store. Prints the addresses, and runs until Ctrl-C.
//
//   node examples/fleet/start.mjs [--past 36]
//
// --past HOURS: the store also has so many hours of the services' past, made up, in which shop-2 leaks 30 responses an
// hour. Otherwise a verdict takes the hours that a leak takes to show.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({ options: { past: { type: 'string', default: '0' } } });
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fleet-'));
const children = [];

process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit());

const FLEET = [
  { job: 'shop', instance: 'shop-1', mode: 'healthy' },
  { job: 'shop', instance: 'shop-2', mode: 'leaking' },
  { job: 'cart', instance: 'cart-1', mode: 'healthy' },
];

const pages = createServer((request, response) => response.writeHead(request.url === '/missing' ? 404 : 200).end('x'.repeat(100_000))).listen(0, '127.0.0.1');
await once(pages, 'listening');

const targets = await Promise.all(FLEET.map(async ({ job, instance, mode }) => {
  const child = spawn(process.execPath, ['--import', 'watertight/register', here('service.mjs'), `http://127.0.0.1:${pages.address().port}`, mode], { cwd: here('.'), env: { ...process.env, WATERTIGHT_TRACK: 'all' }, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [port] = await once(createInterface({ input: child.stdout }), 'line');
  return { targets: [`127.0.0.1:${port}`], labels: { job, instance } };
}));

if (Number(options.past) > 0) {
  writeFileSync(join(folder, 'past'), past(Number(options.past)));
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'past'), join(folder, 'store')], { stdio: 'ignore' });
}
const store = await prometheus('store', { global: {} }, ['--web.enable-remote-write-receiver', '--storage.tsdb.retention.time=60d']);
copyFileSync(here('rules.yml'), join(folder, 'rules.yml'));
const scraping = await prometheus('scraping', {
  global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
  rule_files: ['rules.yml'],
  scrape_configs: [{ job_name: 'fleet', static_configs: targets }],
  remote_write: [{ url: `${store}/api/v1/write`, queue_config: { batch_send_deadline: '1s' } }],
});
console.log(`prometheus ${scraping}\nstore ${store}`);

async function prometheus(name, config, flags = []) {
  const port = await freePort();
  writeFileSync(join(folder, `${name}.yml`), JSON.stringify(config));
  const child = spawn('prometheus', [`--config.file=${join(folder, `${name}.yml`)}`, `--storage.tsdb.path=${join(folder, name)}`, `--web.listen-address=127.0.0.1:${port}`, ...flags], { stdio: 'ignore' });
  children.push(child);
  const url = `http://127.0.0.1:${port}`;
  while (child.exitCode === null) {
    const ready = await fetch(`${url}/-/ready`).then(async (response) => (await response.text(), response.ok), () => false);
    if (ready) return url;
    await sleep(50);
  }
  throw new Error(`prometheus (${name}) ended with ${child.exitCode}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Up to some minutes ago, a point a minute, in OpenMetrics text. */
function past(hours) {
  const end = Math.floor(Date.now() / 60_000) * 60 - 300;
  const begin = end - hours * 3600;
  const counts = [];
  const starts = [];
  for (const { job, instance, mode } of FLEET) {
    const own = `job="${job}",instance="${instance}"`;
    for (let time = begin; time <= end; time += 60) {
      const held = mode === 'leaking' ? Math.round((30 * (time - begin)) / 3600) : 0;
      counts.push(`http_client_open_connections{${own},state="active",server_address="pages",server_port="80",url_scheme="http"} ${1 + held} ${time}`);
      starts.push(`process_start_time_seconds{${own}} ${begin - 1} ${time}`);
    }
  }
  return ['# TYPE http_client_open_connections gauge', ...counts, '# TYPE process_start_time_seconds gauge', ...starts, '# EOF', ''].join('\n');
}
