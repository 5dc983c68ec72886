/** Owns what the watcher knows of its own work: how many scrapes it has made, when the latest ended, and whether that is as it should be. */
import type { Monitor } from '../monitor/index.js';

/** So many intervals without a scrape, and so many ms, are no longer a slow target. */
const LATE_INTERVALS = 3;
const LATE_MS = 20_000;
/** A fault that came longer ago may be over, ms. A history that can't be written is told about once a minute. */
const FAULT_LASTS = 90_000;

export class WatchRecord {
  private readonly began = performance.now();
  private latest: number | null = null;
  private readonly end: () => void;
  /** Scrapes that gave a count, and those that failed. */
  answered = 0;
  failed = 0;

  constructor(private readonly monitor: Monitor) {
    this.end = monitor.onScrape(({ up }) => {
      this.latest = performance.now();
      if (up) this.answered++;
      else this.failed++;
    });
  }

  /** Why the watcher does not work as it should; null where it does. It names no target and no file, as anybody may ask. */
  get complaint(): string | null {
    const { interval, latestFault, trouble } = this.monitor;
    const now = performance.now();
    if (trouble !== null || (latestFault !== null && now - latestFault < FAULT_LASTS)) return 'the history can\'t be written or read; the output of the watcher has the reason';
    const silent = now - (this.latest ?? this.began);
    if (this.monitor.targets().length === 0 || silent < LATE_INTERVALS * interval + LATE_MS) return null;
    return `nothing was scraped for ${Math.round(silent / 1000)} s, at an interval of ${Math.round(interval / 1000)} s`;
  }

  close(): void {
    this.end();
  }
}
