/** Owns what a transport remembers of one connect key: its part of the pool, and how closely its responses are watched. */
import type { TaskLabels } from '../tasks/index.js';
import type { Origin } from '../conn/index.js';
import { encodeRequestHead } from '../wire/index.js';
import { HostPool } from './pool.js';
import type { PooledConn } from './pooled-conn.js';
import type { RoundTrip } from './round-trip.js';

/** In adaptive mode: the first requests to a host are all recorded with their call site … */
const FIRST = 64;
/** … and then one in so many (a power of two). */
const SAMPLE = 32;

export class Host extends HostPool<PooledConn, RoundTrip> {
  readonly labels: TaskLabels;
  /** What follows `METHOD path` in the head of a request with nothing of its own. */
  readonly plainTail: string;
  /** One of its responses made no progress for long: all call sites are recorded from then on. */
  suspicious = false;
  /** The waiting requests' warning was given; reset when none waits any more. */
  warned = false;
  private requests = 0;

  constructor(
    readonly origin: Origin,
    offerGzip: boolean,
    close: boolean,
  ) {
    super(origin.href);
    this.labels = Object.freeze({ host: origin.host, scheme: origin.scheme });
    const head = encodeRequestHead({ method: 'GET', target: '/', host: origin.host, headers: null, framing: 'none', close, offerGzip });
    this.plainTail = head.slice('GET /'.length);
  }

  /** Whether the adaptive mode wants the next request's call site. */
  wantsSite(): boolean {
    return this.suspicious || this.requests++ < FIRST || this.requests % SAMPLE === 0;
  }
}
