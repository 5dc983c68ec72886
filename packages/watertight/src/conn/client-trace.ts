/** Owns the hooks that a program can set to follow one request, named as in Go's `net/http/httptrace`. */
import type { Duplex } from 'node:stream';
import { RequestError, show, type Headers } from '../wire/index.js';
import type { TlsState } from './tls-state.js';

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

/** An address that a name was resolved to. */
export interface ResolvedAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** What is connected to: a host by TCP, or a Unix socket, whose address is its path. */
export type Network = 'tcp' | 'unix';

/** What `dnsDone` learns. */
export interface DnsDoneInfo {
  readonly host: string;
  /** Empty if the name was not resolved. */
  readonly addresses: readonly ResolvedAddress[];
  readonly error: Error | null;
  /** Another request's answer was shared, as Go does: here always false. */
  readonly coalesced: boolean;
}

/**
 * Functions that are called while a request is made, as those of Go's
 * `httptrace.ClientTrace`, in its order: docs/tracing.md. Each is optional, and none
 * is awaited. A hook may do anything: cancel the request, close the transport,
 * make another request. If one throws, or returns a promise that is rejected,
 * the request is cancelled: it fails with a HookError (`ERR_HOOK`), whose `cause`
 * is what the hook threw. As after an abort, nothing more of the request is sent.
 * What a hook throws after the end of its request has no effect.
 */
export interface ClientTrace {
  /** The request begins to look for a connection to `host:port`, of a proxy if there is one. */
  getConn?(hostPort: string): void;
  /** The request has a connection. */
  gotConn?(info: GotConnInfo): void;
  /** The connection of the request may serve others: it is idle, or serves the next one already. `error` is why not: the pool did not take it. Not called where it serves one request only. Go's `PutIdleConn`. */
  putIdleConn?(error: Error | null): void;
  /** The first byte of the response came, that of a 1xx response included. */
  gotFirstResponseByte?(): void;
  /** The server wants the body: it said 100 (Continue), and the request had `Expect: 100-continue`. */
  got100Continue?(): void;
  /** A response with a status from 100 to 199 came, except 101. */
  got1xxResponse?(status: number, headers: Headers): void;
  /** A name begins to be resolved. Not called for an address. */
  dnsStart?(info: { readonly host: string }): void;
  /** The name was resolved, or was not. */
  dnsDone?(info: DnsDoneInfo): void;
  /** A connect to one address begins. A name may have several. */
  connectStart?(network: Network, address: string): void;
  /** It has ended; `error` is null if it succeeded. */
  connectDone?(network: Network, address: string, error: Error | null): void;
  /** A TLS handshake begins. There are two where a proxy is spoken to over TLS. */
  tlsHandshakeStart?(): void;
  /** The TLS handshake has ended; `state` is null if it failed, and `error` if it succeeded. */
  tlsHandshakeDone?(state: TlsState | null, error: Error | null): void;
  /** A field of the head was written, with all its values that follow each other. */
  wroteHeaderField?(name: string, values: readonly string[]): void;
  /** The request's head was written to the socket. */
  wroteHeaders?(): void;
  /** The request has `Expect: 100-continue`, and its body waits for the server's answer. */
  wait100Continue?(): void;
  /** The request was written, with its body, or failed to be: `error`. */
  wroteRequest?(info: { readonly error: Error | null }): void;
}

/** All of them, so that a name that the interface gets is one that is checked. */
const HOOKS: Readonly<Record<keyof ClientTrace, true>> = {
  getConn: true,
  gotConn: true,
  putIdleConn: true,
  gotFirstResponseByte: true,
  got100Continue: true,
  got1xxResponse: true,
  dnsStart: true,
  dnsDone: true,
  connectStart: true,
  connectDone: true,
  tlsHandshakeStart: true,
  tlsHandshakeDone: true,
  wroteHeaderField: true,
  wroteHeaders: true,
  wait100Continue: true,
  wroteRequest: true,
};

/** The names of all hooks. */
export const HOOK_NAMES = Object.keys(HOOKS) as readonly (keyof ClientTrace)[];

/** @throws RequestError (`ERR_INVALID_OPTION`) for what is no object, and for a hook that is no function: it would be called when the request is under way. What a getter gives is seen only then. */
export function checkTrace(trace: unknown): void {
  if (typeof trace !== 'object' || trace === null) throw new RequestError('ERR_INVALID_OPTION', `trace is an object of functions, not ${show(trace)}`);
  for (const name of HOOK_NAMES) {
    const hook: unknown = Object.getOwnPropertyDescriptor(trace, name)?.value;
    if (hook !== undefined && hook !== null && typeof hook !== 'function') throw new RequestError('ERR_INVALID_OPTION', `the hook ${name} of trace is a function, not ${show(hook)}`);
  }
}

/**
 * The hooks of both: for each event, `first` is told, then `then`. A hook that neither
 * has is not there. What those of `then` throw or return is theirs; those of `first` must not throw.
 */
export function chainTraces(first: ClientTrace, then: ClientTrace | null): ClientTrace {
  if (then === null) return first;
  type Hook = ((...args: unknown[]) => unknown) | null | undefined;
  const chain: Record<string, Hook> = {};
  for (const name of HOOK_NAMES) {
    const own = (first as Record<string, Hook>)[name];
    const others = (then as Record<string, Hook>)[name];
    if (own === undefined && (others === undefined || others === null)) continue;
    chain[name] = (...args) => {
      own?.apply(first, args);
      return others?.apply(then, args);
    };
  }
  return chain;
}
