// Compares the CPU time that a proxy takes for a request: this one, one of undici, and one of node:http with an agent.
// Each runs in a process of its own; the backend and the clients are in this one. The rounds of the three alternate, and
// what is printed is the median of the ratios to this proxy in each round: they are right on a busy machine, too.
//
//   node examples/reverse-proxy/compare.mjs [--rounds 7] [--requests 2000] [--clients 20]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Transport } from 'watertight';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' }, requests: { type: 'string', default: '2000' }, clients: { type: 'string', default: '20' } } });
const PROXIES = ['watertight', 'undici', 'node:http'];
const SCENARIOS = {
  'GET, 12 bytes': { path: '/small' },
  'GET, 64 KiB': { path: '/large' },
  'POST, 4 KiB each way': { path: '/echo', body: Buffer.alloc(4096, 'x') },
};

const large = Buffer.alloc(64 << 10, 'x');
const backend = createServer((request, response) => {
  if (request.url === '/echo') request.pipe(response.writeHead(200, { 'Content-Length': request.headers['content-length'] }));
  else response.setHeader('Content-Type', 'text/plain').end(request.url === '/large' ? large : 'hello, world');
}).listen(0, '127.0.0.1');
await once(backend, 'listening');
const target = `http://127.0.0.1:${backend.address().port}`;
const clients = new Transport({ disableCompression: true });

async function started(name) {
  const child = fork(fileURLToPath(new URL('contender.mjs', import.meta.url)), [name, target]);
  const [port] = await once(child, 'message');
  return { child, origin: `http://127.0.0.1:${port}` };
}

/** The CPU time of the proxy's process so far, µs. */
async function cpu({ child }) {
  child.send('cpu');
  const [time] = await once(child, 'message');
  return time;
}

async function run({ origin }, { path, body }, requests) {
  let left = requests;
  await Promise.all(Array.from({ length: Number(values.clients) }, async () => {
    while (left-- > 0) {
      const response = await clients.roundTrip({ url: origin + path, method: body === undefined ? 'GET' : 'POST', body });
      await response.bytes();
      if (response.status !== 200) throw new Error(`${origin}${path}: ${response.status}`);
    }
  }));
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const contenders = await Promise.all(PROXIES.map(started));
console.log(`CPU time of the proxy for a request, as a ratio to watertight; Node ${process.version}, ${values.rounds} rounds of ${values.requests} requests on ${values.clients} connections`);
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  for (const contender of contenders) await run(contender, scenario, Number(values.requests));
  const ratios = PROXIES.map(() => []);
  for (let round = 0; round < Number(values.rounds); round++) {
    const times = [];
    for (const contender of contenders) {
      const before = await cpu(contender);
      await run(contender, scenario, Number(values.requests));
      times.push(await cpu(contender) - before);
    }
    times.forEach((time, i) => ratios[i].push(time / times[0]));
  }
  console.log(name.padEnd(22), PROXIES.map((proxy, i) => `${proxy} ${median(ratios[i]).toFixed(2)} (${Math.min(...ratios[i]).toFixed(2)} to ${Math.max(...ratios[i]).toFixed(2)})`).join(', '));
}
for (const { child } of contenders) child.disconnect();
await clients.close();
backend.close();
