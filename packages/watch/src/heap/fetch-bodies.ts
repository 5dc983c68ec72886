/** Owns the unread responses of `fetch`: Node's own and the package undici's. Both keep what the standard calls an internal response. */
import type { FoundBody } from './found-body.js';
import type { HeapObjects } from './heap-objects.js';
import { shownUrl } from './shown-url.js';
import { statusOf } from './status.js';
import { bytesInReadable, memoryOf } from './waiting-bytes.js';

export const FETCH_VOCABULARY: readonly string[] = [
  ...['cacheState', 'urlList', 'headersList', 'body', 'stream', 'status', 'statusText', '<symbol kState>', '<symbol state>', '#state', 'system / JSProxy', 'state', 'controller', 'queue', 'queueTotalSize', 'reader', 'readRequests', 'readIntoRequests', 'href', '<symbol query>'],
  ...['closeRequested', 'buffer', 'context', 'URL', '#context', 'pullAlgorithm', 'fn', 'previous', 'fetchParams', 'next', '_readableState'],
];

export function fetchBodies(objects: HeapObjects): FoundBody[] {
  const found: FoundBody[] = [];
  const unread = objects.owners('cacheState').filter((inner) => objects.has(inner, 'urlList') && objects.constant(objects.path(inner, 'body', 'stream')) === null);
  const responses = publicResponses(objects, new Set(unread));
  for (const inner of unread) {
    const stream = objects.path(inner, 'body', 'stream');
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
      buffered: buffered + bytesOfConnection(objects, controller),
      handles: [...(responses.get(inner) ?? []), stream, ...(objects.constant(reader) === null ? [reader] : [])],
      plumbing: [inner, controller, objects.property(state, 'controller')].filter((node) => objects.constant(node) === null),
    });
  }
  return found;
}

/**
 * Until the first read, the bytes wait in a Node stream, which an iterator reads. The function that reads the body knows
 * the fetch, and that the iterator. 0: it has been given up, or is hidden.
 */
function bytesOfConnection(objects: HeapObjects, controller: number): number {
  const { snapshot } = objects;
  let pull = objects.path(controller, 'pullAlgorithm', 'context', 'fn', 'context');
  for (let depth = 0; depth < 3 && objects.property(pull, 'fetchParams') === -1; depth++) pull = objects.property(pull, 'previous');
  const fetching = objects.path(pull, 'fetchParams', 'controller');
  const scope = objects.path(fetching, 'next', 'context');
  // The undici of Node 26 keeps the answer of its dispatcher itself.
  const hasStream = (node: number): boolean => snapshot.nodeName(node) === 'Object' && objects.has(node, 'stream');
  const stream = objects.nearest(scope, 3, (node) => objects.has(node, '_readableState'), (node) => node === scope || snapshot.nodeName(node) === 'createAsyncIterator' || snapshot.nodeType(node) === 'array' || hasStream(node));
  return stream === -1 ? 0 : bytesInReadable(objects, stream);
}

/** The Response objects, by their internal response, which they refer to themselves or through a filter (a Proxy). */
function publicResponses(objects: HeapObjects, inner: ReadonlySet<number>): Map<number, number[]> {
  const { snapshot } = objects;
  const innerOf = new Map<number, number>([...inner].map((node) => [node, node]));
  const proxy = objects.nameIndex('system / JSProxy');
  const fields = ['#state', '<symbol state>', '<symbol kState>'].map((name) => objects.nameIndex(name)).filter((index) => index !== -1);
  const found = new Map<number, number[]>();
  for (let node = 0; node < snapshot.nodeCount; node++) {
    if (snapshot.nodeNameIndex(node) !== proxy) continue;
    for (let edge = snapshot.firstEdge(node); edge < snapshot.endEdge(node); edge++) if (inner.has(snapshot.target(edge))) innerOf.set(node, snapshot.target(edge));
  }
  for (let node = 0; node < snapshot.nodeCount; node++) {
    if (snapshot.nodeType(node) !== 'object') continue;
    for (let edge = snapshot.firstEdge(node), end = snapshot.endEdge(node); edge < end; edge++) {
      const state = innerOf.get(snapshot.target(edge));
      if (state === undefined || snapshot.edgeType(edge) !== 'property' || !fields.includes(snapshot.edgeNameIndex(edge))) continue;
      found.set(state, [...(found.get(state) ?? []), node]);
    }
  }
  return found;
}

/** The last URL of the list is the one that answered. */
function urlOf(objects: HeapObjects, inner: number): string | null {
  const url = objects.elements(objects.property(inner, 'urlList')).at(-1) ?? -1;
  const href = objects.textOf(url, 'href') ?? objects.text(objects.path(url, '#context', 'href')) ?? objects.text(objects.property(objects.nearest(url, 1, (node) => objects.textOf(node, 'href') !== null), 'href'));
  return href === null ? null : shownUrl('', href);
}
