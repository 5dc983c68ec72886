// Measures what being watched costs a service: its CPU time for each answer, by the number of leaked connections.
//
//   node scripts/scrape-cost.mjs [0 1000 5000]      Linux; also Go services, if Go is installed
//
// The CPU time is that of the process in /proc, on which other programs have little influence. It uses the output of
// `npx tsc -b`.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { removeBuilt, startedGoService, withoutGo } from '../packages/watch/dist-test/fixtures/go-service.js';

const numbers = process.argv.slice(2).map(Number);
if (numbers.some((number) => !Number.isInteger(number) || number < 0)) {
  console.error('The arguments are numbers of leaked connections.');
  process.exit(2);
}
const TICK = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
/** CPU time of the process, user and system, ms. */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

const NODE = `
import { createServer } from 'node:http';
import { get } from 'watertight';
import { pprofHandler } from 'watertight/pprof';
const kept = [];
const pages = createServer((request, response) => response.end('x'.repeat(1000))).listen(0, '127.0.0.1', () => {
  const profiles = pprofHandler();
  const server = createServer(async (request, response) => {
    if (!request.url.startsWith('/work')) return profiles(request, response);
    kept.push(await get('http://127.0.0.1:' + pages.address().port + '/'));
    response.end();
  }).listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port));
});`;

const services = [
  ['Node', () => spawn(process.execPath, ['--input-type=module', '-e', NODE], { cwd: fileURLToPath(new URL('../packages/watch', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit'] })],
  ...(withoutGo === null ? [['Go', () => startedGoService()]] : []),
];
const rows = [];
for (const [name, start] of services) {
  for (const leaked of numbers.length > 0 ? numbers : [0, 1000, 5000]) {
    const child = start();
    const [url] = await once(createInterface({ input: child.stdout }), 'line');
    const ask = async (path) => (await (await fetch(url + path)).arrayBuffer()).byteLength;
    for (let i = 0; i < leaked; i++) await ask('/work?body=leaked');
    for (const [what, path, times] of [['index', '/debug/pprof/', 200], ['debug=0', '/debug/pprof/goroutine?debug=0', 30], ['debug=2', '/debug/pprof/goroutine?debug=2', 30]]) {
      for (let i = 0; i < 5; i++) await ask(path);
      const before = cpu(child.pid);
      let bytes = 0;
      for (let i = 0; i < times; i++) bytes = await ask(path);
      rows.push({ service: name, connections: leaked, answer: what, 'CPU ms': Number(((cpu(child.pid) - before) / times).toFixed(2)), bytes });
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
removeBuilt();
console.log(`Node ${process.version}${withoutGo === null ? `, ${execFileSync('go', ['version'], { encoding: 'utf8' }).trim()}` : ''}`);
console.table(rows);
