/** Owns the unread responses of this library, over HTTP/1.1 and HTTP/2, from the client and from its `fetch`. */
import type { FoundBody } from './found-body.js';
import type { HeapObjects } from './heap-objects.js';
import { urlOf } from './shown-url.js';
import { memoryOf } from './waiting-bytes.js';

export const WATERTIGHT_VOCABULARY: readonly string[] = ['Exchange', 'StreamExchange', 'phase', 'request', 'target', 'origin', 'href', 'path', 'head', 'body', 'pending', 'parts', 'Response', 'FetchResponse', 'handle', 'conn', 'status', 'first', 'rest', 'parked', 'bytes'];

export function watertightBodies(objects: HeapObjects): FoundBody[] {
  const found: FoundBody[] = [];
  const exchanges = [...objects.instances('Exchange'), ...objects.instances('StreamExchange')].filter((node) => objects.textOf(node, 'phase') === 'body');
  if (exchanges.length === 0) return found;
  const responses = publicResponses(objects);
  for (const exchange of exchanges) {
    const body = objects.property(exchange, 'body');
    const chunks = [objects.property(body, 'first'), ...objects.elements(objects.property(body, 'rest')), objects.property(objects.property(body, 'parked'), 'bytes')].filter((node) => objects.constant(node) === null);
    const buffered = objects.numberOf(body, 'bytes') ?? memoryOf(objects, chunks);
    if (buffered === 0 && objects.has(body, 'pending')) continue;
    const target = objects.path(exchange, 'request', 'target');
    const head = objects.textOf(exchange, 'head');
    const status = /^HTTP\/\d(?:\.\d)? (\d{3})/.exec(head ?? '')?.[1];
    found.push({
      client: 'watertight',
      url: urlOf(objects, objects.path(target, 'origin', 'href'), objects.property(target, 'path')),
      status: objects.numberOf(exchange, 'status') ?? (status === undefined ? null : Number(status)),
      buffered,
      handles: responses.get(exchange) ?? [],
      plumbing: [exchange, body, objects.property(exchange, 'conn')].filter((node) => objects.constant(node) === null),
    });
  }
  return found;
}

/** The responses, by the exchange that they belong to. */
function publicResponses(objects: HeapObjects): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const response of objects.instances('Response')) {
    const exchange = objects.property(response, 'parts');
    if (exchange !== -1) found.set(exchange, [...(found.get(exchange) ?? []), response]);
  }
  return found;
}
