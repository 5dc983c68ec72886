/** Owns one limit on time: a timer that expires only after the bytes that have already arrived were delivered. */
import { cancelCheck, nextCheck, startTimer, stopTimer } from '../tasks/index.js';

/**
 * Calls `expire` once, `ms` milliseconds after it was made. It keeps the process
 * alive only after `ref()` was called. If the event loop was blocked, what the sockets
 * have received meanwhile is delivered first, and may `clear()` the deadline.
 */
export class Deadline {
  private timer: NodeJS.Timeout | null;
  private immediate: NodeJS.Immediate | null = null;

  constructor(ms: number, expire: () => void) {
    this.timer = startTimer(() => {
      this.timer = null;
      // Timers run before the poll phase; the check phase comes after it.
      this.immediate = nextCheck(expire);
    }, ms);
    this.timer.unref();
  }

  /** Keeps the process alive until the deadline expires, is cleared or unref'd: to be called while somebody awaits its outcome. */
  ref(): void {
    this.timer?.ref();
  }

  unref(): void {
    this.timer?.unref();
  }

  clear(): void {
    if (this.timer !== null) stopTimer(this.timer);
    if (this.immediate !== null) cancelCheck(this.immediate);
    this.timer = this.immediate = null;
  }
}
