/** Owns what a transport remembers of one host: its part of the pool, and how closely its responses are watched. */
import { SiteSampling, type TaskLabels } from '../tasks/index.js';
import type { Origin } from '../conn/index.js';
import type { ProxyServer } from '../proxy/index.js';
import { encodeRequestHead, type Headers } from '../wire/index.js';
import type { Http2Conn } from '../h2/index.js';
import { Counters } from './counters.js';
import { HostPool } from './pool.js';
import type { Waiter } from './wait-queue.js';

/** A server that ends a connection so soon after its response has not waited for another request; ms. */
const EARLY = 100;

/** How long it is remembered that the server did so, ms. */
const REMEMBERED = 1000;

/** A connection of such a server that has been idle for so long is alive; ms. Most ends arrive within 0.1 ms. */
const REST = 5;

/**
 * One connect key, as Go's `connectMethodKey`: scheme, host and port, and the
 * proxy that they are reached through. A proxy that forwards the requests of all
 * http origins is a host itself: they share its connections. `C` is a connection to it, `W` a request that waits for one.
 */
export class Host<C, W extends Waiter> extends HostPool<C, W> {
  readonly labels: TaskLabels;
  readonly counters = new Counters();
  /** What follows `METHOD path` in the head of a request with nothing of its own. */
  readonly plainTail: string;
  /** Which requests' call sites the adaptive mode wants. */
  readonly sampling = new SiteSampling();
  /** Its HTTP/2 connections; null if there is none. */
  http2: Http2Conn[] | null = null;
  /** The waiting requests' warning was given; reset when none waits any more. */
  warned = false;
  /** When the server last ended a connection directly after its response: it answers and closes, and does not say so. */
  private endedEarlyAt = -Infinity;
  /** The fields that `tailWith` was asked for last, and its answer. */
  private lastHeaders: Headers | null = null;
  private lastTail = '';

  /**
   * `origin`: what a connection is to, seen from above. `id`: the key, with what must not be shown of it. `via`: the
   * proxy that its connections go through, null if none. `forward`: they end there, and it passes the requests on.
   * `offersHttp2`: the server may choose HTTP/2.
   */
  constructor(
    readonly origin: Origin,
    /** What is offered; '' for nothing. */
    readonly acceptEncoding: string,
    private readonly close: boolean,
    readonly id: string = origin.key,
    readonly via: ProxyServer | null = null,
    readonly forward = false,
    /** The Unix socket of the option `socketPath`, as reports show it; null if there is none. */
    over: string | null = null,
    readonly offersHttp2 = false,
  ) {
    super(over !== null ? `${origin.key} over ${over}` : via === null ? origin.key : forward ? `http://* through ${via.href}` : `${origin.key} through ${via.href}`);
    this.labels = Object.freeze({ host: origin.socketPath === null ? origin.host : origin.href.slice(origin.scheme.length + 3), scheme: origin.scheme });
    const head = encodeRequestHead({ method: 'GET', target: '/', host: origin.host, headers: null, framing: 'none', close, acceptEncoding });
    this.plainTail = head.slice('GET /'.length);
  }

  /** What is connected to first: the proxy or the origin. */
  get firstHop(): Origin {
    return this.via === null ? this.origin : this.via.origin;
  }

  /** What follows `METHOD path` in the head of a GET with these fields, which many requests have in common. */
  tailWith(headers: Headers): string {
    if (this.lastHeaders !== headers) {
      this.lastTail = encodeRequestHead({ method: 'GET', target: '/', host: this.origin.host, headers, framing: 'none', close: this.close, acceptEncoding: this.acceptEncoding }).slice('GET /'.length);
      this.lastHeaders = headers;
    }
    return this.lastTail;
  }

  /** The first HTTP/2 connection that takes another request; null if none does. */
  freeHttp2(at: number): Http2Conn | null {
    return this.http2?.find((conn) => conn.canTake(at)) ?? null;
  }

  addHttp2(conn: Http2Conn): void {
    (this.http2 ??= []).push(conn);
  }

  removeHttp2(conn: Http2Conn): void {
    const left = this.http2?.filter((each) => each !== conn) ?? [];
    this.http2 = left.length === 0 ? null : left;
  }

  /** The server has ended a connection that was idle since `idleAt`. */
  endedIdle(idleAt: number, at: number): void {
    if (at - idleAt < EARLY) this.endedEarlyAt = at;
  }

  /** How long a connection must have been idle before it gets a request that can't be sent twice, ms. */
  restBefore(at: number): number {
    return at - this.endedEarlyAt < REMEMBERED ? REST : 0;
  }
}
