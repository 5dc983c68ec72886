/**
 * Owns the states of a connection and of an exchange on it, and the moves
 * between them. `docs/lifecycle.md` is drawn from these tables.
 */

/**
 * - `idle`: serves no request; pooled, or just dialled
 * - `busy`: serves one; with its response's body unread it is what a leak looks like
 * - `closed`: its two tasks have ended
 */
export type ConnState = 'idle' | 'busy' | 'closed';

export const CONN_MOVES: Readonly<Record<ConnState, readonly ConnState[]>> = {
  idle: ['busy', 'closed'],
  busy: ['idle', 'closed'],
  closed: [],
};

/**
 * - `new`: not yet on a connection
 * - `sent`: handed to the write loop; no final response yet
 * - `body`: the response is given out, its body is not finished: the connection is pinned
 * - `eof`: read to the end; `closed`: closed early; `failed`: error, time-out or cancel
 */
export type ExchangeState = 'new' | 'sent' | 'body' | 'eof' | 'closed' | 'failed';

export const EXCHANGE_MOVES: Readonly<Record<ExchangeState, readonly ExchangeState[]>> = {
  new: ['sent', 'failed'],
  sent: ['body', 'eof', 'failed'],
  body: ['eof', 'closed', 'failed'],
  eof: [],
  closed: [],
  failed: [],
};

/** Refuses a move that is not in its table: a bug of ours, not of a caller. */
export function checkMove<S extends string>(moves: Readonly<Record<S, readonly S[]>>, from: S, to: S): S {
  if (!moves[from].includes(to)) throw new Error(`watertight: no move from ${from} to ${to}; please report this`);
  return to;
}
