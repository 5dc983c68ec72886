/** Owns the profiles behind a server of node:http, and frameworks that speak its language: Express, Connect, Fastify's raw objects. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FORWARDING_FIELDS } from './access.js';
import type { Answer } from './answer.js';
import { Endpoint, type EndpointOptions } from './endpoint.js';

/** A listener of `http.createServer`, and a middleware of Express and its like. */
export type PprofHandler = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void;

/**
 * Serves `/debug/pprof/` as Go's net/http/pprof does (an index page,
 * `goroutine`, `httpbody`, `leaked`; `?debug=0|1|2`, `?seconds=N`), and
 * `/debug/watertight`, the same facts as JSON.
 *
 * As a listener of `http.createServer` it answers 404 to every other path; as a
 * middleware it passes those on. It answers this machine only, unless told
 * otherwise: see the options.
 *
 * @throws TypeError for an option that is none, and for `allowRemote` without a `token`.
 */
export function pprofHandler(options: EndpointOptions = {}): PprofHandler {
  const endpoint = new Endpoint(options);
  return (request, response, next) => {
    // Express and Connect keep the whole path here.
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
    // Where a framework injects a request, there may be no socket.
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
        // Nobody is there any more; anything else would be ours to mend.
        if (!gone.signal.aborted) response.destroy(error as Error);
      });
  };
}

/** The path of a request target, in origin form or absolute form. */
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
