// A program whose clients move small bodies into streams of their own: some are never read, their twins are. It writes a
// snapshot.
//
//   node moving-program.js FILE
import { once } from 'node:events';
import { createServer, get as httpGet, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeHeapSnapshot } from 'node:v8';
import axios from 'axios';
import got from 'got';

const server = createServer((_request, response) => response.end('x'.repeat(3000))).listen(0, '127.0.0.1');
// Writing a snapshot takes long on a busy machine, and nothing may end meanwhile.
server.keepAliveTimeout = 0;
await once(server, 'listening');
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** As node-fetch 3 makes its Response: the same symbols, and the same pipeline. */
class FetchedResponse {
  readonly [key: symbol]: unknown;

  constructor(url: string, stream: Readable) {
    Object.assign(this, { [Symbol('Body internals')]: { body: stream, stream }, [Symbol('Response internals')]: { url, status: 200, statusText: 'OK' } });
  }
}

async function fetched(url: string): Promise<{ response: FetchedResponse; stream: Readable }> {
  const [message] = (await once(httpGet(url), 'response')) as [IncomingMessage];
  const stream = pipeline(message, new PassThrough(), () => undefined);
  return { response: new FetchedResponse(url, stream), stream };
}

const options = { responseType: 'stream', maxContentLength: 1e6, onDownloadProgress: () => undefined } as const;
const previews: unknown[] = [
  await axios.get(`${base}/axios`, { responseType: 'stream' }),
  await axios.get(`${base}/axios-measured`, options),
  (await fetched(`${base}/node-fetch`)).response,
  await once(got.stream(`${base}/got`), 'response'),
];
const read = [await axios.get<Readable>(`${base}/twin`, { responseType: 'stream' }), await axios.get<Readable>(`${base}/twin`, options)];
for (const { data } of read) await data.toArray();
const twin = await fetched(`${base}/twin`);
await twin.stream.toArray();
const closed = await axios.get<Readable>(`${base}/twin`, options);
closed.data.destroy();
const dropped = await fetched(`${base}/twin`);
dropped.stream.destroy();
const kept = (): unknown[] => [previews, read, twin, closed, dropped];
setTimeout(kept, 1e8);
await sleep(100);
writeHeapSnapshot(process.argv[2], { exposeNumericValues: true });
process.exit();
