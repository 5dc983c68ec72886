/**
 * Owns a list of things that Node has no list of (timers, workers, jobs): who
 * is on it can still be collected, and who is over is soon struck off.
 */

/** So many are kept strongly at most, and not beyond the running turn: most timers are cleared before. */
const RECENT = 1024;
const FIRST_SWEEP = 1024;

export class Roll<T extends object> {
  private recent: T[] = [];
  private lasting: WeakRef<T>[] = [];
  private sweepAt = FIRST_SWEEP;
  private scheduled = false;

  /** @param isOver  whether a thing no longer counts, for good */
  constructor(private readonly isOver: (thing: T) => boolean) {}

  /** Costs an array's push, and a weak reference for what outlives its turn. */
  add(thing: T): void {
    this.recent.push(thing);
    if (this.recent.length >= RECENT) {
      this.settle();
    } else if (!this.scheduled) {
      this.scheduled = true;
      void settled.then(() => {
        this.scheduled = false;
        this.settle();
      });
    }
  }

  /** Those that are not over. */
  live(): T[] {
    this.settle();
    const live: T[] = [];
    for (const ref of this.lasting) {
      const thing = ref.deref();
      if (thing !== undefined && !this.isOver(thing)) live.push(thing);
    }
    return live;
  }

  clear(): void {
    this.recent = [];
    this.lasting = [];
    this.sweepAt = FIRST_SWEEP;
  }

  private settle(): void {
    for (const thing of this.recent) if (!this.isOver(thing)) this.lasting.push(new WeakRef(thing));
    this.recent.length = 0;
    if (this.lasting.length < this.sweepAt) return;
    this.lasting = this.lasting.filter((ref) => {
      const thing = ref.deref();
      return thing !== undefined && !this.isOver(thing);
    });
    this.sweepAt = Math.max(FIRST_SWEEP, 2 * this.lasting.length);
  }
}

const settled = Promise.resolve();
