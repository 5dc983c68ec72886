/** Owns telling open dashboards what has changed: at most once a second each, the latest of every target. */
import type { Monitor, TargetReport } from '../monitor/index.js';

/** A dashboard that listens. Returns nothing; one that is slow drops nothing but older reports. */
export type FeedReader = (reports: readonly TargetReport[]) => void;

const PACE = 1000;

export class LiveFeed {
  private readonly readers = new Set<FeedReader>();
  private pending = new Map<string, TargetReport>();
  private timer: NodeJS.Timeout | null = null;
  private readonly unsubscribe: () => void;

  constructor(monitor: Monitor) {
    this.unsubscribe = monitor.onScrape((report) => {
      if (this.readers.size === 0) return;
      this.pending.set(report.url, report);
      this.timer ??= setTimeout(() => this.flush(), PACE).unref();
    });
  }

  /** Calls `reader` with what has changed, from now on; returns the function that ends that. */
  subscribe(reader: FeedReader): () => void {
    this.readers.add(reader);
    return () => void this.readers.delete(reader);
  }

  end(): void {
    this.unsubscribe();
    if (this.timer !== null) clearTimeout(this.timer);
    this.readers.clear();
  }

  private flush(): void {
    this.timer = null;
    const reports = [...this.pending.values()];
    this.pending = new Map();
    for (const reader of this.readers) reader(reports);
  }
}
