/** Owns the states of a connection and of an exchange, and the moves between them; docs/lifecycle.md is drawn from these tables. */

/**
 * - `idle`: serves no request; it is in the pool, or was just dialled
 * - `busy`: serves a request, until the response's body is finished; a leaked response keeps it busy for ever
 * - `switched`: the server has switched protocols: its socket is the program's, and its two tasks have ended
 * - `closed`: its two tasks have ended
 */
export type ConnState = 'idle' | 'busy' | 'switched' | 'closed';

export const CONN_MOVES: Readonly<Record<ConnState, readonly ConnState[]>> = {
  idle: ['busy', 'closed'],
  busy: ['idle', 'switched', 'closed'],
  switched: ['closed'],
  closed: [],
};

/**
 * - `new`: not yet on a connection
 * - `sent`: given to the write loop; the final response has not come yet
 * - `body`: the program has the response, and the body is not finished: the connection serves nothing else
 * - `eof`: the body was read to its end; `closed`: it was closed before; `failed`: error, time-out or cancel
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

/** Throws for a move that is not in its table: that would be a bug of this library, not of the program. */
export function checkMove<S extends string>(moves: Readonly<Record<S, readonly S[]>>, from: S, to: S): S {
  if (!moves[from].includes(to)) throw new Error(`watertight: no move from ${from} to ${to}; please report this`);
  return to;
}
