// A Node service that asks another for a page again and again, and leaves each response unread (`leaked`) or
// closes it (`closed`). Its second argument is where it listens; it prints where its profiles are.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { get, type Response } from 'watertight';
import { pprofHandler } from 'watertight/pprof';

const [body, address = '127.0.0.1:0', pace = '40'] = process.argv.slice(2);
const [host, port] = address.split(':');
const kept: Response[] = [];

const pages = createServer((_request, response) => response.end('x'.repeat(1000))).listen(0, '127.0.0.1');
await once(pages, 'listening');
const url = `http://127.0.0.1:${(pages.address() as AddressInfo).port}/`;

async function preview(): Promise<void> {
  const response = await get(url);
  if (body === 'closed') await response.close();
  else kept.push(response);
}

const profiles = createServer(pprofHandler()).listen(Number(port), host);
await once(profiles, 'listening');
process.stdout.write(`http://${host}:${(profiles.address() as AddressInfo).port}\n`);
setInterval(() => void preview(), Number(pace));
// Its standard input ends with its parent, however that ends.
process.stdin.on('end', () => process.exit()).resume();
