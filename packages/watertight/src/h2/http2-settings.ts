/** Owns what a transport gives to its HTTP/2 connections: its options, and the numbers that are told to a server. */
import type { ExchangeSettings } from '../conn/index.js';

/** Options of a transport that apply to HTTP/2; those of every exchange included. */
export interface Http2Settings extends ExchangeSettings {
  readonly maxHeadBytes: number;
  readonly maxFields: number;
  readonly maxInterim: number;
  /** Milliseconds; 0 means no limit. */
  readonly idleConnTimeout: number;
  /** Responses that have come in full and are not read: no stream and no connection knows them any more. */
  readonly arrived: Set<{ cancel(reason: unknown): void }>;
}

/** Bytes of one body that a server may send unread: Go's `transportDefaultStreamFlow`. A body that nobody reads stops its own stream there. */
export const STREAM_WINDOW = 4 << 20;

/** The same of all streams together: Go's `transportDefaultConnFlow`. Node gives the connection's window back as bytes come, so unread bodies never use it up. */
export const CONNECTION_WINDOW = 1 << 30;

/** How long a server may take to answer a PING, ms: Go's `PingTimeout`. */
export const PING_TIMEOUT = 15_000;

/** Streams at once before the server has said how many it allows; and if it does not say. As in Go. */
export const FIRST_STREAMS = 100;
export const DEFAULT_STREAMS = 1000;

/** Node's limit on the memory of a session, in MB: its default, 10, is less than one head may have. */
export const SESSION_MEMORY = 100;

/** The largest block of a request's fields, encoded, that Node sends; beyond that it would give up the whole session. Ours are checked against what the server allows. */
export const SEND_BLOCK = 16 << 20;
