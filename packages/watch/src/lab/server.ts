/**
 * Owns the test server: the paths that scenarios ask for, answered exactly as the Go server of parity/go answers
 * them.
 *
 * The process around it is server-process.ts.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Barrier } from './barrier.js';

const PLAIN = { 'content-type': 'text/plain' };
const CHUNK = 1000;

/** A server with its own barrier; it listens nowhere yet. */
export function createLabServer(): Server {
  const barrier = new Barrier();
  const server = createServer((request, response) => {
    answer(request, response, barrier).catch((error: unknown) => {
      // A client that has left is no error; anything else is a bug in this file.
      if (response.destroyed) return;
      process.exitCode = 1;
      process.stderr.write(`lab server: ${String(error)}\n`);
      response.destroy();
    });
  });
  // Only clients end connections here: a server that closes idle ones would change the counts.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  return server;
}

async function answer(request: IncomingMessage, response: ServerResponse, barrier: Barrier): Promise<void> {
  const gone = new AbortController();
  response.on('error', () => undefined);
  response.on('close', () => gone.abort());
  request.on('error', () => undefined);
  for await (const _ of request) {
    // The body is read before anything is answered, so that no count depends on which came first.
  }
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
async function sendChunks(response: ServerResponse, n: number): Promise<void> {
  response.writeHead(200, PLAIN);
  response.flushHeaders();
  for (let left = n; left > 0 && !response.destroyed; left -= CHUNK) {
    await nextTurn();
    if (!response.write(payload(Math.min(left, CHUNK)))) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  await nextTurn();
  response.end();
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
