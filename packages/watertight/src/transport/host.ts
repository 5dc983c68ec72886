/** Owns what a transport remembers of one host: its part of the pool, and how closely its responses are watched. */
import { SiteSampling, type TaskLabels } from '../tasks/index.js';
import type { Origin } from '../conn/index.js';
import { encodeRequestHead } from '../wire/index.js';
import { HostPool } from './pool.js';
import type { Waiter } from './wait-queue.js';

/** One connect key: scheme, host and port. `C` is a connection to it, `W` a request that waits for one. */
export class Host<C, W extends Waiter> extends HostPool<C, W> {
  readonly labels: TaskLabels;
  /** What follows `METHOD path` in the head of a request with nothing of its own. */
  readonly plainTail: string;
  /** Which requests' call sites the adaptive mode wants. */
  readonly sampling = new SiteSampling();
  /** The waiting requests' warning was given; reset when none waits any more. */
  warned = false;

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
}
