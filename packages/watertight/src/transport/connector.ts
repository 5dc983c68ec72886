/** Owns the actions of a transport: it finds, dials, hands over and closes connections as the pool decides. */
import type { Duplex } from 'node:stream';
import { describeHolders, now, startOwnTimer, stopTimer, topHolders, tracking, trackLevel, type Holder, type Trace } from '../tasks/index.js';
import { afterPoll, callHook, type CloseCause, type ConnOwner, type Exchange, type Origin, type TlsState } from '../conn/index.js';
import type { Http2Conn, StreamExchange } from '../h2/index.js';
import { connectionChannels } from './connection-channels.js';
import type { ConnectionObserver } from './connection-observer.js';
import { Dial } from './dial.js';
import { hostPort } from './dial-trace.js';
import { DialError, TransportError } from './error.js';
import { Exchanges } from './exchanges.js';
import { Hosts } from './hosts.js';
import type { ResolvedOptions } from './options.js';
import { mustLook, Pool } from './pool.js';
import { CAUSES, PooledConn } from './pooled-conn.js';
import type { RoundTrip, TripConn, TripHost, TripPort } from './round-trip.js';
import { SharedConns, type SharedConnsPort } from './shared-conns.js';
import { statsOf, type TransportStats } from './stats.js';
import { TlsSessions } from './tls-sessions.js';
import { WaitWarning } from './wait-warning.js';

/** What `getConn`, `dialConnFor` and `putOrCloseIdleConn` are in Go. */
export class Connector implements ConnOwner<TripConn>, TripPort, SharedConnsPort {
  readonly closeAlways: boolean;
  readonly hosts: Hosts;
  private readonly exchanges: Exchanges;
  private readonly pool: Pool<TripConn, RoundTrip>;
  private readonly conns = new Set<TripConn>();
  private readonly shared: SharedConns;
  private readonly dials = new Set<Dial<RoundTrip>>();
  /** Requests that wait for something else than a connection. */
  private readonly paused = new Set<RoundTrip>();
  private readonly sessions = new TlsSessions();
  readonly observers = new Set<ConnectionObserver>([connectionChannels]);
  private readonly level: number;
  private idleTimer: NodeJS.Timeout | null = null;
  private readonly warning: WaitWarning;
  private shut = false;

  constructor(private readonly options: ResolvedOptions) {
    this.closeAlways = options.disableKeepAlives;
    this.level = trackLevel(options.track);
    this.hosts = new Hosts(options);
    this.pool = new Pool(options);
    this.warning = new WaitWarning((host) => this.describeHolders(host));
    this.exchanges = new Exchanges(options, (origin) => this.hosts.suspect(origin));
    this.shared = new SharedConns(this.exchanges.settings, this);
  }

  /** 0 off, 1 adaptive, 2 all: the transport's own, or what a leak check demands. */
  get trackLevel(): number {
    return this.level > tracking.floor ? this.level : tracking.floor;
  }

  // ---- called by a round trip

  connect(trip: RoundTrip): void {
    if (trip.request.trace !== null && !this.shut) {
      callHook(trip, 'getConn', hostPort(trip.host.firstHop));
    }
    if (this.shut) trip.fail(closedError());
    if (trip.over) {
      this.hosts.tidy(trip.host);
      return;
    }
    // A second attempt, or one whose hook made requests too, may find its host forgotten meanwhile.
    const host = (trip.host = this.hosts.again(trip.host));
    const at = now();
    const next = (host.http2 === null ? null : host.freeHttp2(at)) ?? host.idle.at(-1);
    if (next !== undefined && (mustLook(next, at) || trip.sentOnce)) {
      host.waiters++;
      afterPoll(() => {
        host.waiters--;
        this.connectPolled(trip, host);
      });
    } else this.findConn(trip, host, at, 0);
  }

  /** Whatever had come on the connections, their end included, is known by now. */
  private connectPolled(trip: RoundTrip, host: TripHost): void {
    if (trip.over) this.hosts.tidy(host);
    else if (this.shut) trip.fail(closedError());
    else {
      const at = now();
      this.findConn(trip, host, at, trip.sentOnce ? host.restBefore(at) : 0);
    }
  }

  /** `rested`: as in `Pool.takeIdle`. */
  private findConn(trip: RoundTrip, known: TripHost, at: number, rested: number): void {
    if (known.http2 !== null && this.shared.serve(trip, known, at)) return;
    const conn = this.pool.takeIdle(known, at, closeUnfit, trip.request.fresh ? Infinity : rested);
    if (conn !== null) {
      trip.useConn(conn, true, at - conn.idleAt);
      return;
    }
    // If its last connection was closed just now, the host is forgotten.
    const host = (trip.host = this.hosts.again(known));
    const admission = this.pool.admit(host, trip);
    if (admission === 'refuse') {
      trip.fail(this.refusal(host));
      return;
    }
    trip.waiting = true;
    if (admission === 'dial') this.dialFor(trip);
    else this.warning.later(trip);
  }

  leave(trip: RoundTrip): void {
    const { host, dial } = trip;
    this.endWait(trip);
    if (dial === null) {
      this.hosts.tidy(host);
      return;
    }
    // It has just failed, and is about to report that.
    if (dial.over) return;
    // The dial may serve somebody who was not allowed one; only if nobody waits for it, it ends.
    const next = host.blocked.shift();
    if (next !== null) {
      dial.waiter = next;
      next.dial = dial;
      return;
    }
    this.dialEnded(dial, host);
    // The program's own dial is told by its signal, and may make a request meanwhile.
    dial.abort();
    this.dialNext(host);
    this.hosts.tidy(host);
  }

  pauseBegins(trip: RoundTrip): void {
    this.paused.add(trip);
  }

  pauseEnds(trip: RoundTrip): void {
    this.paused.delete(trip);
  }

  forget(host: TripHost): void {
    this.hosts.tidy(host);
  }

  http1Host(host: TripHost): TripHost {
    return this.hosts.http1(host);
  }

  exchangeFor(trip: RoundTrip): Exchange {
    return this.exchanges.make(trip, this.trackLevel);
  }

  streamExchangeFor(trip: RoundTrip): StreamExchange {
    return this.exchanges.makeForStream(trip, this.trackLevel);
  }

  describeHolders(host: TripHost): string {
    const holders: Holder[] = [];
    for (const conn of this.conns) if (conn.host === host && conn.exchange !== null) holders.push(conn.exchange);
    for (const conn of host.http2 ?? []) holders.push(...conn.holders());
    const limit = this.options.maxConnsPerHost;
    const allowed = limit > 0 ? ` of ${limit} (maxConnsPerHost)` : '';
    const all = host.http2 === null ? `${host.open} connections${allowed} to ${host.key} are open, ${holders.length} of them held` : `${host.open} connections${allowed} to ${host.key} are open, with ${holders.length} streams`;
    return holders.length === 0 ? all : `${all}: ${describeHolders(topHolders(holders, now()))}`;
  }

  // ---- called by a connection

  connReady(conn: TripConn, at: number): void {
    const { host } = conn;
    if (host.waiters > 0 && conn.uses > 0 && (mustLook(conn, at) || host.waiting.peek()?.sentOnce === true)) {
      afterPoll(() => this.readyPolled(conn));
      return;
    }
    this.place(conn, at);
  }

  /** As `connReady`, for a connection that others wait for: whatever had come on it is known by now, its end included. */
  private readyPolled(conn: TripConn): void {
    // One whose socket has just died is about to report its end.
    if (!conn.usable) return;
    const at = now();
    if (conn.host.restBefore(at) > 0 && conn.host.waiting.peek()?.sentOnce === true) conn.close('replaced');
    else this.place(conn, at);
  }

  private place(conn: TripConn, at: number): void {
    const { host } = conn;
    const placement = this.pool.place(conn, host, at);
    if (placement.action === 'deliver') this.deliver(placement.to, conn);
    else if (placement.action === 'close') {
      conn.close(CAUSES[placement.reason]);
      // As in Go, where that is so for all connections of the transport.
      if (placement.reason !== 'keep-alives disabled') conn.tellPut(new Error(placement.reason));
      return;
    } else {
      placement.evict?.close('maxIdleConns');
      if (this.idleTimer === null) this.armIdleTimer(at);
    }
    conn.tellPut(null);
  }

  connClosed(conn: TripConn, cause: CloseCause): void {
    const { host } = conn;
    if (!this.conns.delete(conn)) return;
    this.pool.remove(conn);
    if (conn.endedIdle) host.endedIdle(conn.idleAt, now());
    host.open--;
    host.counters.ended(cause, conn.uses);
    for (const observer of this.observers) observer.disconnected(host.origin, { cause, byPeer: conn.ended, error: conn.closedFor, requests: conn.uses });
    this.dialNext(host);
    this.hosts.tidy(host);
  }

  // ---- called by the connections of HTTP/2

  endWait(trip: RoundTrip): void {
    trip.waiting = false;
    trip.dial = null;
    trip.host.waiters--;
  }

  sharedOpened(host: TripHost): void {
    host.open++;
    host.counters.dialled++;
    for (const observer of this.observers) observer.connected(host.origin);
  }

  sharedClosed(host: TripHost, { uses, endedByPeer, closedFor }: Http2Conn, cause: CloseCause): void {
    host.open--;
    host.counters.ended(cause, uses);
    for (const observer of this.observers) observer.disconnected(host.origin, { cause, byPeer: endedByPeer, error: closedFor, requests: uses });
    this.dialNext(host);
    this.hosts.tidy(host);
  }

  sharedFailed(host: TripHost, first: RoundTrip | null, error: Error): void {
    if (first === null) return;
    this.endWait(first);
    first.fail(new DialError('ERR_TLS', `HTTP/2 with ${host.key} could not begin: ${error.message}`, { cause: error }));
  }

  // ---- called by the transport

  /** Another request to the host would have to wait until one of its connections is given back. */
  isFull(origin: Origin): boolean {
    const { maxConnsPerHost } = this.options;
    const host = this.hosts.known(origin);
    return maxConnsPerHost > 0 && host !== null && host.idle.length === 0 && host.open + host.dialling >= maxConnsPerHost;
  }

  closeIdle(): void {
    for (const conn of this.pool.takeAllIdle()) conn.close('closeIdleConnections');
    this.shared.closeIdle();
  }

  close(): void {
    this.shut = true;
    const error = closedError();
    // What fails here calls the program, which may come back in.
    for (const host of this.hosts.all) {
      for (let trip = host.waiting.shift(); trip !== null; trip = host.waiting.shift()) {
        this.endWait(trip);
        trip.fail(error);
      }
    }
    for (const trip of [...this.paused]) trip.cancel(error);
    const dials = [...this.dials];
    this.dials.clear();
    for (const dial of dials) dial.abort();
    for (const conn of [...this.conns]) conn.close('transportClosed', error);
    this.shared.close(error);
    this.warning.end();
    if (this.idleTimer !== null) stopTimer(this.idleTimer);
    this.hosts.clear();
  }

  stats(): TransportStats {
    return statsOf(this.hosts.all, [...this.conns, ...this.shared.counted()], this.hosts.forgotten, now());
  }

  // ---- inside

  private deliver(trip: RoundTrip, conn: TripConn): void {
    // Late binding: a dial that was started for it goes on and serves whoever comes next.
    trip.dial?.letGo();
    this.endWait(trip);
    trip.useConn(conn, false, 0);
  }

  private dialFor(trip: RoundTrip): void {
    const { host, trace } = trip;
    const conn = new PooledConn(host, this.exchanges.settings, this, trace);
    const dial: Dial<RoundTrip> = new Dial(
      {
        origin: host.origin,
        via: host.via,
        forward: host.forward,
        http2: host.offersHttp2,
        conn,
        labels: host.labels,
        options: this.options,
        sessions: this.sessions,
        trace,
        hooked: trip,
        ready: () => this.dialReady(dial, conn),
        readyForHttp2: (socket, tls) => this.dialReadyForHttp2(dial, host, socket, tls, trace),
        failed: (error) => this.dialFailed(dial, host, error),
      },
      trip,
    );
    host.dialling++;
    this.dials.add(dial);
    trip.dial = dial;
    dial.start();
  }

  private dialReady(dial: Dial<RoundTrip>, conn: TripConn): void {
    const { host } = conn;
    this.dialEnded(dial, host);
    host.open++;
    host.counters.dialled++;
    this.conns.add(conn);
    for (const observer of this.observers) observer.connected(host.origin);
    const { waiter: trip } = dial;
    if (trip?.waiting === true) {
      trip.dial = null;
      this.deliver(trip, conn);
    } else {
      conn.unref();
      this.connReady(conn, now());
    }
  }

  private dialReadyForHttp2(dial: Dial<RoundTrip>, host: TripHost, socket: Duplex, tls: TlsState, trace: Trace | null): void {
    this.dialEnded(dial, host);
    const { waiter: trip } = dial;
    const first = trip?.waiting === true ? trip : null;
    if (first !== null) first.dial = null;
    this.shared.dialled(host, socket, tls, trace, first);
    this.dialNext(host);
    this.hosts.tidy(host);
  }

  private dialFailed(dial: Dial<RoundTrip>, host: TripHost, error: Error): void {
    this.dialEnded(dial, host);
    host.counters.dialFailed++;
    for (const observer of this.observers) observer.dialFailed(host.origin, error);
    const { waiter: trip } = dial;
    if (trip?.waiting === true) {
      this.endWait(trip);
      trip.fail(error);
    }
    this.dialNext(host);
    this.hosts.tidy(host);
  }

  private dialEnded(dial: Dial<RoundTrip>, host: TripHost): void {
    if (this.dials.delete(dial)) host.dialling--;
  }

  private dialNext(host: TripHost): void {
    if (this.shut || host.waiters === 0) return;
    const trip = this.pool.nextDial(host);
    if (trip !== null) this.dialFor(trip);
  }

  private armIdleTimer(at: number): void {
    const { idleConnTimeout } = this.options;
    const { leastRecent } = this.pool;
    if (idleConnTimeout === 0 || leastRecent === null) return;
    this.idleTimer = startOwnTimer(() => this.closeExpired(), Math.max(1, leastRecent.idleAt + idleConnTimeout - at)).unref();
  }

  private closeExpired(): void {
    this.idleTimer = null;
    const at = now();
    const { idleConnTimeout } = this.options;
    for (let conn = this.pool.leastRecent; conn !== null && at - conn.idleAt >= idleConnTimeout - 1; conn = this.pool.leastRecent) {
      this.pool.remove(conn);
      conn.close('idleTimeout');
    }
    this.armIdleTimer(at);
  }

  private refusal(host: TripHost): TransportError {
    return new TransportError('ERR_TOO_MANY_WAITERS', `${host.waiters} requests already wait for a connection to ${host.key} (maxWaitersPerHost); ${this.describeHolders(host)}`);
  }
}

function closeUnfit(conn: TripConn, expired: boolean): void {
  conn.close(expired ? 'idleTimeout' : 'replaced');
}

function closedError(): TransportError {
  return new TransportError('ERR_TRANSPORT_CLOSED', 'the transport is closed; make a new one');
}
