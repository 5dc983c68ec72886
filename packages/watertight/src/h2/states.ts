/** Owns the states of an HTTP/2 connection, and the moves between them; docs/http2.md is drawn from this table. */

/**
 * - `open`: takes requests, as long as the server allows another stream
 * - `draining`: takes no further request, and closes with its last stream: the server has sent GOAWAY or ended its side, a request asked for `Connection: close`, or each connection serves one request only
 * - `closed`: its task has ended
 */
export type Http2State = 'open' | 'draining' | 'closed';

export const HTTP2_MOVES: Readonly<Record<Http2State, readonly Http2State[]>> = {
  open: ['draining', 'closed'],
  draining: ['closed'],
  closed: [],
};
