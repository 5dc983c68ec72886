/**
 * Owns the end of a process that leaks: the socket under a response that nobody
 * reads keeps the process alive as long as the server likes, also when all that
 * there is to say about it was said. Here it stops to. Nothing else changes:
 * the socket stays open, and the response can still be read.
 *
 * Which socket serves which request, clients do not tell; it is read of the
 * sockets, at that moment only. One that is not understood is left alone.
 */
import { Socket } from 'node:net';
import { REQUEST } from './foreign-request.js';
import { activeHandles, underSymbol } from './resource-internals.js';

/**
 * Lets the process end though these requests are not finished. `holders`: their
 * holder records; those of this library's own client, whose connections keep no
 * process alive, may be among them. A connection that also serves a request
 * which is none of these (HTTP/2, pipelining) goes on keeping the process alive.
 */
export function unrefConnections(holders: ReadonlySet<unknown>): void {
  if (holders.size === 0) return;
  for (const socket of activeHandles()) {
    if (!(socket instanceof Socket)) continue;
    const requests = requestsOn(socket);
    if (requests.length > 0 && requests.every((request) => holders.has(request[REQUEST]))) socket.unref();
  }
}

/** Another client's request, or a message of node:http. */
interface Carrier {
  readonly [REQUEST]?: unknown;
}

/** What a socket is busy with, as far as it shows. */
function requestsOn(socket: Socket): readonly Carrier[] {
  // A server's socket has its response there, which is no request of ours.
  const message = (socket as { readonly _httpMessage?: unknown })._httpMessage;
  if (isObject(message)) return [message];
  // Of undici's, versions 6 to 8, HTTP/1.1 and HTTP/2: finished ones have left their place in the queue empty.
  const client = underSymbol(socket, 'client');
  const queue = isObject(client) ? underSymbol(client, 'queue') : undefined;
  return Array.isArray(queue) ? queue.filter(isObject) : [];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
