/** Owns the handler of profiles for node:http servers and for frameworks with the same objects: Express, Connect, Fastify's raw objects. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FORWARDING_FIELDS } from './access.js';
import type { Answer } from './answer.js';
import { Endpoint, type EndpointOptions } from './endpoint.js';

/** A listener for `http.createServer`, or a middleware for Express and similar frameworks. */
export type PprofHandler = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void;

/**
 * Makes a handler that serves `/debug/pprof/` as Go's net/http/pprof does (an index page, `goroutine`,
 * `httpbody`, `leaked`, `profile`, `heap`, `allocs`; `?debug=0|1|2`, `?seconds=N`), and the same facts as
 * JSON at `/debug/watertight`.
 *
 * As a listener of `http.createServer` it answers 404 to every other path; as a middleware it calls `next`.
 * By default it answers only this machine: see the options.
 *
 * @throws TypeError for an unknown or invalid option, and for `allowRemote` without `token`.
 */
export function pprofHandler(options: EndpointOptions = {}): PprofHandler {
  const endpoint = new Endpoint(options);
  return (request, response, next) => {
    // The full path in Express and Connect.
    const { originalUrl } = request as { originalUrl?: unknown };
    const url = typeof originalUrl === 'string' ? originalUrl : (request.url ?? '/');
    const route = endpoint.route(pathOf(url), pathOf(request.url ?? '/'));
    if (route === null) {
      if (next !== undefined) next();
      else response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' }).end('404 page not found\n');
      return;
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const { headers } = request;
    // An injected request of a framework may have no socket.
    const socket = request.socket as Socket | undefined;
    endpoint
      .answer(
        {
          method: request.method ?? 'GET',
          route,
          query: new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : ''),
          caller: {
            remoteAddress: socket?.remoteAddress ?? null,
            host: headers.host ?? null,
            authorization: headers.authorization ?? null,
            forwarded: FORWARDING_FIELDS.some((name) => headers[name] !== undefined),
          },
          signal: gone.signal,
          idleTimeout: socket?.timeout ?? 0,
        },
        (answer) => send(answer, request, response),
      )
      .catch((error: unknown) => {
        // After a disconnect nothing is left to do; any other error is a defect of this library.
        if (!gone.signal.aborted) response.destroy(error as Error);
      });
  };
}

/** The path of a request target, in origin form or absolute form (RFC 9112, 3.2). */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '');
  return path.split('?', 1)[0];
}

async function send({ status, fields, body }: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(fields)) response.setHeader(name, value);
  response.statusCode = status;
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  if (body.length === 1) response.setHeader('Content-Length', Buffer.byteLength(body[0]));
  for (const piece of body) {
    if (response.destroyed) return;
    if (!response.write(piece)) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}
