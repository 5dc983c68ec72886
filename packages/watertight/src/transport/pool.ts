/** Owns the decision which connection serves which request, as pure data: it does no I/O and reads no clock. */
import { WaitQueue, type Waiter } from './wait-queue.js';

/** What the pool needs of a connection, and keeps in it. */
export interface Poolable<C> {
  readonly host: HostPool<C, Waiter>;
  readonly usable: boolean;
  /** When it became idle, by the library's clock. */
  idleAt: number;
  /** From then on it must not be used any more; 0: no limit. */
  idleUntil: number;
  /** Seconds for which the server said it keeps an idle connection; -1: it said nothing. */
  readonly keepAliveTimeout: number;
  /** The next one and the one before it in the list of all idle connections, which is ordered by `idleAt`. */
  newer: C | null;
  older: C | null;
}

/** The limits of a pool, most of them numbers of connections and of requests; 0 means no limit. A negative `maxIdleConnsPerHost` keeps no idle connection. */
export interface PoolLimits {
  readonly maxIdleConns: number;
  readonly maxIdleConnsPerHost: number;
  readonly maxConnsPerHost: number;
  readonly maxWaitersPerHost: number;
  /** Milliseconds; 0 means no limit. */
  readonly idleConnTimeout: number;
  readonly disableKeepAlives: boolean;
}

/** One connect key's part of the pool. */
export class HostPool<C, W extends Waiter> {
  /** Idle connections, the most recently used last. */
  readonly idle: C[] = [];
  /** Open connections, idle ones included. */
  open = 0;
  dialling = 0;
  /** All that wait for a connection, whether one is being dialled for them or not. */
  readonly waiting = new WaitQueue<W>();
  /** Those of them for which the limit allows no dial. */
  readonly blocked = new WaitQueue<W>();
  /** Requests waiting, counted. */
  waiters = 0;

  constructor(readonly key: string) {}

  /** Nothing is left that the pool must remember. */
  get empty(): boolean {
    return this.open === 0 && this.dialling === 0 && this.waiters === 0;
  }
}

/** What to do for a request that found no idle connection. */
export type Admission = 'dial' | 'wait' | 'refuse';

/** Why a connection does not become idle, in the words of Go's `tryPutIdleConn`; the last one is ours. */
export type PutIdleRefusal = 'keep-alives disabled' | 'CloseIdleConnections called' | 'too many idle connections for host' | 'the server does not keep it (Keep-Alive: timeout=0)';

/** What to do with a connection that is ready for another request. The reason of `close` is in Go's words. */
export type Placement<C, W> =
  | { readonly action: 'deliver'; readonly to: W }
  | { readonly action: 'keep'; readonly evict: C | null }
  | { readonly action: 'close'; readonly reason: PutIdleRefusal };

const KEPT = Object.freeze({ action: 'keep', evict: null }) as { action: 'keep'; evict: null };

/** What a connection is given up before the server's own limit, ms: the last request must not meet the server's close on its way. As in node:http. */
const KEEP_ALIVE_MARGIN = 1000;

/**
 * How long a connection may be idle, ms: 0 is no limit, below 0 not at all.
 * A server that says how long it keeps the connection (`Keep-Alive: timeout=N`,
 * in seconds) is believed, with a margin of a second, or of half the time if that is less.
 */
export function idleLimit(idleConnTimeout: number, keepAliveTimeout: number): number {
  if (keepAliveTimeout === -1) return idleConnTimeout;
  if (keepAliveTimeout === 0) return -1;
  const hinted = keepAliveTimeout * 1000;
  const limit = hinted - Math.min(KEEP_ALIVE_MARGIN, hinted / 2);
  return idleConnTimeout === 0 ? limit : Math.min(idleConnTimeout, limit);
}

/** A connection that nobody has looked at for so long may have got bytes that no request asked for, such as a 408 (Request Timeout); ms. */
const UNSEEN = 5;

/**
 * Whether the sockets are to be read once more before the connection gets a
 * request: if the event loop was blocked, what came meanwhile would be taken for
 * the answer. Go's `readLoop`, which is not blocked, has closed the connection by then.
 */
export function mustLook({ seenAt }: { readonly seenAt: number }, at: number): boolean {
  return at - seenAt >= UNSEEN;
}

/**
 * It says what is to be done, and the connector does it. Within a host, the most
 * recently used idle connection serves first; over all hosts, the least recently
 * used one is evicted; requests wait in order. The rules are those of Go's
 * `queueForIdleConn`, `queueForDial` and `tryPutIdleConn`.
 */
export class Pool<C extends Poolable<C>, W extends Waiter> {
  idleCount = 0;
  /** Connections that become idle are closed, until the next request: the rest of `closeIdleConnections`. */
  private closeIdle = false;
  private newest: C | null = null;
  private oldest: C | null = null;

  constructor(private readonly limits: PoolLimits) {}

  /** The connection that has been idle for the longest time. */
  get leastRecent(): C | null {
    return this.oldest;
  }

  /**
   * An idle connection to the host, or null. The most recently used one: the others may go idle for good.
   *
   * `at`: now. `unfit` is called with those that have been idle for longer than
   * allowed (`expired`), to close them: the timer that closes them is late if the event loop
   * was blocked, and the server may have given them up (Go: `queueForIdleConn`).
   * `rested`: how long a connection must have been idle at least, in ms; a younger one goes to `unfit` as well.
   */
  takeIdle(host: HostPool<C, W>, at: number, unfit: (conn: C, expired: boolean) => void, rested = 0): C | null {
    this.closeIdle = false;
    for (;;) {
      const conn = host.idle.pop();
      if (conn === undefined) return null;
      this.unlink(conn);
      // One whose socket has just died is dropped: it is about to report its end.
      if (!conn.usable) continue;
      const expired = conn.idleUntil !== 0 && at >= conn.idleUntil;
      if (!expired && at - conn.idleAt >= rested) return conn;
      unfit(conn, expired);
    }
  }

  /** Lets a request wait for the first connection that is ready; says whether one may be dialled for it. */
  admit(host: HostPool<C, W>, waiter: W): Admission {
    const { maxWaitersPerHost } = this.limits;
    if (maxWaitersPerHost > 0 && host.waiters >= maxWaitersPerHost) return 'refuse';
    host.waiting.push(waiter);
    host.waiters++;
    if (this.mayDial(host)) return 'dial';
    host.blocked.push(waiter);
    return 'wait';
  }

  /** A place for a dial has come free: the request to dial for, or null. */
  nextDial(host: HostPool<C, W>): W | null {
    return this.mayDial(host) ? host.blocked.shift() : null;
  }

  /** What becomes of a connection that is ready for a request. `at`: now. */
  place(conn: C, host: HostPool<C, W>, at: number): Placement<C, W> {
    const { maxIdleConnsPerHost, maxIdleConns, disableKeepAlives } = this.limits;
    if (disableKeepAlives || maxIdleConnsPerHost < 0) return { action: 'close', reason: 'keep-alives disabled' };
    if (host.waiters > 0) {
      const waiter = host.waiting.shift();
      if (waiter !== null) return { action: 'deliver', to: waiter };
    }
    if (this.closeIdle) return { action: 'close', reason: 'CloseIdleConnections called' };
    if (maxIdleConnsPerHost > 0 && host.idle.length >= maxIdleConnsPerHost) return { action: 'close', reason: 'too many idle connections for host' };
    const limit = idleLimit(this.limits.idleConnTimeout, conn.keepAliveTimeout);
    if (limit < 0) return { action: 'close', reason: 'the server does not keep it (Keep-Alive: timeout=0)' };
    conn.idleAt = at;
    conn.idleUntil = limit === 0 ? 0 : at + limit;
    host.idle.push(conn);
    this.link(conn);
    if (maxIdleConns === 0 || this.idleCount <= maxIdleConns) return KEPT;
    const evict = this.oldest!;
    this.remove(evict);
    return { action: 'keep', evict };
  }

  /** Takes a connection out of the idle ones, if it is there. */
  remove(conn: C): void {
    const { idle } = conn.host;
    // What ends by itself is mostly the oldest, what is evicted always.
    const at = idle.indexOf(conn);
    if (at === -1) return;
    idle.splice(at, 1);
    this.unlink(conn);
  }

  /** Takes out all idle connections; until the next request, those that become idle are to be closed. */
  takeAllIdle(): C[] {
    const all: C[] = [];
    for (let conn = this.oldest; conn !== null; conn = conn.newer) all.push(conn);
    for (const conn of all) this.remove(conn);
    this.closeIdle = true;
    return all;
  }

  private mayDial(host: HostPool<C, W>): boolean {
    return this.limits.maxConnsPerHost === 0 || host.open + host.dialling < this.limits.maxConnsPerHost;
  }

  private link(conn: C): void {
    conn.older = this.newest;
    conn.newer = null;
    if (this.newest === null) this.oldest = conn;
    else this.newest.newer = conn;
    this.newest = conn;
    this.idleCount++;
  }

  private unlink(conn: C): void {
    if (conn.older === null) this.oldest = conn.newer;
    else conn.older.newer = conn.newer;
    if (conn.newer === null) this.newest = conn.older;
    else conn.newer.older = conn.older;
    conn.newer = conn.older = null;
    this.idleCount--;
  }
}
