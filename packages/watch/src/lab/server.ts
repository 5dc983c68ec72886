/**
 * Owns the test server: the paths that scenarios ask for, answered exactly as the Go server of parity/go answers
 * them.
 *
 * The process around it is server-process.ts.
 */
import { once } from 'node:events';
import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Barrier } from './barrier.js';

const PLAIN = { 'content-type': 'text/plain' };
const CHUNK = 1000;
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';
const OPEN = 'HTTP/1.1 200 Connection established\r\n\r\n';

/** Streams of a connection at once: what Go's server allows. */
const MAX_STREAMS = 250;

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** A server with its own barrier; it listens nowhere yet. */
export function createLabServer(): Server {
  const barrier = new Barrier();
  const server = createServer(listener(barrier));
  // Node hands over every request with an Upgrade, also one that is to be answered as any other.
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    const [, size] = /^\/upgrade\/(\d+)$/.exec(request.url ?? '') ?? [];
    if (size !== undefined) leaveHttp(socket, SWITCH, Number(size));
    else stayHttp(server, request, socket, (response) => void respond(request, response, barrier));
  });
  // A tunnel to `open.test:N` says N bytes; any other host is refused.
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    const [, size] = /^open\.test:(\d+)$/.exec(request.url ?? '') ?? [];
    if (size !== undefined) leaveHttp(socket, OPEN, Number(size));
    else stayHttp(server, request, socket, (response) => refuse(response, 403));
  });
  // Only clients end connections here: a server that closes idle ones would change the counts.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  return server;
}

/** The same over HTTP/2; it is given its connections. Its requests and responses have the interface of HTTP/1.1, as far as it is used here. */
export function createLabHttp2Server(): Http2Server {
  const server = createHttp2Server({ settings: { maxConcurrentStreams: MAX_STREAMS }, maxSessionMemory: 1000 }, listener(new Barrier()) as never);
  server.on('sessionError', () => undefined);
  return server;
}

function listener(barrier: Barrier): Listener {
  return (request, response) => {
    answer(request, response, barrier).catch((error: unknown) => {
      // A client that has left is no error; anything else is a bug in this file.
      if (response.destroyed || response.writableEnded || response.socket?.destroyed !== false) return;
      process.exitCode = 1;
      process.stderr.write(`lab server: ${String(error)}\n`);
      response.destroy();
    });
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, barrier: Barrier): Promise<void> {
  request.on('error', () => undefined);
  for await (const _ of request) {
    // The body is read before anything is answered, so that no count depends on which came first.
  }
  await respond(request, response, barrier);
}

async function respond(request: IncomingMessage, response: ServerResponse, barrier: Barrier): Promise<void> {
  const gone = new AbortController();
  response.on('error', () => undefined);
  response.on('close', () => gone.abort());
  const [, name, rest = ''] = /^\/(\w+)\/(.*)$/.exec(request.url ?? '') ?? [];
  const n = Number.parseInt(rest, 10) || 0;
  switch (name) {
    case 'bytes':
      sendBytes(response, n);
      break;
    case 'chunked':
      await sendChunks(response, n);
      break;
    case 'close':
      response.shouldKeepAlive = false;
      sendBytes(response, n);
      break;
    case 'gzip':
      sendGzip(response, n);
      break;
    case 'status':
      sendStatus(response, n);
      break;
    case 'hang':
      await untilGone(gone.signal);
      break;
    case 'stall':
      response.writeHead(200, { ...PLAIN, 'content-length': 100_000 });
      response.flushHeaders();
      if (n > 0) response.write(payload(n));
      await untilGone(gone.signal);
      break;
    case 'redirect':
      if (n > 0) sendRedirect(response, n - 1);
      else sendBytes(response, 5000);
      break;
    case 'upgrade':
      response.writeHead(426, { 'content-length': 0 }).end();
      break;
    case 'refuse':
      refuse(response, n);
      break;
    case 'trailers':
      await sendChunks(response, n, { 'x-sum': rest });
      break;
    case 'barrier':
      if (await barrier.pass(n, gone.signal)) sendBytes(response, 5000);
      break;
    default:
      response.writeHead(404, { 'content-length': 0 }).end();
  }
}

function sendBytes(response: ServerResponse, n: number): void {
  response.writeHead(200, { ...PLAIN, 'content-length': n });
  response.end(payload(n));
}

/** The head, each chunk and the last chunk are a write of their own. */
async function sendChunks(response: ServerResponse, n: number, trailers: Record<string, string> = {}): Promise<void> {
  response.writeHead(200, { ...PLAIN, ...(Object.keys(trailers).length === 0 ? {} : { trailer: Object.keys(trailers).join(', ') }) });
  response.flushHeaders();
  for (let left = n; left > 0 && response.writable; left -= CHUNK) {
    await nextTurn();
    if (!response.write(payload(Math.min(left, CHUNK)))) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  await nextTurn();
  response.addTrailers(trailers);
  response.end();
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { ...PLAIN, 'content-length': 5000 });
  response.end(payload(5000));
}

/** Answers what Node has taken off HTTP as any other request, and gives the connection back to the server. */
function stayHttp(server: Server, request: IncomingMessage, socket: Socket, answer: (response: ServerResponse) => void): void {
  const response = new ServerResponse(request);
  response.on('error', () => undefined);
  socket.on('error', () => socket.destroy());
  response.assignSocket(socket);
  response.on('finish', () => {
    response.detachSocket(socket);
    server.emit('connection', socket);
  });
  answer(response);
}

/** Sends the head and so many bytes behind it, then what comes, until the client ends the connection. */
function leaveHttp(socket: Socket, head: string, size: number): void {
  socket.on('error', () => socket.destroy());
  socket.write(head + payload(size).toString());
  socket.pipe(socket);
}

/** Compressed whatever the request accepts: whether the client undoes it is its part of the scenario. */
function sendGzip(response: ServerResponse, n: number): void {
  const packed = gzipSync(payload(n));
  response.writeHead(200, { ...PLAIN, 'content-encoding': 'gzip', 'content-length': packed.length });
  response.end(packed);
}

function sendStatus(response: ServerResponse, status: number): void {
  const bodiless = status < 200 || status === 204 || status === 304;
  response.writeHead(status, bodiless ? {} : { 'content-length': 0 }).end();
}

function sendRedirect(response: ServerResponse, hopsLeft: number): void {
  const location = `/redirect/${hopsLeft}`;
  const text = `<a href="${location}">Found</a>.\n\n`;
  response.writeHead(302, { location, 'content-type': 'text/html; charset=utf-8', 'content-length': text.length });
  response.end(text);
}

async function untilGone(gone: AbortSignal): Promise<void> {
  if (!gone.aborted) await once(gone, 'abort');
}

function payload(n: number): Buffer {
  return Buffer.alloc(n, 'x');
}
