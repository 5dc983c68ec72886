/** Owns the HTTP/2 connections of a transport: which are open, and which waiting requests they serve. The pool knows nothing of them, for each serves many at once. */
import type { Duplex } from 'node:stream';
import { asError, now, type Holder, type Trace } from '../tasks/index.js';
import type { CloseCause, TlsState } from '../conn/index.js';
import { Http2Conn, type Http2Settings } from '../h2/index.js';
import type { RoundTrip, TripHost } from './round-trip.js';

/** What is asked of the connector. */
export interface SharedConnsPort {
  /** The request waits no more. */
  endWait(trip: RoundTrip): void;
  /** A connection was made, and counts from now on. */
  sharedOpened(host: TripHost): void;
  sharedClosed(host: TripHost, conn: Http2Conn, cause: CloseCause): void;
  /** The handshake is done, but no connection came of it. `first`: the request that it was dialled for, if it still waits. */
  sharedFailed(host: TripHost, first: RoundTrip | null, error: Error): void;
}

export class SharedConns {
  private readonly conns = new Map<Http2Conn, TripHost>();

  constructor(
    private readonly settings: Http2Settings,
    private readonly port: SharedConnsPort,
  ) {}

  /** Gives the request a stream, if the host has a connection that takes it. */
  serve(trip: RoundTrip, host: TripHost, at: number): boolean {
    if (trip.request.fresh) for (const conn of [...(host.http2 ?? [])]) retire(conn);
    const conn = host.freeHttp2(at);
    if (conn === null) return false;
    const idle = conn.streamCount === 0;
    trip.useStream(conn, idle, idle ? at - conn.idleAt : 0);
    return true;
  }

  /**
   * A dial has found a server that speaks HTTP/2; `socket` becomes a connection for
   * all requests that wait, as far as the server allows, and for those to come. One
   * that was dialled meanwhile and is not needed is closed, as in Go: before the
   * handshake nobody knows that one is enough.
   *
   * @param first the request that it was dialled for, if it still waits
   */
  dialled(host: TripHost, socket: Duplex, tls: TlsState, trace: Trace | null, first: RoundTrip | null): void {
    let failure: Error | null = null;
    if (host.freeHttp2(now()) === null) failure = this.open(host, socket, tls, trace);
    else discard(socket);
    if (failure !== null) {
      discard(socket);
      this.port.sharedFailed(host, first, failure);
      return;
    }
    const conn = host.freeHttp2(now());
    if (first !== null && conn !== null) this.deliver(first, conn);
    this.serveWaiting(host);
  }

  /** What the statistics need of each connection. */
  counted(): { host: TripHost; uses: number; exchange: Holder | null }[] {
    return [...this.conns].map(([{ uses, oldestHolder }, host]) => ({ host, uses, exchange: oldestHolder }));
  }

  closeIdle(): void {
    for (const conn of [...this.conns.keys()]) conn.closeIfIdle('closeIdleConnections');
  }

  close(reason: Error): void {
    for (const conn of [...this.conns.keys()]) conn.close('transportClosed', reason);
    for (const exchange of [...this.settings.arrived]) exchange.cancel(reason);
  }

  /** Gives what Node throws, as for a socket of `dialTls` that has a session already. */
  private open(host: TripHost, socket: Duplex, tls: TlsState, trace: Trace | null): Error | null {
    const owner = { streamFree: () => this.serveWaiting(host), connClosed: (conn: Http2Conn, cause: CloseCause) => this.closed(conn, host, cause) };
    try {
      const conn = new Http2Conn(socket, tls, this.settings, owner, `https://${host.origin.host}`, host.labels, trace);
      this.conns.set(conn, host);
      host.addHttp2(conn);
      this.port.sharedOpened(host);
      return null;
    } catch (error) {
      return asError(error);
    }
  }

  private closed(conn: Http2Conn, host: TripHost, cause: CloseCause): void {
    if (!this.conns.delete(conn)) return;
    host.removeHttp2(conn);
    this.port.sharedClosed(host, conn, cause);
  }

  /** Streams have become free. */
  private serveWaiting(host: TripHost): void {
    while (host.waiters > 0) {
      const conn = host.freeHttp2(now());
      const trip = conn === null ? null : host.waiting.shift();
      if (conn === null || trip === null) return;
      this.deliver(trip, conn);
    }
  }

  private deliver(trip: RoundTrip, conn: Http2Conn): void {
    // Late binding: a dial that was started for it goes on, and finds that it is not needed.
    trip.dial?.letGo();
    this.port.endWait(trip);
    trip.useStream(conn, false, 0);
  }
}

/** It serves those that it serves, and no others. */
function retire(conn: Http2Conn): void {
  conn.drain('replaced');
  conn.closeIfIdle('replaced');
}

/** Ends a connection that nobody needs. Without a listener, an error of it would end the process. */
function discard(socket: Duplex): void {
  socket.on('error', () => undefined);
  socket.destroy();
}
