/** Owns the interface through which the monitor gets counts: from the target itself, or from a Prometheus that scrapes it. */
import type { Goroutine, Profile } from 'watertight/pprof';
import type { Proven } from './count.js';
import type { ProcessState } from './process-start.js';
import type { Scrape } from './scraper.js';

/** A count at a time, and which process had it; times in ms since 1970, `start` 0 where it is not known. */
export type PastCount = Omit<Scrape, 'platform'>;

export interface TargetSource {
  /** What is known from an earlier run of the watcher. */
  resume(state: ProcessState): void;
  /** The count now. @throws ScrapeError */
  count(at: number): Promise<Scrape>;
  /** What it knows of the time before, oldest first; read once, at the start. */
  past?(): Iterable<PastCount>;
  /** Every stack; of debug=2, each goroutine by itself as well. Left out where nobody can say. @throws ScrapeError */
  profile?(debug: 0 | 2, onGoroutine?: (goroutine: Goroutine) => void): Promise<Profile>;
  proven?(): Promise<Proven>;
  /** Of Go: the goroutines that its collector has found that nothing can wake; null where it does not say, undefined where it was not asked now. Never rejects. */
  leaked?(at: number): Promise<Profile | null | undefined>;
}
