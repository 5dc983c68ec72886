// The service in the picture of the flame graph, as a process of its own: two of its lines forget bodies, so many
// of each, and it does other work beside them. It prints where its profiles are, and ends when its parent does.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { get, type Response } from 'watertight';
import { pprofHandler } from 'watertight/pprof';
import { go } from 'watertight/tasks';

async function addressOf(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What the shop asks; orders are answered as slowly as can be. */
const warehouse = await addressOf(
  createServer((request, response) => {
    if (request.url === '/orders') return;
    response.writeHead(request.url === '/prices' ? 200 : 404).end('x'.repeat(1000));
  }),
);

/** The leak that the collector cannot end: what was drawn is kept, and the responses with it. */
const drawn: (Response | null)[] = [];

async function stockOf(article: number): Promise<Response> {
  const response = await get(`${warehouse}/stock/${article}`);
  if (response.status === 200) await response.text();
  return response; // of any other status the body is forgotten
}

async function reviewsOf(article: number): Promise<Response> {
  const response = await get(`${warehouse}/reviews/${article}`);
  if (response.status === 200) await response.text();
  return response; // here, too
}

async function pricesOf(): Promise<string> {
  await using response = await get(`${warehouse}/prices`);
  return await response.text();
}

async function placeOrder(): Promise<void> {
  await using response = await get(`${warehouse}/orders`, { method: 'POST', body: 'one of each' });
  await response.text();
}

/** What has no end while the service runs. */
function sendNewsletter(): Promise<never> {
  return new Promise(() => undefined);
}

async function productPage(article: number): Promise<void> {
  drawn.push(...(await Promise.all([stockOf(article), article % 3 === 0 ? reviewsOf(article) : null])));
}

async function openShop(): Promise<void> {
  const checkout = (): void => void placeOrder();
  for (let order = 0; order < 6; order++) checkout();
  for (let letter = 0; letter < 5; letter++) void go(sendNewsletter);
  for (let article = 0; article < 30; article++) await productPage(article);
  await Promise.all(Array.from({ length: 6 }, pricesOf));
}

await openShop();
process.stdout.write(`${await addressOf(createServer(pprofHandler()))}\n`);
process.stdin.on('end', () => process.exit()).resume();
