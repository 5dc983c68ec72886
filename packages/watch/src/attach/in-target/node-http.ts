/** Owns what a look finds of `node:http` and `node:https`, and of the clients built on them. */
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { isBeingRead, isOpen } from './body-stream.js';
import { isObject, shownUrl, type FoundBody, type FoundPool } from './found.js';

/** Whether the object is a response that this process asked for, not a request that it serves. */
export function isClientResponse(value: object): value is IncomingMessage & { readonly req: ClientRequest } {
  const { req, statusCode } = value as { req?: unknown; statusCode?: unknown };
  return typeof statusCode === 'number' && '_readableState' in value && isClientRequest(req);
}

export function isClientRequest(value: unknown): value is ClientRequest {
  return isObject(value) && 'res' in value && 'reusedSocket' in value && typeof (value as { method?: unknown }).method === 'string';
}

/** The response as data; null if it is finished, or being read. */
export function unreadResponse(response: IncomingMessage & { readonly req: ClientRequest }): FoundBody | null {
  if (!isOpen(response) || isBeingRead(response)) return null;
  const { req } = response;
  const host = req.getHeader('host');
  const base = `${req.protocol}//${typeof host === 'string' ? host : req.host}`;
  return {
    client: 'node:http',
    method: req.method,
    url: shownUrl(base, req.path),
    status: response.statusCode ?? 0,
    buffered: response.readableLength,
    age: null,
    pinned: isObject(req.socket) && !req.socket.destroyed && (req.socket as { _httpMessage?: unknown })._httpMessage === req,
  };
}

/** The agent by the hosts that it has sockets for. */
export function poolsOf(agent: Agent): readonly FoundPool[] {
  const { sockets, freeSockets, requests } = agent as unknown as Record<'sockets' | 'freeSockets' | 'requests', Record<string, readonly unknown[] | undefined>>;
  const names = [...new Set([...Object.keys(sockets), ...Object.keys(freeSockets), ...Object.keys(requests)])];
  return names.map((name) => {
    const idle = freeSockets[name]?.length ?? 0;
    // The name has the TLS options behind host and port, and keys may be among them.
    return { kind: 'node:http', origin: name.split(':', 2).join(':'), connections: (sockets[name]?.length ?? 0) + idle, idle, queued: requests[name]?.length ?? 0 };
  });
}

export function isAgent(value: object): value is Agent {
  return isObject((value as Partial<Agent>).sockets) && isObject((value as Partial<Agent>).freeSockets) && isObject((value as Partial<Agent>).requests) && 'keepAlive' in value;
}
