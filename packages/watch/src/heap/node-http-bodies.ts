/** Owns the unread responses of node:http, and so of axios, got and all that stand on it. */
import type { FoundBody } from './found-body.js';
import type { HeapObjects } from './heap-objects.js';
import { shownUrl } from './shown-url.js';
import { statusOf } from './status.js';
import { bytesInReadable } from './waiting-bytes.js';

export const NODE_HTTP_VOCABULARY: readonly string[] = [
  ...['IncomingMessage', 'ClientRequest', 'req', 'res', '_ended', 'aborted', '_dumped', 'complete', 'statusCode', 'statusMessage'],
  ...['_header', 'protocol', 'host', 'path', '<symbol kPath>', 'socket', 'parser', '<symbol kSocket>', '<symbol kHandle>', '_handle', '<symbol kError>', '_events', 'data', 'readable', 'upgradeOrConnect'],
];

export function nodeHttpBodies(objects: HeapObjects): FoundBody[] {
  const found: FoundBody[] = [];
  for (const response of objects.instances('IncomingMessage')) {
    const request = objects.property(response, 'req');
    // A server's requests have none; a response that was replaced by another is over.
    if (objects.constant(request) !== null || objects.property(request, 'res') !== response) continue;
    if (objects.isTrue(request, '_ended') || objects.isTrue(response, 'aborted') || objects.isTrue(response, '_dumped') || objects.isTrue(request, 'upgradeOrConnect')) continue;
    const buffered = bytesInReadable(objects, response);
    // Somebody reads, and waits for the server.
    if (buffered === 0 && isRead(objects, response)) continue;
    const socket = objects.property(response, 'socket');
    // Whoever has the request has the response, so the request is not among them.
    const plumbing = [socket, objects.property(request, 'parser'), objects.property(socket, 'parser'), objects.property(socket, '<symbol kHandle>'), objects.property(socket, '_handle')];
    found.push({
      client: 'node:http',
      url: requestUrl(objects, request),
      status: objects.numberOf(response, 'statusCode') ?? statusOf(objects.textOf(response, 'statusMessage')),
      buffered,
      handles: [response],
      plumbing: plumbing.filter((node) => objects.constant(node) === null),
    });
  }
  return found;
}

/** Somebody listens for its bytes. */
export function isRead(objects: HeapObjects, stream: number): boolean {
  const events = objects.property(stream, '_events');
  return objects.has(events, 'data') || objects.has(events, 'readable');
}

/** The URL of a ClientRequest. */
export function requestUrl(objects: HeapObjects, request: number): string | null {
  const protocol = objects.textOf(request, 'protocol') ?? 'http:';
  // The head as it was sent has the path as one text, also where `path` is a part of a longer one.
  const head = objects.textOf(request, '_header');
  const path = /^\S+ (\S+) HTTP\//.exec(head ?? '')?.[1] ?? objects.textOf(request, 'path') ?? objects.textOf(request, '<symbol kPath>');
  const host = /\r\nhost: *([^\r\n]+)/i.exec(head ?? '')?.[1] ?? objects.textOf(request, 'host');
  return path === null || host === null ? null : shownUrl(`${protocol}//${host}`, path);
}
