// Puts the proxy under load: many clients at once, slow ones, ones that leave in the middle, large bodies, upgrades
// and a backend that breaks off. Then it compares what is alive with what was before; what is left ends it with status 1.
//
//   node examples/reverse-proxy/load.mjs [--requests 900] [--clients 100]
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Transport } from 'watertight';
import { findLeaks } from 'watertight/leak';
import { taskCount } from 'watertight/tasks';
import { reverseProxy } from './reverse-proxy.mjs';

const { values } = parseArgs({ options: { requests: { type: 'string', default: '900' }, clients: { type: 'string', default: '100' } } });
const LARGE = 1 << 20;
const large = Buffer.alloc(LARGE, 'x');
/** More than the system's buffers between the backend and the client take: the backend waits for the slow client. */
const HUGE = 12 << 20;
const huge = Buffer.alloc(HUGE, 'x');

const backend = createServer((request, response) => {
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  if (request.url === '/large') response.writeHead(200, { 'Content-Length': LARGE }).end(large);
  else if (request.url === '/huge') response.writeHead(200, { 'Content-Length': HUGE }).end(huge);
  else if (request.url === '/echo') request.pipe(response);
  else if (request.url === '/break') {
    response.writeHead(200, { 'Content-Length': LARGE });
    response.write(large.subarray(0, 100_000), () => response.destroy());
  } else response.end('hello, world');
});
backend.on('upgrade', (_request, socket) => {
  socket.on('error', () => undefined);
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
  socket.pipe(socket);
});

const transport = new Transport({ disableCompression: true });
const errors = new Map();
const proxy = reverseProxy(await listening(backend), { transport, onError: (error) => errors.set(error.code, (errors.get(error.code) ?? 0) + 1) });
const { port } = new URL(await listening(proxy));

async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

/** What a client does; it resolves when its connection is closed. `complete`: the response must be whole. */
const behaviours = {
  plain: { send: get('/'), complete: /hello, world$/ },
  large: { send: get('/large'), bytes: LARGE },
  slow: { send: get('/huge'), bytes: HUGE, pause: 2 },
  upload: { send: post('/echo', LARGE), body: large, bytes: LARGE },
  'leaves early': { send: get('/large'), leaveAfter: 1 },
  'leaves in the middle': { send: get('/large'), leaveAfter: LARGE / 2 },
  'leaves while it sends': { send: post('/echo', LARGE), body: large.subarray(0, 100_000), leaveAfter: 1000 },
  'broken off': { send: get('/break') },
  upgrade: { send: 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello', complete: /\r\n\r\nhello$/, leaveAfter: Infinity },
};

function get(path) {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
}

function post(path, length) {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`;
}

async function behave({ send, body, bytes, complete, pause = 0, leaveAfter }) {
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(send);
  if (body !== undefined) socket.write(body);
  let got = 0;
  let text = '';
  socket.on('data', (chunk) => {
    got += chunk.length;
    if (complete !== undefined) text += chunk.toString('latin1');
    if (leaveAfter <= got || (leaveAfter === Infinity && complete.test(text))) socket.destroy();
    else if (pause > 0) {
      socket.pause();
      setTimeout(() => socket.resume(), pause);
    }
  });
  await once(socket, 'close');
  if (complete?.test(text) === false || got < (bytes ?? 0)) throw new Error(`a client got ${got} bytes: ${text.slice(0, 200)}`);
}

function alive() {
  // The standard streams, which Node opens when they are first used, are not the proxy's.
  const resources = process.getActiveResourcesInfo().filter((name) => !['PipeWrap', 'TTYWrap', 'FSReqCallback', 'Immediate'].includes(name));
  return { tasks: taskCount(), sockets: resources.filter((name) => name.startsWith('TCPSocket')).length, others: resources.filter((name) => !name.startsWith('TCPSocket')).length, active: transport.stats().active };
}

const before = alive();
const kinds = Object.keys(behaviours);
const counts = Object.fromEntries(kinds.map((kind) => [kind, 0]));
let next = 0;
let most = 0;
const watch = setInterval(() => (most = Math.max(most, transport.stats().active)), 5);
await Promise.all(Array.from({ length: Number(values.clients) }, async () => {
  while (next < Number(values.requests)) {
    const kind = kinds[next++ % kinds.length];
    counts[kind]++;
    await behave(behaviours[kind]);
  }
}));
clearInterval(watch);

transport.closeIdleConnections();
/** What is more than before. */
const left = () => Object.entries(alive()).filter(([name, count]) => count > before[name]);
for (let waited = 0; waited < 100 && left().length > 0; waited++) await sleep(50);
const [after, more, leaks] = [alive(), left(), await findLeaks()];
console.log('requests', counts);
console.log('errors that the proxy saw', Object.fromEntries(errors));
console.log('connections to the backend at the same time', most);
console.log('before', before);
console.log('after ', after);
console.log(leaks.length === 0 ? 'no leaks' : leaks);
process.exit(leaks.length === 0 && more.length === 0 ? 0 : 1);
