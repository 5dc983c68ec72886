/** Owns the news that open dashboards get: the latest report of every target that changed, at most once a second. */
import type { Monitor, MonitorListener, TargetMonitor, TargetReport } from '../monitor/index.js';

/** What is new of a target. */
export interface News {
  readonly report: TargetReport;
  readonly target: TargetMonitor;
}

/** Sends news to one dashboard, and resolves when they are written. A slow one gets them less often, and then only the latest. */
export type FeedReader = (news: readonly News[]) => Promise<unknown>;

/** Ms between two messages to one dashboard. */
const PACE = 1000;

interface Listening {
  readonly reader: FeedReader;
  /** News that were not sent yet, by target. */
  pending: Map<string, News>;
  busy: boolean;
}

export class LiveFeed {
  private readonly readers = new Set<Listening>();
  private timer: NodeJS.Timeout | null = null;
  private readonly unsubscribe: readonly (() => void)[];

  constructor(
    monitor: Monitor,
    private readonly pace = PACE,
  ) {
    const listener: MonitorListener = (report, target) => {
      if (this.readers.size === 0) return;
      for (const { pending } of this.readers) pending.set(report.url, { report, target });
      this.timer ??= setTimeout(() => this.flush(), this.pace).unref();
    };
    this.unsubscribe = [monitor.onScrape(listener), monitor.onWord(listener)];
  }

  /** Tells `reader` what has changed, from now on; returns the function that ends that. */
  subscribe(reader: FeedReader): () => void {
    const listening: Listening = { reader, pending: new Map(), busy: false };
    this.readers.add(listening);
    return () => void this.readers.delete(listening);
  }

  end(): void {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
    if (this.timer !== null) clearTimeout(this.timer);
    this.readers.clear();
  }

  private flush(): void {
    this.timer = null;
    for (const listening of this.readers) this.tell(listening);
  }

  private tell(listening: Listening): void {
    const { busy, pending, reader } = listening;
    if (busy || pending.size === 0) return;
    listening.pending = new Map();
    listening.busy = true;
    void reader([...pending.values()])
      // A dashboard that is gone fails here; the end of its stream ends the subscription.
      .catch(() => undefined)
      .finally(() => {
        listening.busy = false;
        if (listening.pending.size > 0 && this.readers.has(listening)) this.timer ??= setTimeout(() => this.flush(), this.pace).unref();
      });
  }
}
