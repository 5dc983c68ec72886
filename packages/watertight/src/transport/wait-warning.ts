/** Owns the warning that requests wait for a connection, and who holds those that there are. */
import { formatDuration, startTimer, stopTimer } from '../tasks/index.js';
import type { RoundTrip, TripHost } from './round-trip.js';

/** After so long a wait, a warning says which responses hold the connections; ms. */
const WARN_AFTER = 5000;

export class WaitWarning {
  /** For each host for whose connections requests wait: the look whether one of them has waited for long. */
  private readonly looks = new Map<TripHost, NodeJS.Timeout>();

  constructor(private readonly describeHolders: (host: TripHost) => string) {}

  /** A request waits. Each host is warned of once, until none waits for it any more. */
  later(trip: RoundTrip): void {
    if (!this.looks.has(trip.host)) this.lookLater(trip.host, trip);
  }

  end(): void {
    for (const look of this.looks.values()) stopTimer(look);
    this.looks.clear();
  }

  /** Of a busy pool, others wait then: only the same one has waited for so long. */
  private lookLater(host: TripHost, trip: RoundTrip): void {
    // What has been served is not held.
    const first = new WeakRef(trip);
    const look = startTimer(() => {
      this.looks.delete(host);
      const waiting = first.deref();
      if (waiting?.waiting === true && waiting.host === host) this.warn(host);
      const next = host.waiting.peek();
      if (next === null) host.warned = false;
      else this.lookLater(host, next);
    }, WARN_AFTER).unref();
    this.looks.set(host, look);
  }

  private warn(host: TripHost): void {
    if (host.warned) return;
    host.warned = true;
    const waiting = host.waiters === 1 ? '1 request waits' : `${host.waiters} requests wait`;
    process.emitWarning(`${waiting} for a connection to ${host.key}, the first for ${formatDuration(WARN_AFTER)} or longer; ${this.describeHolders(host)}`, { type: 'ConnectionWaitWarning', code: 'WATERTIGHT_WAIT' });
  }
}
