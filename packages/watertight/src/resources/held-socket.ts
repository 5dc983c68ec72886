/**
 * Owns how a process that leaks can still end: it lets go of the sockets under responses that nobody reads.
 *
 * Such a socket keeps the process alive for as long as the server likes, also after its leak has been
 * reported. Here the socket stops to (`unref`). Nothing else changes: it stays open, and the response can
 * still be read. Clients do not say which socket serves which request, so this is read from the sockets'
 * own fields, at that moment only. A socket whose fields are not understood is left alone.
 */
import { Socket } from 'node:net';
import { activeHandles, underSymbol } from './internals.js';

/**
 * Lets the process end though these requests are not finished. `holders`: their
 * holder records; those of this library's own client, whose connections keep no
 * process alive, may be among them. `recordOf`: the holder record of a client's own
 * request object, if it has one. A connection that also serves a request
 * which is none of these (HTTP/2, pipelining) goes on keeping the process alive.
 */
export function unrefConnections(holders: ReadonlySet<unknown>, recordOf: (carrier: object) => unknown): void {
  if (holders.size === 0) return;
  for (const socket of activeHandles()) {
    if (!(socket instanceof Socket)) continue;
    const requests = requestsOn(socket);
    if (requests.length > 0 && requests.every((request) => holders.has(recordOf(request)))) socket.unref();
  }
}

/** What a socket is busy with, as far as it shows. */
function requestsOn(socket: Socket): readonly object[] {
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
