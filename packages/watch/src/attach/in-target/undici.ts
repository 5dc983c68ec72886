/** Owns what a look finds of undici: the one in Node, which `fetch` uses, and every copy that the program has. Versions 6 to 8. */
import type { Readable } from 'node:stream';
import { isBeingRead, isOpen, isReadable } from './body-stream.js';
import { field, hasSymbol, isObject, shownUrl, type FoundBody, type FoundPool } from './found.js';

/** The most handlers in a chain of interceptors that are looked at. */
const MAX_DEPTH = 16;

/** A request that has its connection's response. */
export interface Running {
  readonly request: object;
  readonly body: FoundBody;
  /** The stream between the connection and the program; null if interceptors hide it. */
  readonly stream: Readable | null;
}

/** The response that this client's connection is busy with; null if its headers have not come. */
export function runningOn(client: object): { readonly request: object; readonly status: number; readonly paused: boolean } | null {
  const queue = field(client, 'queue');
  const index = field(client, 'running index');
  const end = field(client, 'pending index');
  if (!Array.isArray(queue) || typeof index !== 'number' || typeof end !== 'number' || index >= end) return null;
  const request: unknown = queue[index];
  const socket = field(client, 'socket') ?? field(field(client, 'http context'), 'socket');
  const parser = field(socket, 'parser');
  const status = field(parser, 'statusCode');
  if (!isObject(request) || typeof status !== 'number' || status < 200) return null;
  return { request, status, paused: field(parser, 'paused') === true };
}

/** The unread response on the connection of this client. */
export function unreadOn(client: object): Running | null {
  const running = runningOn(client);
  if (running === null) return null;
  const { request, status, paused } = running;
  const handler = innermost(field(request, 'handler'));
  const isFetch = isFetchHandler(handler);
  const candidate = isFetch ? field(handler, 'body') : field(handler, 'res');
  const stream = isReadable(candidate) ? candidate : null;
  // Without a stream in sight (an interceptor, stream(), fetch in the newest), a connection that is paused tells it.
  const waits = stream === null ? paused : isOpen(stream) && (isFetch ? paused && stream.readableLength > 0 : !isBeingRead(stream));
  if (!waits) return null;
  return { request, stream, body: { client: isFetch ? 'fetch' : 'undici', ...targetOf(request), status, buffered: stream?.readableLength ?? null, age: null, pinned: true } };
}

function targetOf(request: object): { readonly method: string; readonly url: string } {
  const { origin, path, method } = request as { origin?: unknown; path?: unknown; method?: unknown };
  return { method: textOf(method), url: shownUrl(textOf(origin), textOf(path)) };
}

function textOf(value: unknown): string {
  if (value instanceof URL) return value.origin;
  return typeof value === 'string' ? value : '';
}

function innermost(handler: unknown): object | null {
  let each = handler;
  for (let depth = 0; depth < MAX_DEPTH && isObject(each); depth++) {
    const next = field(each, 'handler');
    if (!isObject(next)) return each;
    each = next;
  }
  return null;
}

/** The handler of `fetch` is an object literal; all others have a class. */
function isFetchHandler(handler: object | null): boolean {
  return handler !== null && Object.getPrototypeOf(handler) === Object.prototype && 'body' in handler && 'abort' in handler;
}

/** Whether the object is a client of undici: one connection, and the requests for it. */
export function isClient(value: object): boolean {
  return Array.isArray(field(value, 'queue')) && typeof field(value, 'running index') === 'number';
}

/** Whether it is the body that `request()` gives out. */
export function isRequestBody(value: object): value is Readable {
  return hasSymbol(value, 'kConsume') && hasSymbol(value, 'kAbort') && isReadable(value);
}

export function poolOf(client: object): FoundPool {
  const queue = field(client, 'queue') as readonly unknown[];
  const running = field(client, 'running index') as number;
  const pending = field(client, 'pending index') as number;
  const socket = field(client, 'socket') ?? field(field(client, 'http context'), 'socket');
  const connections = isObject(socket) && (socket as { destroyed?: unknown }).destroyed !== true ? 1 : 0;
  const url = field(client, 'url');
  return { kind: 'undici', origin: textOf(url), connections, idle: connections === 1 && pending === running ? 1 : 0, queued: queue.length - pending };
}
