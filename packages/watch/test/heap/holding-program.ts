// A program that holds unread responses of each client in a variable of its own, and finished ones beside them. It
// writes a snapshot, reads one of them, makes another, and writes a second snapshot, with numbers.
//
//   node holding-program.js FIRST SECOND
import { once } from 'node:events';
import { createServer, get as httpGet, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeHeapSnapshot } from 'node:v8';
import axios from 'axios';
import got from 'got';
import { request as request6 } from 'undici6';
import { request as request7 } from 'undici7';
import { fetch as ourFetch, get } from 'watertight';

const server = createServer((request, response) => {
  if (request.url?.includes('/odd/') === true) response.statusMessage = 'Neither Here Nor There';
  response.statusCode = request.url?.includes('/missing/') === true ? 404 : 200;
  response.end('x'.repeat(256 * 1024));
}).listen(0, '127.0.0.1');
// Writing a snapshot takes long on a busy machine, and nothing may end meanwhile.
server.keepAliveTimeout = 0;
await once(server, 'listening');
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
/** Longer than what V8 copies of a string that it cuts out of another. */
const url = (name: string, kind = 'reports'): string => `${base}/${kind}/of-the-day/${name}?token=s3cret#top`;
const httpResponse = async (name: string, kind?: string): Promise<IncomingMessage> => (await once(httpGet(url(name, kind)), 'response') as [IncomingMessage])[0];
const withUndici8 = Number(process.versions.node.split('.')[0]) >= 22;
const { request: request8 } = withUndici8 ? ((await import('undici')) as unknown as { request: typeof request7 }) : { request: request7 };

// What the tests look for.
const previews = new Map<string, unknown>([['42', await fetch(url('fetch', 'missing'))]]);
const messages: IncomingMessage[] = [await httpResponse('node-http', 'missing'), await httpResponse('odd', 'odd')];
const bodies = { six: (await request6(url('undici6', 'missing'))).body, seven: (await request7(url('undici7'))).body, eight: (await request8(url('undici8'))).body };
const answer = await axios.get<IncomingMessage>(url('axios'), { responseType: 'stream' });
const stream = got.stream(url('got'), { retry: { limit: 0 } });
await once(stream, 'response');
const ours = new Set([await get(url('watertight', 'missing').replace('?', ':with?'))]);
const ourFetched = { latest: await ourFetch(url('our-fetch')) };
async function nobody(): Promise<number | undefined> {
  return (await httpResponse('nobody')).statusCode;
}
await nobody();
async function suspendedHandler(): Promise<unknown> {
  const response = await fetch(url('suspended'));
  await new Promise((resolve) => setTimeout(resolve, 1e8).unref());
  return response;
}
const waiting = suspendedHandler();

// All that is done with is no leak.
const finished: unknown[] = [];
for (const close of [true, false]) {
  const fetched = await fetch(url('finished'));
  finished.push(fetched, close ? await fetched.body?.cancel() : await fetched.text());
  const message = await httpResponse('finished');
  finished.push(message, close ? message.destroy() : await message.toArray());
  for (const request of [request6, request7, request8]) {
    const { body } = await request(url('finished'));
    body.on('error', () => undefined);
    finished.push(body, close ? body.destroy() : await body.text());
  }
  const response = await get(url('finished'));
  finished.push(response, close ? await response.close() : await response.text());
}
await sleep(50);
const kept = (): unknown[] => [previews, messages, bodies, answer, stream, ours, ourFetched, finished, waiting];
setTimeout(kept, 1e8);

writeHeapSnapshot(process.argv[2]);
await bodies.seven.text();
messages.push(await httpResponse('later'));
await sleep(50);
writeHeapSnapshot(process.argv[3], { exposeNumericValues: true });
process.exit();
