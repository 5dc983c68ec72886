// Attaches to a server under load and leaves it again: prints how many requests failed, and the longest pause.
//
//   node scripts/attach-load.mjs [requests a second] [MB of heap] [seconds] [arguments of attach]
//
// The server is a plain node:http server in a process of its own, with a heap of so many MB of small objects and strings.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Transport } from 'watertight';

const self = fileURLToPath(import.meta.url);
const command = fileURLToPath(new URL('../packages/watch/bin/watertight.js', import.meta.url));

if (process.argv[2] === '--server') serve(Number(process.argv[3]));
else await measure();

function serve(megabytes) {
  const records = new Map();
  while (process.memoryUsage().heapUsed < megabytes * 1024 * 1024) {
    for (let i = 0; i < 1000; i++) records.set(records.size, { id: records.size, name: `customer ${records.size}`, text: Buffer.alloc(500, 'x').toString('latin1') });
  }
  const server = createServer((request, response) => response.end(JSON.stringify(records.get(Number(request.url.slice(1)) % records.size))));
  // As most servers do behind a proxy, so that a connection is not closed in the moment of its next request.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, heap: process.memoryUsage().heapUsed }));
}

async function measure() {
  const [rate = 200, megabytes = 200, seconds = 20, ...args] = process.argv.slice(2).map((each) => (/^\d+$/.test(each) ? Number(each) : each));
  const server = fork(self, ['--server', String(megabytes)], { execArgv: ['--max-old-space-size=4096', '--inspect-port=0'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [{ port, heap }] = await once(server, 'message');
  const transport = new Transport();
  const client = new Client({ transport, timeout: 30_000 });
  let [asked, failed, slowest, over] = [0, 0, 0, false];
  const waiting = new Set();
  const request = async () => {
    const start = performance.now();
    asked++;
    try {
      const response = await client.get(`http://127.0.0.1:${port}/${asked}`);
      await response.text();
      if (response.status !== 200) failed++;
    } catch {
      failed++;
    }
    slowest = Math.max(slowest, performance.now() - start);
  };
  const begun = performance.now();
  const load = (async () => {
    while (!over) {
      while (asked < ((performance.now() - begun) / 1000) * rate) {
        const each = request().finally(() => waiting.delete(each));
        waiting.add(each);
      }
      await sleep(5);
    }
    await Promise.all(waiting);
  })();
  await sleep(2000);
  const before = slowest;
  slowest = 0;
  const attach = spawn(process.execPath, [command, 'attach', String(server.pid), '--for', `${seconds}s`, '--json', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  attach.stdout.setEncoding('utf8').on('data', (piece) => (text += piece));
  await once(attach, 'close');
  const { node, pauses, longestPause } = JSON.parse(text);
  await sleep(1000);
  over = true;
  await load;
  server.kill();
  await transport.close();
  console.log(`Node ${node}, a heap of ${Math.round(heap / 1024 / 1024)} MB, ${rate} requests a second: ${asked} requests, ${failed} failed`);
  console.log(`longest pause: ${longestPause.toFixed(1)} ms; slowest request before: ${before.toFixed(0)} ms, meanwhile: ${slowest.toFixed(0)} ms`);
  for (const { what, ms } of pauses) console.log(`  ${what}: ${ms.toFixed(1)} ms`);
}
