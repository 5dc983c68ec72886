/** Owns the unread responses of `fetch`: Node's own and the package undici's. Both keep what the standard calls an internal response. */
import type { FoundBody } from './found-body.js';
import type { HeapObjects } from './heap-objects.js';
import { shownUrl } from './shown-url.js';
import { statusOf } from './status.js';
import { memoryOf } from './waiting-bytes.js';

export const FETCH_VOCABULARY: readonly string[] = [
  ...['cacheState', 'urlList', 'headersList', 'body', 'stream', 'status', 'statusText', 'Response', '<symbol kState>', 'state', 'controller', 'queue', 'queueTotalSize', 'reader', 'readRequests', 'readIntoRequests', 'href', '<symbol query>'],
  ...['closeRequested', 'buffer', 'context', 'URL', '#context'],
];

export function fetchBodies(objects: HeapObjects): FoundBody[] {
  const found: FoundBody[] = [];
  const responses = publicResponses(objects);
  for (const inner of objects.owners('cacheState')) {
    const stream = objects.path(inner, 'body', 'stream');
    if (!objects.has(inner, 'urlList') || objects.constant(stream) !== null) continue;
    const state = objects.property(stream, '<symbol kState>');
    if (objects.textOf(state, 'state') !== 'readable') continue;
    const controller = objects.path(state, 'controller', '<symbol kState>');
    const chunks = objects.elements(objects.property(controller, 'queue'));
    const buffered = objects.numberOf(controller, 'queueTotalSize') ?? memoryOf(objects, chunks);
    const reader = objects.property(state, 'reader');
    const waiting = objects.property(reader, '<symbol kState>');
    // Somebody reads, and waits for the server.
    if (chunks.length === 0 && (objects.elements(objects.property(waiting, 'readRequests')).length > 0 || objects.elements(objects.property(waiting, 'readIntoRequests')).length > 0)) continue;
    found.push({
      client: 'fetch',
      url: urlOf(objects, inner),
      status: objects.numberOf(inner, 'status') ?? statusOf(objects.textOf(inner, 'statusText')),
      buffered,
      handles: [...(responses.get(inner) ?? []), stream, ...(objects.constant(reader) === null ? [reader] : [])],
      plumbing: [inner],
    });
  }
  return found;
}

/** The Response objects, by their internal response, which they refer to themselves or through a filter (a Proxy). */
function publicResponses(objects: HeapObjects): Map<number, number[]> {
  const { snapshot } = objects;
  const found = new Map<number, number[]>();
  const cacheState = objects.nameIndex('cacheState');
  for (const response of objects.instances('Response')) {
    const inner = objects.nearest(response, 2, (node) => {
      if (snapshot.nodeType(node) !== 'object' || node === response) return false;
      for (let edge = snapshot.firstEdge(node); edge < snapshot.endEdge(node); edge++) {
        if (snapshot.edgeNameIndex(edge) === cacheState && snapshot.edgeType(edge) === 'property') return true;
      }
      return false;
    });
    if (inner !== -1) found.set(inner, [...(found.get(inner) ?? []), response]);
  }
  return found;
}

/** The last URL of the list is the one that answered. */
function urlOf(objects: HeapObjects, inner: number): string | null {
  const url = objects.elements(objects.property(inner, 'urlList')).at(-1) ?? -1;
  const href = objects.textOf(url, 'href') ?? objects.text(objects.path(url, '#context', 'href')) ?? objects.text(objects.property(objects.nearest(url, 1, (node) => objects.textOf(node, 'href') !== null), 'href'));
  return href === null ? null : shownUrl('', href);
}
