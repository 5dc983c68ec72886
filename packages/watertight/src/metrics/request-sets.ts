/** Owns the attributes under which requests in progress are counted: one set for each client, method and server. */
import type { Attributes } from './definition.js';
import { SeriesBound } from './series.js';

/** The most sets of attributes of requests in progress. */
const MAX_REQUEST_SETS = 500;

export const OTHER_REQUESTS: Attributes = Object.freeze({ 'http.request.method': '_OTHER', 'server.address': 'other', 'server.port': 0, 'url.scheme': 'other', 'watertight.client': 'other' });

export class RequestSets {
  private readonly bound = new SeriesBound(MAX_REQUEST_SETS, OTHER_REQUESTS);

  /** @param method  a known one, or `_OTHER` */
  of(client: string, method: string, server: Attributes): Attributes {
    const key = `${client} ${method} ${server['url.scheme']}://${server['server.address']}:${server['server.port']}`;
    return this.bound.of(key, () => ({ 'http.request.method': method, ...server, 'watertight.client': client }));
  }

  get all(): Attributes[] {
    return this.bound.all;
  }
}
