/** Owns the reasons for which a connection ends, and which of them it is after an exchange. */
import { ProtocolError } from '../wire/index.js';
import { TimeoutError } from './error.js';

/**
 * Why a connection ended:
 *
 * - `idleTimeout`: it was idle for `idleConnTimeout`, or for as long as the server said that it keeps it
 * - `maxIdleConns`, `maxIdleConnsPerHost`: there was no room for it among the idle ones
 * - `closeIdleConnections`, `transportClosed`: the program called that, or `close()`
 * - `connectionClose`: it was for one request only: one side said `Connection: close`, the server speaks HTTP/1.0, or the option is `disableKeepAlives`
 * - `serverClosed`: the server ended it in order
 * - `error`: it broke; the system's error says how
 * - `bodyClosed`: the program closed the response before its body had ended
 * - `collected`: the response was garbage-collected before its body had ended: a proven leak
 * - `cancelled`: the request was, by its signal, a hook or its own body
 * - `timeout`: a limit on time was exceeded
 * - `protocolError`: what the server sent is not HTTP, or exceeded a limit
 * - `requestUnfinished`: the response ended before the request was sent
 * - `excessBytes`: the server sent what no request had asked for
 * - `replaced`: a request needed a connection that has not served another, or one whose server was not about to close it
 * - `handedOver`: it carries something else than HTTP: the protocol was switched, or it became a tunnel (CONNECT)
 */
export type CloseCause =
  | 'idleTimeout'
  | 'maxIdleConns'
  | 'maxIdleConnsPerHost'
  | 'closeIdleConnections'
  | 'transportClosed'
  | 'connectionClose'
  | 'serverClosed'
  | 'error'
  | 'bodyClosed'
  | 'collected'
  | 'cancelled'
  | 'timeout'
  | 'protocolError'
  | 'requestUnfinished'
  | 'excessBytes'
  | 'replaced'
  | 'handedOver';

/** How an exchange ended, as far as it matters to its connection. */
export interface EndedExchange {
  readonly bodyState: 'unread' | 'reading' | 'eof' | 'closed' | 'errored';
  readonly error: unknown;
  readonly bodyWritten: boolean;
  readonly abandoned: boolean;
  readonly handedOver: boolean;
  /** As far as the exchange knows, another could have followed. */
  readonly reusable: boolean;
}

/** What is known of its connection. */
export interface EndedConn {
  /** The peer has ended it, or it broke. */
  readonly ended: boolean;
  readonly broken: boolean;
  readonly excess: boolean;
}

/** Why the connection can't go on. Pure. */
export function causeAfter(exchange: EndedExchange, conn: EndedConn): CloseCause {
  const { bodyState, bodyWritten, abandoned, handedOver, reusable } = exchange;
  if (handedOver) return 'handedOver';
  const lost = conn.broken ? 'error' : 'serverClosed';
  switch (bodyState) {
    case 'closed':
      return 'bodyClosed';
    case 'eof':
      if (!bodyWritten) return 'requestUnfinished';
      if (!reusable) return 'connectionClose';
      return conn.excess ? 'excessBytes' : conn.ended ? lost : 'requestUnfinished';
    default:
      if (abandoned) return 'collected';
      return conn.ended ? lost : causeOf(exchange.error);
  }
}

/** Why a connection ends whose exchange failed by itself. */
function causeOf(error: unknown): CloseCause {
  if (error instanceof TimeoutError || (error instanceof DOMException && error.name === 'TimeoutError')) return 'timeout';
  return error instanceof ProtocolError ? 'protocolError' : 'cancelled';
}
