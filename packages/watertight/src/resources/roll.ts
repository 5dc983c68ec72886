/**
 * Owns a list of things of which Node has no list (timers, workers, jobs). It does not keep them from being
 * collected, and soon drops those that are over.
 */

/** How many things are held by strong references, at most until the end of the turn: most timers are cleared within it. */
const RECENT = 1024;
const FIRST_SWEEP = 1024;

export class Roll<T extends object> {
  private recent: T[] = [];
  private lasting: WeakRef<T>[] = [];
  private sweepAt = FIRST_SWEEP;
  private scheduled = false;

  /** @param isOver  whether a thing is over, permanently */
  constructor(private readonly isOver: (thing: T) => boolean) {}

  /** Costs a push into an array, and a weak reference if the thing is not over after its turn. */
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

  /** The things that are not over. */
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
