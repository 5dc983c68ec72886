/** Owns what a look finds of the responses of `fetch`: those of Node and of every copy of undici. */
import { field, isObject, shownUrl, type FoundBody } from './found.js';

/** What the Fetch standard calls Response, read through its class's own accessors: the program may have put others on the object. */
export class ResponseReader {
  private readonly get: (name: 'url' | 'status' | 'body', response: object) => unknown;

  constructor(prototype: object) {
    this.get = (name, response) => Object.getOwnPropertyDescriptor(prototype, name)?.get?.call(response) as unknown;
  }

  /** The response as data; null if it is finished, being read, or not from the network. */
  unread(response: object): FoundBody | null {
    const url = this.get('url', response);
    const body = this.get('body', response);
    if (typeof url !== 'string' || url === '' || !isObject(body)) return null;
    const state = field(body, 'kState');
    if (field(state, 'state') !== 'readable') return null;
    const reader = field(state, 'reader');
    const controller = field(field(state, 'controller'), 'kState');
    if (waits(field(field(reader, 'kState'), 'readRequests')) || waits(field(field(reader, 'kState'), 'readIntoRequests'))) return null;
    const buffered = field(controller, 'queueTotalSize');
    const status = this.get('status', response);
    return { client: 'fetch', method: '', url: shownUrl(url), status: typeof status === 'number' ? status : 0, buffered: typeof buffered === 'number' ? buffered : null, age: ageOf(response), pinned: false };
  }
}

function waits(requests: unknown): boolean {
  return Array.isArray(requests) && requests.length > 0;
}

/** undici 6 keeps the times of a response in a property; later versions in a private one. */
function ageOf(response: object): number | null {
  const start = field(field(field(response, 'state'), 'timingInfo'), 'startTime');
  return typeof start === 'number' && start > 0 ? Math.max(0, performance.now() - start) : null;
}
