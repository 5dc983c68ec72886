/** Runs in a process of its own: leaves it in one of the states that must not keep it alive, and returns. */

import { Client, Transport } from 'watertight';

const [, , state, url] = process.argv;
const transport = new Transport({ idleConnTimeout: 60_000, responseHeaderTimeout: 60_000, bodyIdleTimeout: 60_000 });
const client = new Client({ transport });
const kept: unknown[] = [];

switch (state) {
  case 'idle':
    await (await client.get(`${url}/bytes/5`)).bytes();
    break;
  case 'pinned':
    kept.push(await client.get(`${url}/bytes/50000`, { timeout: 60_000 }));
    break;
  case 'closed':
    await (await client.get(`${url}/bytes/5`)).bytes();
    await transport.close();
    break;
  case 'closed while busy':
    for (let i = 0; i < 10; i++) client.get(`${url}/wait/20`).then((response) => response.bytes()).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 10));
    await transport.close();
    break;
  case 'waiting':
    process.stdout.write(await (await client.get(`${url}/wait/300`)).text());
    break;
  case 'cancelled':
    await client.get(`${url}/wait/60000`, { signal: AbortSignal.timeout(50), timeout: 60_000 }).catch(() => {});
    break;
  default:
    throw new Error(`no such state: ${state}`);
}
process.on('exit', () => process.stdout.write(`ended with ${kept.length} kept`));
