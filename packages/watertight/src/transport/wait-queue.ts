/** Owns the order of waiting requests: first come, first served. */

/** An element of a queue. One that no longer waits is skipped. */
export interface Waiter {
  readonly waiting: boolean;
}

/** A queue from which an element leaves by no longer waiting, without a search. */
export class WaitQueue<W extends Waiter> {
  private items: W[] = [];
  private head = 0;

  push(waiter: W): void {
    // A queue of which most gave up is tidied, so that it holds no more than twice what waits, plus a few.
    if (this.items.length >= 64 && this.items.length >= 2 * this.tidied) this.tidy();
    this.items.push(waiter);
  }
  private tidied = 32;

  /** Takes out the first that still waits, or null. */
  shift(): W | null {
    while (this.head < this.items.length) {
      const waiter = this.items[this.head++];
      if (this.head === this.items.length) this.clear();
      if (waiter.waiting) return waiter;
    }
    return null;
  }

  /** The one that `shift` would take out. */
  peek(): W | null {
    while (this.head < this.items.length) {
      const waiter = this.items[this.head];
      if (waiter.waiting) return waiter;
      this.head++;
    }
    this.clear();
    return null;
  }

  private tidy(): void {
    this.items = this.items.slice(this.head).filter((waiter) => waiter.waiting);
    this.head = 0;
    this.tidied = Math.max(32, this.items.length);
  }

  private clear(): void {
    this.items = [];
    this.head = 0;
    this.tidied = 32;
  }
}
