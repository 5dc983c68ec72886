// Attaches to a server under load and leaves it again: prints how many requests failed, the longest pause, and whether the
// process is as before.
//
//   node scripts/attach-load.mjs [requests a second] [MB of heap] [seconds] [arguments of attach]
//
// The server is an Express app in a process of its own, with a heap of so many MB of small objects and strings. Its clients
// keep their connections, and send GET and POST with JSON; each handler asks an upstream, by fetch, undici or node:http.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { url as inspectorUrl } from 'node:inspector';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { Client, Transport } from 'watertight';

const self = fileURLToPath(import.meta.url);
const command = fileURLToPath(new URL('../packages/watch/bin/watertight.js', import.meta.url));

if (process.argv[2] === '--server') await serve(Number(process.argv[3]), process.argv[4]);
else await measure();

async function serve(megabytes, upstream) {
  const { default: express } = await import('express');
  const undici = await import(Number(process.versions.node.split('.')[0]) < 22 ? 'undici7' : 'undici');
  const records = new Map();
  while (process.memoryUsage().heapUsed < megabytes * 1024 * 1024) {
    for (let i = 0; i < 1000; i++) records.set(records.size, { id: records.size, name: `customer ${records.size}`, text: Buffer.alloc(500, 'x').toString('latin1') });
  }
  const agent = new http.Agent({ keepAlive: true });
  const pool = new undici.Agent();
  const ask = {
    fetch: async (path) => (await fetch(upstream + path)).json(),
    undici: async (path) => (await undici.request(upstream + path, { dispatcher: pool })).body.json(),
    'node-http': async (path) => {
      const request = http.get(upstream + path, { agent });
      const [response] = await once(request, 'response');
      return JSON.parse(Buffer.concat(await response.toArray()).toString());
    },
  };
  const app = express();
  app.use(express.json());
  app.get('/:client/:id', async (request, response) => {
    const price = await ask[request.params.client](`/prices/${request.params.id}`);
    response.json({ ...records.get(Number(request.params.id) % records.size), price });
  });
  app.post('/:client', async (request, response) => response.status(201).json({ ...request.body, price: await ask[request.params.client]('/prices/new') }));
  const server = app.listen(0, '127.0.0.1', async () => {
    // So that what they load and begin is there before.
    for (const each of Object.values(ask)) await each('/prices/first');
    // After the module has been run: until then Node has a listener of its own.
    before = listeners();
    remembered = read();
    process.send({ port: server.address().port, heap: process.memoryUsage().heapUsed });
  });
  // As most servers do behind a proxy, so that a connection is not closed in the moment of its next request.
  server.keepAliveTimeout = 60_000;
  const observed = [process, globalThis, http, ...[http.Agent, http.ClientRequest, http.IncomingMessage, Readable].map(({ prototype }) => prototype)];
  const read = () => observed.map((object) => new Map(Reflect.ownKeys(object).map((key) => [key, Reflect.getOwnPropertyDescriptor(object, key)])));
  const listeners = () => process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`).sort();
  let before, remembered;
  process.on('message', () => {
    const now = read();
    // Node itself writes down the port of the inspector when it opens.
    const changed = remembered.flatMap((properties, index) => [...new Set([...properties.keys(), ...now[index].keys()])].filter((key) => key !== 'debugPort' && !isDeepStrictEqual(properties.get(key), now[index].get(key))).map(String));
    const after = listeners();
    for (const each of new Set([...before, ...after])) if (before.includes(each) !== after.includes(each)) changed.push(`listeners of ${each}`);
    if (inspectorUrl() !== undefined) changed.push('inspector');
    process.send({ changed });
  });
}

async function measure() {
  const args = process.argv.slice(2);
  const option = args.findIndex((each) => !/^\d+$/.test(each));
  const [rate = 200, megabytes = 200, seconds = 20] = args.splice(0, option === -1 ? args.length : option).map(Number);
  const upstream = http.createServer((request, response) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ path: request.url, cents: 995 }))).listen(0, '127.0.0.1');
  upstream.keepAliveTimeout = 60_000;
  await once(upstream, 'listening');
  const server = fork(self, ['--server', String(megabytes), `http://127.0.0.1:${upstream.address().port}`], { execArgv: ['--max-old-space-size=4096', '--inspect-port=0'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [{ port, heap }] = await once(server, 'message');
  const transport = new Transport();
  const client = new Client({ transport, timeout: 30_000 });
  let [asked, failed, slowest, over] = [0, 0, 0, false];
  const waiting = new Set();
  const reasons = new Set();
  const request = async () => {
    const start = performance.now();
    const number = ++asked;
    const by = ['fetch', 'undici', 'node-http'][number % 3];
    try {
      const isPost = number % 2 === 1;
      const base = `http://127.0.0.1:${port}/${by}`;
      const response = isPost ? await client.post(base, JSON.stringify({ number }), { headers: { 'Content-Type': 'application/json' } }) : await client.get(`${base}/${number}`);
      const { price } = await response.json();
      if (response.status !== (isPost ? 201 : 200) || price.cents !== 995) failed++;
    } catch (error) {
      failed++;
      reasons.add(error.message);
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
  const failedBefore = failed;
  slowest = 0;
  const stays = args.includes('--look-only') ? [] : ['--for', `${seconds}s`];
  const attach = spawn(process.execPath, [command, 'attach', String(server.pid), ...stays, '--json', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  attach.stdout.setEncoding('utf8').on('data', (piece) => (text += piece));
  await once(attach, 'close');
  const { node, pauses, longestPause, unread, leaks } = JSON.parse(text);
  await sleep(1000);
  over = true;
  await load;
  server.send('changed');
  const [{ changed }] = await once(server, 'message');
  server.kill();
  await transport.close();
  upstream.close();
  upstream.closeAllConnections();
  console.log(`Node ${node}, a heap of ${Math.round(heap / 1024 / 1024)} MB, ${rate} requests a second: ${asked} requests, ${failed} failed, ${failedBefore} of these before the command; ${unread.length} unread, ${leaks.length} leaked; changed in the process: ${changed.join(', ') || 'nothing'}`);
  console.log(`longest pause: ${longestPause.toFixed(1)} ms; slowest request before: ${before.toFixed(0)} ms, meanwhile: ${slowest.toFixed(0)} ms`);
  for (const reason of [...reasons].slice(0, 3)) console.log(`  a request failed: ${reason}`);
  for (const { what, ms } of pauses) console.log(`  ${what}: ${ms.toFixed(1)} ms`);
}
