/** Owns the names of our diagnostics channels (node:diagnostics_channel), one for each hook of `ClientTrace` and a few more, and the question whether anybody listens. */
import { channel, type Channel } from 'node:diagnostics_channel';
import type { ClientTrace } from '../conn/index.js';

/** What a hook tells is published here. */
export const HOOK_CHANNELS: Readonly<Record<keyof ClientTrace, Channel>> = {
  getConn: channel('watertight:connection:wait'),
  gotConn: channel('watertight:connection:got'),
  putIdleConn: channel('watertight:connection:idle'),
  dnsStart: channel('watertight:dns:start'),
  dnsDone: channel('watertight:dns:end'),
  connectStart: channel('watertight:connect:start'),
  connectDone: channel('watertight:connect:end'),
  tlsHandshakeStart: channel('watertight:tls:start'),
  tlsHandshakeDone: channel('watertight:tls:end'),
  wroteHeaderField: channel('watertight:request:field'),
  wroteHeaders: channel('watertight:request:headersSent'),
  wait100Continue: channel('watertight:request:waitContinue'),
  got100Continue: channel('watertight:request:continue'),
  wroteRequest: channel('watertight:request:sent'),
  gotFirstResponseByte: channel('watertight:request:firstByte'),
  got1xxResponse: channel('watertight:request:interim'),
};

const START = channel('watertight:request:start');
const HEADERS = channel('watertight:request:headers');
const END = channel('watertight:request:end');
const ERROR = channel('watertight:request:error');
export const REQUEST_CHANNELS = { START, HEADERS, END, ERROR } as const;

export const CONNECTION_CHANNELS = {
  OPEN: channel('watertight:connection:open'),
  CLOSE: channel('watertight:connection:close'),
  FAILED: channel('watertight:connection:error'),
} as const;

const {
  getConn: A,
  gotConn: B,
  putIdleConn: C,
  dnsStart: D,
  dnsDone: E,
  connectStart: F,
  connectDone: G,
  tlsHandshakeStart: H,
  tlsHandshakeDone: I,
  wroteHeaderField: J,
  wroteHeaders: K,
  wait100Continue: L,
  got100Continue: M,
  wroteRequest: N,
  gotFirstResponseByte: O,
  got1xxResponse: P,
} = HOOK_CHANNELS;

/**
 * Whether a request is to be published. This is asked for each request, so it is
 * written out: the engine knows each channel, and that nobody has subscribed to it,
 * so that nothing of this is left in what it compiles.
 */
export function isPublished(): boolean {
  return (
    START.hasSubscribers || HEADERS.hasSubscribers || END.hasSubscribers || ERROR.hasSubscribers ||
    A.hasSubscribers || B.hasSubscribers || C.hasSubscribers || D.hasSubscribers || E.hasSubscribers || F.hasSubscribers || G.hasSubscribers || H.hasSubscribers ||
    I.hasSubscribers || J.hasSubscribers || K.hasSubscribers || L.hasSubscribers || M.hasSubscribers || N.hasSubscribers || O.hasSubscribers || P.hasSubscribers
  );
}
