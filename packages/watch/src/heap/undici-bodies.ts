/** Owns the unread bodies of undici's `request`, releases 6 to 8. */
import type { FoundBody } from './found-body.js';
import type { HeapObjects } from './heap-objects.js';
import { urlOf } from './shown-url.js';
import { statusOf } from './status.js';
import { bytesInReadable } from './waiting-bytes.js';

export const UNDICI_VOCABULARY: readonly string[] = [
  ...['BodyReadable', 'Request', 'Parser', 'path', 'origin', 'completed', 'aborted', 'statusText', 'statusCode', 'request', 'socket'],
  ...['<symbol kAbort>', '<symbol handler>', '<symbol kConsume>', '<symbol kErroredValue>', 'res', 'RequestHandler', 'Socket', 'TLSSocket'],
];

export function undiciBodies(objects: HeapObjects): FoundBody[] {
  const found: FoundBody[] = [];
  for (const body of objects.instances('BodyReadable')) {
    if (!objects.has(body, '_readableState')) continue;
    if (objects.has(objects.property(body, '_readableState'), '<symbol kErroredValue>')) continue;
    const request = requestOf(objects, body);
    const buffered = bytesInReadable(objects, body);
    if (objects.isTrue(request, 'aborted') || (buffered === 0 && (objects.isTrue(request, 'completed') || isRead(objects, body)))) continue;
    // When the response has come to its end, the connection's parser is on to another.
    const parser = objects.isTrue(request, 'completed') ? -1 : parserOf(objects, body);
    const handler = objects.property(request, '<symbol handler>');
    const socket = objects.property(parser, 'socket');
    found.push({
      client: 'undici',
      url: urlOf(objects, objects.property(request, 'origin'), objects.property(request, 'path')),
      status: objects.numberOf(parser, 'statusCode') ?? statusOf(objects.textOf(parser, 'statusText')),
      buffered,
      handles: [body],
      plumbing: [request, handler, parser, socket].filter((node) => objects.constant(node) === null),
    });
  }
  return found;
}

/** The body is ended by a function that knows its request, in release 8 by way of a controller. */
function requestOf(objects: HeapObjects, body: number): number {
  return objects.nearest(objects.property(body, '<symbol kAbort>'), 6, (node) => isRequest(objects, node), (node) => isLibrary(objects, node));
}

/** What reads from the connection. */
function parserOf(objects: HeapObjects, body: number): number {
  const { snapshot } = objects;
  const parser = objects.nameIndex('Parser');
  const passable = [objects.nameIndex('Request'), objects.nameIndex('Socket'), objects.nameIndex('TLSSocket'), objects.nameIndex('BodyReadable')];
  return objects.nearest(
    objects.property(body, '<symbol kAbort>'),
    8,
    (node) => snapshot.nodeNameIndex(node) === parser && objects.has(node, 'statusText'),
    (node) => isLibrary(objects, node) || passable.includes(snapshot.nodeNameIndex(node)),
  );
}

/** Not what the whole program is reached from. */
function isLibrary({ snapshot }: HeapObjects, node: number): boolean {
  const type = snapshot.nodeType(node);
  if (type === 'closure') return true;
  const name = snapshot.nodeName(node);
  return type === 'object' && (name === 'system / Context' || name.endsWith('Controller') || name.endsWith('Handler'));
}

function isRequest(objects: HeapObjects, node: number): boolean {
  const { snapshot } = objects;
  return snapshot.nodeType(node) === 'object' && snapshot.nodeNameIndex(node) === objects.nameIndex('Request') && objects.has(node, 'path');
}

/** Somebody reads it whole, or listens for its bytes. */
function isRead(objects: HeapObjects, body: number): boolean {
  const events = objects.property(body, '_events');
  return objects.has(body, '<symbol kConsume>') || objects.has(events, 'data') || objects.has(events, 'readable');
}
