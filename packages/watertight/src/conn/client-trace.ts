/** Owns the hooks that a program can set to follow one request, named as in Go's `net/http/httptrace`. */
import type { Duplex } from 'node:stream';
import { RequestError, show, type Headers } from '../wire/index.js';

/** What `gotConn` learns about the connection. */
export interface GotConnInfo {
  /** The connection's socket, or the stream that `dial` returned: to look at, as Go's `GotConnInfo.Conn`. It belongs to the transport, so it must not be read, written or closed. */
  readonly socket: Duplex;
  /** The connection has served a request before. */
  readonly reused: boolean;
  /** The connection was in the idle pool. */
  readonly wasIdle: boolean;
  /** How long it was there, in milliseconds; 0 if it was not. */
  readonly idleTime: number;
  /** This side's port; undefined for a socket without one, such as one from `dial`. */
  readonly localPort: number | undefined;
  /** The server's IP address; undefined for a socket without one. */
  readonly remoteAddress: string | undefined;
}

/**
 * Functions that are called while a request is made. Each is optional, and none
 * is awaited. A hook may do anything: cancel the request, close the transport,
 * make another request. If one throws, or returns a promise that is rejected,
 * the request is cancelled: it fails with a HookError (`ERR_HOOK`), whose `cause`
 * is what the hook threw. As after an abort, nothing more of the request is sent.
 */
export interface ClientTrace {
  /** The request begins to look for a connection to `host:port`. */
  getConn?(hostPort: string): void;
  /** The request has a connection. */
  gotConn?(info: GotConnInfo): void;
  /** A dial to `host:port` begins. */
  connectStart?(hostPort: string): void;
  /** The dial has ended; `error` is null if it succeeded. */
  connectDone?(hostPort: string, error: Error | null): void;
  /** The TLS handshake begins. */
  tlsHandshakeStart?(): void;
  /** The TLS handshake has ended; `error` is null if it succeeded. */
  tlsHandshakeDone?(error: Error | null): void;
  /** The request's head was written to the socket. */
  wroteHeaders?(): void;
  /** The request has `Expect: 100-continue`, and its body waits for the server's answer. */
  wait100Continue?(): void;
  /** A response with a status from 100 to 199 came. */
  got1xxResponse?(status: number, headers: Headers): void;
  /** The first byte of the response came. */
  gotFirstResponseByte?(): void;
}

/** All of them, so that a name that the interface gets is one that is checked. */
const HOOKS: Readonly<Record<keyof ClientTrace, true>> = {
  getConn: true,
  gotConn: true,
  connectStart: true,
  connectDone: true,
  tlsHandshakeStart: true,
  tlsHandshakeDone: true,
  wroteHeaders: true,
  wait100Continue: true,
  got1xxResponse: true,
  gotFirstResponseByte: true,
};

/** @throws RequestError (`ERR_INVALID_OPTION`) for what is no object, and for a hook that is no function: it would be called when the request is under way. What a getter gives is seen only then. */
export function checkTrace(trace: unknown): void {
  if (typeof trace !== 'object' || trace === null) throw new RequestError('ERR_INVALID_OPTION', `trace is an object of functions, not ${show(trace)}`);
  for (const name of Object.keys(HOOKS)) {
    const hook: unknown = Object.getOwnPropertyDescriptor(trace, name)?.value;
    if (hook !== undefined && hook !== null && typeof hook !== 'function') throw new RequestError('ERR_INVALID_OPTION', `the hook ${name} of trace is a function, not ${show(hook)}`);
  }
}
