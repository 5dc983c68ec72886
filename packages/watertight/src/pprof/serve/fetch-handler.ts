/** Owns the handler of profiles for servers that use Request and Response: Hono, Remix, Next's route handlers, Bun, Deno. */
import { FORWARDING_FIELDS } from './access.js';
import type { Answer } from './answer.js';
import { Endpoint, type EndpointOptions } from './endpoint.js';

/** What the server knows about the caller and the Request does not contain. */
export interface FetchCaller {
  /**
   * The address of the other end of the connection, which a Request does not have. Without it and without a
   * token, every request is refused.
   */
  readonly remoteAddress?: string;
}

/** Answers a Request, with 404 if the path is not one of ours. */
export type PprofFetchHandler = (request: Request, caller?: FetchCaller) => Promise<Response>;

/**
 * Makes a handler like `pprofHandler` for servers that use the Fetch standard. Either pass the address of the
 * caller, as `handler(c.req.raw, { remoteAddress: c.env.incoming.socket.remoteAddress })` does with Hono's
 * Node server, or set a token.
 *
 * @throws TypeError for an unknown or invalid option, and for `allowRemote` without `token`.
 */
export function pprofFetchHandler(options: EndpointOptions = {}): PprofFetchHandler {
  const endpoint = new Endpoint(options);
  return async (request, caller) => {
    const url = new URL(request.url);
    const route = endpoint.route(url.pathname);
    if (route === null) return new Response('404 page not found\n', { status: 404, headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' } });
    const { headers } = request;
    // Frameworks pass other things as a second argument.
    const address: unknown = caller?.remoteAddress;
    return endpoint.answer(
      {
        method: request.method,
        route,
        query: url.searchParams,
        caller: {
          remoteAddress: typeof address === 'string' ? address : null,
          host: headers.get('host') ?? url.host,
          authorization: headers.get('authorization'),
          forwarded: FORWARDING_FIELDS.some((name) => headers.has(name)),
        },
        signal: request.signal,
        idleTimeout: 0,
      },
      (answer) => responseOf(answer, request.method),
    );
  };
}

function responseOf({ status, fields, body }: Answer, method: string): Response {
  const init = { status, headers: fields };
  if (method === 'HEAD' || body.length === 0) return new Response(null, init);
  if (body.length === 1) return new Response(body[0] as string | Uint8Array<ArrayBuffer>, init);
  const encoder = new TextEncoder();
  let next = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = body[next++];
      if (piece === undefined) controller.close();
      else controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece);
    },
  });
  return new Response(stream, init);
}
