/**
 * What a request of the soak asks its server for: the path says which fault, the id and size say which body must come
 * back. Client and server make that body from the same order, so a byte of somebody else's is seen.
 */

/** What a reader that wants all of the body must get: the body of the order, an error, or either of them and nothing else. */
export type Expectation = 'answer' | 'error' | 'either';

export interface Order {
  readonly fault: string;
  readonly id: number;
  /** Letters in the body beside its id. */
  readonly size: number;
  /** Redirects that are still to come. */
  readonly hops: number;
  /** The query, which every redirect keeps: it names the proxy. */
  readonly search: string;
}

export function pathOf({ fault, id, size, hops, search }: Order): string {
  return `/${fault}/${id}/${size}/${hops}${search}`;
}

export function readOrder(target: string): Order {
  // Of an absolute-form target, as a proxy gets it, only path and query count.
  const { pathname, search } = new URL(target, 'http://peer.test');
  const [, fault, id, size, hops] = pathname.split('/');
  return { fault, id: Number(id), size: Number(size), hops: Number(hops), search };
}

export function bodyOf({ id, size }: Pick<Order, 'id' | 'size'>): string {
  return `{"id":${id},"fill":"${'z'.repeat(size)}"}`;
}
