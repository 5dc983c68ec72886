/** Owns the warning that requests wait for a connection, and who holds those that there are. */
import { formatDuration, startTimer, stopTimer } from '../tasks/index.js';
import type { Hosts } from './hosts.js';
import type { TripHost } from './round-trip.js';

/** After so long a wait, a warning says which responses hold the connections; ms. */
const WARN_AFTER = 5000;

export class WaitWarning {
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly hosts: Hosts,
    private readonly describeHolders: (host: TripHost) => string,
  ) {}

  /** A request waits. Each host is warned of once, until none waits for it any more. */
  later(): void {
    this.timer ??= startTimer(() => {
      this.timer = null;
      for (const host of this.hosts.all) {
        if (host.waiters === 0) host.warned = false;
        else if (!host.warned) {
          host.warned = true;
          process.emitWarning(`${host.waiters} requests wait for a connection to ${host.key}, some for up to ${formatDuration(WARN_AFTER)} or longer; ${this.describeHolders(host)}`, { type: 'ConnectionWaitWarning', code: 'WATERTIGHT_WAIT' });
        }
      }
    }, WARN_AFTER).unref();
  }

  end(): void {
    if (this.timer !== null) stopTimer(this.timer);
  }
}
