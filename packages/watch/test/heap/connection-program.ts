// A program that keeps connections, not responses: each response of it is unread and in no variable of its own, but one
// that only the engine, or nobody, has. It writes a snapshot.
//
//   node connection-program.js FILE
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { Agent, createServer, get as httpGet, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeHeapSnapshot } from 'node:v8';
import { Pool, request } from 'undici7';

const server = createServer((_request, response) => response.end('x'.repeat(256 * 1024))).listen(0, '127.0.0.1');
// Writing a snapshot takes long on a busy machine, and nothing may end meanwhile.
server.keepAliveTimeout = 0;
await once(server, 'listening');
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const get = async (path: string, options: RequestOptions = {}): Promise<IncomingMessage> => (await once(httpGet(`${base}/${path}`, options), 'response') as [IncomingMessage])[0];

const agent = new Agent({ keepAlive: true });
const sockets = new Map<string, Socket>();
const pool = new Pool(base);
const inbound: Socket[] = [];
const bus = new EventEmitter();
const promises: Promise<unknown>[] = [];
const storage = new AsyncLocalStorage<unknown>();
const registry = new FinalizationRegistry((response: IncomingMessage) => response.resume());
const finished: unknown[] = [];
let weak: WeakRef<IncomingMessage> | null = null;

const kinds: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  'agent': async (path) => (await get(path, { agent })).statusCode,
  'socket': async (path) => void sockets.set('s1', (await get(path)).socket),
  'pool': async (path) => (await pool.request({ path: `/${path}`, method: 'GET' })).statusCode,
  'inbound': async (path) => {
    const front = createServer((asked, answer) => {
      httpGet(`${base}/${path}`, (response) => {
        Object.assign(asked.socket, { upstream: response.socket });
        inbound.push(asked.socket);
        answer.end();
      });
    }).listen(0, '127.0.0.1');
    front.keepAliveTimeout = 0;
    await once(front, 'listening');
    const [answered] = (await once(httpGet(`http://127.0.0.1:${(front.address() as AddressInfo).port}/`), 'response')) as [IncomingMessage];
    await answered.toArray();
  },
  'listener-of-its-socket': async (path) => {
    const response = await get(path);
    response.socket.on('quiet', () => response.resume());
  },
  'time-limit': async (path) => {
    const asked: ClientRequest = httpGet(`${base}/${path}`);
    asked.setTimeout(1e8, () => asked.destroy());
    return ((await once(asked, 'response')) as [IncomingMessage])[0].statusCode;
  },
  'listener': async (path) => {
    const response = await get(path);
    bus.on('flush', () => response.resume());
  },
  'promise': async (path) => void promises.push(Promise.resolve(await get(path))),
  'timer': async (path) => {
    const response = await get(path);
    setTimeout(() => response.resume(), 1e8);
  },
  'storage': async (path) => {
    const response = await get(path);
    storage.run({ response }, () => setTimeout(() => undefined, 1e8));
  },
  'registry': async (path) => registry.register(kinds, await get(path)),
  'weak': async (path) => void (weak = new WeakRef(await get(path))),
  'global-agent': async (path) => (await get(path)).statusCode,
  'global-dispatcher': async (path) => (await request(`${base}/${path}`)).statusCode,
  'agent-of-a-call': async (path) => (await get(path, { agent: new Agent({ keepAlive: true }) })).statusCode,
  'settled-promise': async (path) => new Promise<number>((resolve, reject) => {
    const settled = new Promise<IncomingMessage>((settle, fail) => httpGet(`${base}/${path}`, settle).on('error', (error) => fail(error)));
    settled.then(({ statusCode }) => resolve(statusCode!), reject);
  }),
  // Kept, and read to its end: the next response of its client is another.
  'after-another': async (path) => {
    const earlier = await get(path.replace('after-another', 'earlier'));
    await earlier.toArray();
    finished.push(earlier, (earlier as IncomingMessage & { req: ClientRequest }).req);
    const { body } = await request(`${base}/earlier`);
    finished.push(body, await body.text(), await fetch(`${base}/earlier`).then(async (response) => [response, await response.text()]));
    return (await get(path)).statusCode;
  },
};
for (const [name, ask] of Object.entries(kinds)) await ask(name);
const kept = (): unknown[] => [agent, sockets, pool, inbound, bus, promises, storage, registry, finished, weak, kinds];
setTimeout(kept, 1e8);
await sleep(100);
writeHeapSnapshot(process.argv[2], { exposeNumericValues: true });
process.exit();
