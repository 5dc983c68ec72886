/** Owns the limit on the time in which a server sends nothing of a body, whether somebody reads or not. */
import { now } from '../tasks/index.js';
import { Deadline } from './deadline.js';

/**
 * `bodyIdleTimeout`. Only the server can exceed it: while the connection is not
 * read because the program has not taken what came, no time passes. A timer for
 * each piece that comes would be dear, so there is one, which looks when the last
 * piece came.
 */
export class StallLimit {
  private deadline: Deadline | null = null;
  private movedAt: number;

  /**
   * @param ms more than 0
   * @param paused whether the connection is not read at the moment
   */
  constructor(
    private readonly ms: number,
    private readonly paused: () => boolean,
    private readonly expire: () => void,
  ) {
    this.movedAt = now();
    this.arm(ms);
  }

  /** Bytes have come, or the connection is read again: the time starts anew. */
  moved(): void {
    this.movedAt = now();
  }

  clear(): void {
    this.deadline?.clear();
    this.deadline = null;
  }

  private arm(ms: number): void {
    this.deadline = new Deadline(ms, () => this.look());
  }

  private look(): void {
    if (this.paused()) this.moved();
    const left = this.movedAt + this.ms - now();
    if (left <= 0) this.expire();
    else this.arm(left);
  }
}
