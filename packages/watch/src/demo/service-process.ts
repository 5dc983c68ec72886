/**
 * Owns the process of one of the demonstration's Node services, which either leaks or does not.
 *
 * `leaking` forgets the bodies of error responses; `healthy` is the same program with the line that closes them.
 * The process prints the address of its profiles, and ends when its parent does.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { get } from 'watertight';
import { pprofHandler } from 'watertight/pprof';

const form = process.argv[2];
/** Ms between two requests. */
const PACE = 250;

/** The service that this one calls: it answers every other request with an error. */
const warehouse = createServer((_request, response) => {
  const inStock = Math.random() < 0.5;
  response.writeHead(inStock ? 200 : 404, { 'Content-Type': 'application/json' }).end(JSON.stringify(inStock ? { left: 3 } : { error: 'nothing left of it' }));
}).listen(0, '127.0.0.1');
await once(warehouse, 'listening');
const address = `http://127.0.0.1:${(warehouse.address() as AddressInfo).port}`;

async function stockOf(article: number): Promise<number | null> {
  const response = await get(`${address}/stock/${article}`);
  if (response.status !== 200) return null; // the body is forgotten
  const { left } = (await response.json()) as { left: number };
  return left;
}

async function correctStockOf(article: number): Promise<number | null> {
  await using response = await get(`${address}/stock/${article}`);
  if (response.status !== 200) return null;
  const { left } = (await response.json()) as { left: number };
  return left;
}

const ask = form === 'leaking' ? stockOf : correctStockOf;
let article = 0;
setInterval(() => void ask(article++), PACE);

const profiles = createServer(pprofHandler()).listen(0, '127.0.0.1');
await once(profiles, 'listening');
process.stdout.write(`http://127.0.0.1:${(profiles.address() as AddressInfo).port}\n`);

// Its standard input ends with its parent, however that ends.
process.stdin.on('end', () => process.exit()).resume();
