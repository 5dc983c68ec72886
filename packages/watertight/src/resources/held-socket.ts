/**
 * Owns the release of the sockets under unread responses, so that a process with leaks can end.
 *
 * Such a socket keeps the process alive until the server closes it, even after the leak was reported. `unref`
 * prevents that and changes nothing else: the socket stays open, and the response can still be read. Clients
 * do not tell which socket serves which request, so this is read from the sockets' own fields. A socket with
 * unknown fields is left alone.
 */
import type { Socket } from 'node:net';
import { activeHandles, underSymbol } from './internals.js';
import { isSocket } from './node-class.js';

/**
 * Lets the process end although these requests are not finished.
 *
 * @param holders   their holder records. Records of this library's own client may be among them; its
 *   connections keep no process alive.
 * @param recordOf  returns the holder record of a client's own request object, if it has one.
 *
 * A connection that also serves any other request (HTTP/2, pipelining) still keeps the process alive.
 */
export function unrefConnections(holders: ReadonlySet<unknown>, recordOf: (carrier: object) => unknown): void {
  if (holders.size === 0) return;
  for (const socket of activeHandles()) {
    if (!isSocket(socket)) continue;
    const requests = requestsOn(socket);
    if (requests.length > 0 && requests.every((request) => holders.has(recordOf(request)))) socket.unref();
  }
}

/** The requests that a socket serves, as far as its fields show. */
function requestsOn(socket: Socket): readonly object[] {
  // The socket of a server has its response here, which is no request of a client.
  const message = (socket as { readonly _httpMessage?: unknown })._httpMessage;
  if (isObject(message)) return [message];
  // The queue of undici, versions 6 to 8, HTTP/1.1 and HTTP/2; a finished request leaves an empty entry.
  const client = underSymbol(socket, 'client');
  const queue = isObject(client) ? underSymbol(client, 'queue') : undefined;
  return Array.isArray(queue) ? queue.filter(isObject) : [];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
