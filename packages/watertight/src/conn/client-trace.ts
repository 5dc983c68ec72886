/** Owns the hooks into one request's way, named as in Go's `net/http/httptrace`. */
import type { Headers } from '../wire/index.js';

/** What `gotConn` is told of the connection. */
export interface GotConnInfo {
  /** It has served a request before. */
  readonly reused: boolean;
  /** It came from the idle pool; then `idleTime` says for how long it was there, in ms. */
  readonly wasIdle: boolean;
  readonly idleTime: number;
  readonly localPort: number | undefined;
  readonly remoteAddress: string | undefined;
}

/**
 * Functions called as a request goes its way; each optional, none awaited. One
 * that throws fails the request.
 */
export interface ClientTrace {
  /** A connection to `host:port` is wanted. */
  getConn?(hostPort: string): void;
  gotConn?(info: GotConnInfo): void;
  connectStart?(hostPort: string): void;
  connectDone?(hostPort: string, error: Error | null): void;
  tlsHandshakeStart?(): void;
  tlsHandshakeDone?(error: Error | null): void;
  wroteHeaders?(): void;
  wait100Continue?(): void;
  got1xxResponse?(status: number, headers: Headers): void;
  gotFirstResponseByte?(): void;
}
