// The daemons of scripts/live-cohorts.mjs: Go programs as Debian packages them, how each is started with its profiles
// open, and a moment of its usual traffic.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

/** One request, read to its end; what the daemon thinks of it does not matter. */
async function ask(url, init) {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(20_000) });
  await response.arrayBuffer();
  return response;
}
const json = (value, method = 'POST') => ({ method, body: JSON.stringify(value), headers: { 'content-type': 'application/json' } });
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const pick = (list) => list[Math.floor(Math.random() * list.length)];

/** A session of NATS that lasts for a while, as services and their restarts have. */
async function natsSession(port) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.on('data', (data) => String(data).includes('PING') && socket.write('PONG\r\n'));
  socket.write(`CONNECT {"verbose":false}\r\nSUB orders.* 1\r\n`);
  const until = Date.now() + 5000 + 120_000 * Math.random() ** 2;
  while (Date.now() < until && !socket.destroyed) {
    socket.write(`PUB orders.${Math.floor(Math.random() * 9)} 5\r\nhello\r\n`);
    await wait(500);
  }
  socket.destroy();
}

/** A stream of etcd's changes that lasts for a while. */
async function etcdWatch(url) {
  const response = await fetch(`${url}/v3/watch`, { ...json({ create_request: { key: Buffer.from('key').toString('base64') } }), signal: AbortSignal.timeout(3000 + 60_000 * Math.random()) });
  for await (const _ of response.body) continue;
}

async function pushedBlob(url) {
  const begun = await ask(`${url}/v2/things/blobs/uploads/`, { method: 'POST' });
  const body = Buffer.alloc(200_000, String(Math.random()));
  const { createHash } = await import('node:crypto');
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  await ask(`${new URL(begun.headers.get('location'), url)}&digest=${digest}`, { method: 'PUT', body });
  await ask(`${url}/v2/things/blobs/${digest}`);
}

/**
 * `bin`, `pack`: what has to be installed. `ports`: how many it wants. `start`: its arguments and environment, where a
 * folder of its own and the ports are given. `profiles`: where the watcher looks. `traffic`: one moment of it.
 */
export const DAEMONS = [
  {
    pack: 'prometheus', bin: 'prometheus', ports: 1,
    start: (room, [port]) => {
      writeFileSync(join(room, 'p.yml'), `global: { scrape_interval: 2s }\nscrape_configs: [{ job_name: self, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]\n`);
      return { args: [`--config.file=${join(room, 'p.yml')}`, `--storage.tsdb.path=${join(room, 'data')}`, `--web.listen-address=127.0.0.1:${port}`] };
    },
    traffic: (url) => ask(`${url}/api/v1/${pick(['query?query=up', 'query_range?query=rate(go_goroutines[1m])&start=0&end=100&step=10', 'targets', 'labels'])}`),
  },
  {
    pack: 'prometheus-alertmanager', bin: 'prometheus-alertmanager', ports: 2,
    start: (room, [port, cluster]) => {
      writeFileSync(join(room, 'a.yml'), 'route: { receiver: none }\nreceivers: [{ name: none }]\n');
      return { args: [`--config.file=${join(room, 'a.yml')}`, `--storage.path=${join(room, 'data')}`, `--web.listen-address=127.0.0.1:${port}`, `--cluster.listen-address=127.0.0.1:${cluster}`] };
    },
    traffic: (url) => (Math.random() < 0.3 ? ask(`${url}/api/v2/alerts`, json([{ labels: { alertname: pick(['a', 'b', 'c']), n: String(Math.floor(Math.random() * 50)) } }])) : ask(`${url}/api/v2/alerts`)),
  },
  { pack: 'prometheus-node-exporter', bin: 'prometheus-node-exporter', ports: 1, start: (_room, [port]) => ({ args: [`--web.listen-address=127.0.0.1:${port}`] }), traffic: (url) => ask(`${url}/metrics`) },
  { pack: 'prometheus-pushgateway', bin: 'prometheus-pushgateway', ports: 1, start: (_room, [port]) => ({ args: [`--web.listen-address=127.0.0.1:${port}`] }), traffic: (url) => ask(`${url}/metrics/job/j${Math.floor(Math.random() * 20)}`, { method: 'PUT', body: 'x 1\n' }) },
  { pack: 'prometheus-blackbox-exporter', bin: 'prometheus-blackbox-exporter', ports: 1, start: (room, [port]) => {
    writeFileSync(join(room, 'b.yml'), 'modules: { http_2xx: { prober: http } }\n');
    return { args: [`--config.file=${join(room, 'b.yml')}`, `--web.listen-address=127.0.0.1:${port}`] };
  }, traffic: (url) => ask(`${url}/probe?module=http_2xx&target=${encodeURIComponent(`${url}/metrics`)}`) },
  {
    pack: 'caddy', bin: 'caddy', ports: 2, profilePort: 1, isSlow: true,
    start: (room, [port, admin], { plain }) => {
      writeFileSync(join(room, 'Caddyfile'), `{\n admin 127.0.0.1:${admin}\n auto_https off\n}\nhttp://127.0.0.1:${port} {\n handle /file {\n  reverse_proxy ${plain}\n }\n handle /page {\n  reverse_proxy ${plain}\n }\n handle {\n  root * ${room}\n  file_server browse\n }\n}\n`);
      return { args: ['run', '--config', join(room, 'Caddyfile'), '--adapter', 'caddyfile'], env: { XDG_DATA_HOME: room, XDG_CONFIG_HOME: room, HOME: room } };
    },
    traffic: (url) => ask(`${url}${pick(['/page', '/', '/Caddyfile'])}`),
  },
  {
    pack: 'etcd-server', bin: 'etcd', ports: 2,
    start: (room, [port, peer]) => ({ args: ['--enable-pprof', '--data-dir', join(room, 'data'), '--listen-client-urls', `http://127.0.0.1:${port}`, '--advertise-client-urls', `http://127.0.0.1:${port}`, '--listen-peer-urls', `http://127.0.0.1:${peer}`, '--initial-advertise-peer-urls', `http://127.0.0.1:${peer}`, '--initial-cluster', `default=http://127.0.0.1:${peer}`, '--unsafe-no-fsync'] }),
    traffic: (url) => {
      if (Math.random() < 0.03) return etcdWatch(url);
      const key = Buffer.from(`key${Math.floor(Math.random() * 100)}`).toString('base64');
      return ask(`${url}/v3/kv/${pick(['put', 'range'])}`, json({ key, value: key }));
    },
  },
  { pack: 'nats-server', bin: 'nats-server', ports: 2, profilePort: 1, start: (_room, [port, profiles]) => ({ args: ['-a', '127.0.0.1', '-p', String(port), '--profile', String(profiles)] }), traffic: (_url, [port]) => (Math.random() < 0.05 ? natsSession(port) : wait(10)) },
  {
    pack: 'docker-registry', bin: 'docker-registry', ports: 2, profilePort: 1,
    start: (room, [port, debug]) => {
      writeFileSync(join(room, 'r.yml'), `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${join(room, 'data')} } }\nhttp: { addr: 127.0.0.1:${port}, debug: { addr: 127.0.0.1:${debug} } }\n`);
      return { args: ['serve', join(room, 'r.yml')] };
    },
    traffic: (_url, [port]) => (Math.random() < 0.2 ? pushedBlob(`http://127.0.0.1:${port}`) : ask(`http://127.0.0.1:${port}/v2/_catalog`)),
  },
  { pack: 'victoria-metrics', bin: 'victoria-metrics', ports: 1, start: (room, [port]) => ({ args: [`-httpListenAddr=127.0.0.1:${port}`, `-storageDataPath=${join(room, 'data')}`] }), traffic: (url) => (Math.random() < 0.5 ? ask(`${url}/api/v1/import/prometheus`, { method: 'POST', body: `x{n="${Math.floor(Math.random() * 100)}"} ${Math.random()}\n` }) : ask(`${url}/api/v1/query?query=x`)) },
  {
    pack: 'influxdb', bin: 'influxd', ports: 2,
    start: (room, [port, rpc]) => {
      writeFileSync(join(room, 'i.conf'), `reporting-disabled = true\nbind-address = "127.0.0.1:${rpc}"\n[meta]\n dir = "${join(room, 'meta')}"\n[data]\n dir = "${join(room, 'data')}"\n wal-dir = "${join(room, 'wal')}"\n[http]\n bind-address = "127.0.0.1:${port}"\n pprof-enabled = true\n log-enabled = false\n`);
      return { args: ['run', '-config', join(room, 'i.conf')] };
    },
    traffic: async (url) => {
      if (Math.random() < 0.01) await ask(`${url}/query?q=CREATE%20DATABASE%20d`, { method: 'POST' });
      await (Math.random() < 0.5 ? ask(`${url}/write?db=d`, { method: 'POST', body: `x,n=${Math.floor(Math.random() * 20)} v=1\n` }) : ask(`${url}/query?db=d&q=select%20*%20from%20x%20limit%205`));
    },
  },
  { pack: 'syncthing', bin: 'syncthing', ports: 2, profilePort: 1, start: (room, [port, profiles]) => ({ args: ['-home', join(room, 'home'), '-no-browser', '-no-default-folder', '-no-restart', `-gui-address=127.0.0.1:${port}`], env: { HOME: room, STPROFILER: `127.0.0.1:${profiles}`, STNOUPGRADE: '1' } }), traffic: (_url, [port]) => ask(`http://127.0.0.1:${port}/rest/noauth/health`) },
  { pack: 'rclone', bin: 'rclone', ports: 1, start: (room, [port]) => ({ args: ['rcd', '--rc-no-auth', `--rc-addr=127.0.0.1:${port}`, '--rc-files', room], env: { HOME: room } }), traffic: (url) => ask(`${url}/${pick(['rc/noop', 'operations/list', 'core/stats'])}`, json({ fs: '/etc', remote: '' })) },
  {
    pack: 'mtail', bin: 'mtail', ports: 1,
    start: (room, [port]) => {
      writeFileSync(join(room, 'count.mtail'), 'counter lines\n/$/ { lines++ }\n');
      writeFileSync(join(room, 'a.log'), 'x\n');
      return { args: ['-progs', room, '-logs', join(room, 'a.log'), '-port', String(port), '-address', '127.0.0.1', '-log_dir', room] };
    },
    traffic: (url) => ask(`${url}/metrics`),
  },
];

/** The version that is installed; null where it is not. */
export function versionOf({ pack, bin }) {
  try {
    execFileSync('which', [bin], { stdio: 'ignore' });
    return execFileSync('dpkg-query', ['-W', '-f', '${Version}', pack], { encoding: 'utf8' });
  } catch {
    return null;
  }
}
