/** Owns the pauses of a process that is looked into: how long each was, and how long one would be. */
import type { InspectorSession } from './inspector-session.js';

export interface Pause {
  readonly what: string;
  readonly ms: number;
}

/** Longer than this, in ms, is asked for first. */
export const MAX_PAUSE = 200;

/**
 * Milliseconds for each MB of used heap, and at least: of a search, which first collects the garbage of the whole heap,
 * more than once. Measured (see docs/attach.md) with a heap of small objects, which is the worst; large strings take a
 * tenth of it.
 */
const COLLECTION_PER_MB = 25;
const COLLECTION_FLOOR = 60;
/** The same of a heap snapshot. */
const SNAPSHOT_PER_MB = 180;
const SNAPSHOT_FLOOR = 150;

export class PauseLog {
  private readonly list: Pause[] = [];

  get pauses(): readonly Pause[] {
    return this.list;
  }

  /** The longest pause so far; null if there was none. */
  get longest(): Pause | null {
    return this.list.reduce<Pause | null>((longest, each) => (longest === null || each.ms > longest.ms ? each : longest), null);
  }

  /** Takes down a pause that the process measured itself. */
  add(pause: Pause): void {
    this.list.push(pause);
  }

  /**
   * Does `work`, one command of the inspector, and measures how long the program stood still for it, by the program's
   * clock right before and right after. All three commands are sent at once, so that nothing else of the session is
   * between them; work of the program between them is counted too, so it is never too little.
   */
  async measure<T>(session: InspectorSession, what: string, work: () => Promise<T>): Promise<T> {
    const before = session.evaluate(CLOCK);
    const result = work();
    const after = session.evaluate(CLOCK);
    // None may be left without a listener if another fails.
    const [start, done, end] = await Promise.allSettled([before, result, after]);
    if (done.status === 'rejected') throw done.reason as Error;
    if (start.status === 'fulfilled' && end.status === 'fulfilled') this.add({ what, ms: Number(end.value.value) - Number(start.value.value) });
    return done.value;
  }

  /** How long a search of the heap, and a snapshot of it, will stop the program, in ms: rather more than less. */
  async estimates(session: InspectorSession): Promise<{ readonly search: number; readonly snapshot: number }> {
    const { value } = await session.evaluate('process.memoryUsage().heapUsed');
    const megabytes = Number(value) / 1024 / 1024;
    return { search: COLLECTION_FLOOR + megabytes * COLLECTION_PER_MB, snapshot: SNAPSHOT_FLOOR + megabytes * SNAPSHOT_PER_MB };
  }
}

/** The program's own clock may be a test's. */
const CLOCK = 'Number(process.hrtime.bigint()) / 1e6';
