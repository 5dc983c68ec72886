/** Where the cases of the Fetch standard take place: a fetch of the test's own, and servers that answer what a case needs. */
import { createFetch } from 'watertight';
import type { Loopback } from '../../fixtures/loopback.js';
import type { RawRequest, RawServer } from '../../fixtures/raw-server.js';

export type Fetch = typeof globalThis.fetch;

export function fetchOf(net: Loopback): Fetch {
  return createFetch({ transport: net.client().transport });
}

/** Answers every request with the same bytes, one per character, when its body has come. */
export function sends(net: Loopback, bytes: string): Promise<RawServer> {
  return net.serve({ onRequest: async ({ body, connection }) => {
    await body;
    connection.write(bytes);
  } });
}

/** The response to a GET whose body is `body`. */
export async function responseOf(net: Loopback, body: string | Uint8Array, ...fields: string[]): Promise<Response> {
  const server = await net.serve({ onRequest: (request: RawRequest) => request.reply(body, { fields }) });
  return fetchOf(net)(server.origin);
}

/** A server that sends the head and the first bytes of a body whose end never comes. */
export function stalls(net: Loopback, begin = 'begin'): Promise<RawServer> {
  return sends(net, `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n${begin === '' ? '' : `${begin.length.toString(16)}\r\n${begin}\r\n`}`);
}

/** The options for a body that is a stream. */
export function half(body: unknown, more: RequestInit = {}): RequestInit {
  return { method: 'POST', body, duplex: 'half', ...more } as RequestInit;
}

/** A stream of these chunks. */
export function streamOf(...chunks: unknown[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

/** The forms in which a body is read whole. */
export const FORMS = ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData'] as const;

/** Reads a body in a form; the platform's types do not know all of them in every version. */
export function readAs(body: Response | Request, form: (typeof FORMS)[number]): Promise<unknown> {
  return (body as unknown as Record<string, () => Promise<unknown>>)[form]();
}
