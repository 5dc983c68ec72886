/**
 * Owns the bodies that a client has moved in full from a response of node:http into a stream of its own, which nobody
 * reads: the response is at its end, and its connection free. So do axios, node-fetch and every program with `pipe`.
 */
import type { FoundBody } from './found-body.js';
import type { HeapObjects } from './heap-objects.js';
import { isRead, requestUrl } from './node-http-bodies.js';
import { shownUrl } from './shown-url.js';
import { statusOf } from './status.js';
import { bytesInReadable } from './waiting-bytes.js';

export const MOVED_VOCABULARY: readonly string[] = [
  ...['_readableState', '_events', 'pipes', 'context', 'previous', 'src', 'IncomingMessage', 'BodyReadable', 'req', 'statusCode', 'statusMessage', 'system / Context', '<symbol kErroredValue>', 'errored', '<symbol kState>', '_read', 'function'],
  ...['<symbol Response internals>', '<symbol Body internals>', 'stream', 'url', 'status', 'statusText'],
];

/** @param listed responses that are found already: what they were piped into is no other */
export function movedBodies(objects: HeapObjects, listed: ReadonlySet<number>): FoundBody[] {
  const streams = objects.owners('_readableState');
  const candidates = new Set(streams.filter((stream) => isWaiting(objects, stream)));
  if (candidates.size > 0) for (const stream of streams) if (isDestroyed(objects, stream) === true) candidates.delete(readBy(objects, stream, candidates));
  const waiting = [...candidates];
  const found = nodeFetchBodies(objects, new Set(waiting));
  const taken = new Set(found.flatMap(({ handles }) => handles));
  for (const stream of waiting) {
    const response = taken.has(stream) ? -1 : sourceOf(objects, stream);
    if (response === -1 || listed.has(response)) continue;
    found.push({
      client: 'node:http',
      url: requestUrl(objects, objects.property(response, 'req')),
      status: objects.numberOf(response, 'statusCode') ?? statusOf(objects.textOf(response, 'statusMessage')),
      buffered: bytesInReadable(objects, stream),
      handles: [stream],
      plumbing: [],
    });
  }
  return found;
}

/** The responses of node-fetch 3, whose body is a stream of its own. */
function nodeFetchBodies(objects: HeapObjects, waiting: ReadonlySet<number>): FoundBody[] {
  return objects.owners('<symbol Response internals>').flatMap((response): FoundBody[] => {
    const internals = objects.property(response, '<symbol Response internals>');
    const stream = objects.path(response, '<symbol Body internals>', 'stream');
    const url = objects.textOf(internals, 'url');
    if (!waiting.has(stream) || url === null || url === '') return [];
    return [{ client: 'node:http', url: shownUrl('', url), status: objects.numberOf(internals, 'status') ?? statusOf(objects.textOf(internals, 'statusText')), buffered: bytesInReadable(objects, stream), handles: [response, stream], plumbing: [] }];
  });
}

/** A stream with bytes that nobody takes, and that is not one of a client's that are found by themselves. */
function isWaiting(objects: HeapObjects, stream: number): boolean {
  const { snapshot } = objects;
  const name = snapshot.nodeNameIndex(stream);
  if (name === objects.nameIndex('IncomingMessage') || name === objects.nameIndex('BodyReadable')) return false;
  const state = objects.property(stream, '_readableState');
  if (objects.constant(state) !== null || isDestroyed(objects, stream) !== false || bytesInReadable(objects, stream) === 0) return false;
  return !isRead(objects, stream) && objects.elements(objects.property(state, 'pipes')).length === 0 && !objects.has(state, '<symbol kErroredValue>') && !objects.has(state, 'errored');
}

/** Bit of a stream's state, the same in Node 20 to 26. */
const DESTROYED = 1 << 4;

/** null: not known, as the snapshot has no numbers. */
function isDestroyed(objects: HeapObjects, stream: number): boolean | null {
  const bits = objects.numberOf(objects.property(stream, '_readableState'), '<symbol kState>');
  return bits === null ? null : (bits & DESTROYED) !== 0;
}

/** Which of the streams an iterator reads for this one, which `Readable.from` has made: it is given up along with this one. -1: none. */
function readBy(objects: HeapObjects, stream: number, candidates: ReadonlySet<number>): number {
  const { snapshot } = objects;
  const read = objects.property(stream, '_read');
  if (read === -1 || snapshot.nodeType(read) !== 'closure') return -1;
  const isScope = (node: number): boolean => snapshot.nodeNameIndex(node) === objects.nameIndex('system / Context') && snapshot.nodeNameIndex(objects.property(node, 'previous')) === objects.nameIndex('system / Context');
  return objects.nearest(read, 5, (node) => candidates.has(node), (node) => node === read || isScope(node) || objects.property(node, 'function') !== -1 || snapshot.nodeType(node) === 'array');
}

/** The response that Node's `pipe` has piped into the stream: its listeners there still know it. */
function sourceOf(objects: HeapObjects, stream: number): number {
  const { snapshot } = objects;
  const events = objects.property(stream, '_events');
  if (objects.constant(events) !== null) return -1;
  const context = objects.nameIndex('system / Context');
  const scope = objects.nearest(
    events,
    5,
    (node) => snapshot.nodeNameIndex(node) === context && isResponse(objects, objects.property(node, 'src')),
    (node) => node === events || snapshot.nodeType(node) === 'array' || snapshot.nodeType(node) === 'closure' || snapshot.nodeName(node) === 'Array' || (snapshot.nodeNameIndex(node) === context && objects.property(node, 'previous') !== -1),
  );
  return objects.property(scope, 'src');
}

function isResponse(objects: HeapObjects, node: number): boolean {
  return node !== -1 && objects.snapshot.nodeNameIndex(node) === objects.nameIndex('IncomingMessage') && objects.has(node, 'req');
}
