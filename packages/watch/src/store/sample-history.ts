/** Owns the samples in the history: every scrape, the buckets that are kept for longer, and the curve between two times. */
import { StoreError } from './error.js';
import { COARSE, FINE, resolutionFor, type Retention } from './retention.js';
import { bounded, type SqlFile } from './sql-file.js';

/** One scrape's count. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How many tasks or goroutines. */
  readonly value: number;
  /** When the process started, ms since 1970; 0 where it is not known. Another start is another process. */
  readonly start: number;
}

/** All scrapes of a span of time as one sample, whose value is the lowest of them. */
export interface Bucket extends Sample {
  readonly high: number;
  readonly last: number;
  readonly count: number;
}

/** A curve has at most this many times the points asked for. */
const MOST_OF_POINTS = 4;

export class SampleHistory {
  constructor(
    private readonly sql: SqlFile,
    private readonly retention: Retention,
  ) {}

  /** Keeps many of one target, all or none of them. */
  record(target: number, samples: readonly Sample[]): void {
    for (const { at, value, start } of samples) {
      if (!Number.isFinite(value) || value < 0 || !Number.isSafeInteger(at) || at < 0 || !Number.isSafeInteger(start) || start < 0) {
        throw new StoreError('ERR_STORE_SAMPLE', `a sample has whole milliseconds and a count that is not negative, not ${JSON.stringify({ at, value, start })}`);
      }
    }
    this.sql.transaction(() => this.insert(target, samples));
  }

  /** The scrapes from `from` on, up to and including `to`, oldest first. */
  samples(target: number, from: number, to: number): Sample[] {
    return this.sql.all('SELECT at, value, start FROM raw WHERE target = ? AND at >= ? AND at <= ? ORDER BY at', target, from, bounded(to)) as Sample[];
  }

  /** The buckets of `span` (FINE or COARSE) from `from` on, oldest first; one in which a process ended and another began is two. */
  buckets(target: number, span: number, from: number, to: number): Bucket[] {
    return this.sql.all(
      'SELECT at, low AS value, start, high, last, count FROM bucket WHERE target = ? AND span = ? AND at >= ? AND at <= ? ORDER BY at, start',
      target, span, from, bounded(to),
    ) as Bucket[];
  }

  /**
   * The curve from `from` to `to`, in the finest resolution that is kept for that long and has no more
   * than about `points`. A service that restarts all the time has a point for each process; of these, the latest are returned.
   */
  curve(target: number, from: number, to: number, now: number, points: number): readonly (Sample | Bucket)[] {
    const finest = resolutionFor(from, now, this.retention);
    const span = [0, FINE].find((each) => each >= finest && this.hasAtMost(points, target, each, from, to)) ?? COARSE;
    if (span === 0) return this.samples(target, from, to);
    return (this.sql.all(
      'SELECT at, low AS value, start, high, last, count FROM bucket WHERE target = ? AND span = ? AND at >= ? AND at <= ? ORDER BY at DESC, start DESC LIMIT ?',
      target, span, from, bounded(to), bounded(MOST_OF_POINTS * points),
    ) as Bucket[]).reverse();
  }

  /** Whether there are no more than `points`; looks at no more than that. */
  private hasAtMost(points: number, target: number, span: number, from: number, to: number): boolean {
    if (points === Infinity) return true;
    const { rows } = (span === 0
      ? this.sql.get('SELECT count(*) AS rows FROM (SELECT 1 FROM raw WHERE target = ? AND at >= ? AND at <= ? LIMIT ?)', target, from, bounded(to), points + 1)
      : this.sql.get('SELECT count(*) AS rows FROM (SELECT 1 FROM bucket WHERE target = ? AND span = ? AND at >= ? AND at <= ? LIMIT ?)', target, span, from, bounded(to), points + 1)) as { rows: number };
    return rows <= points;
  }

  /** The latest scrape; null before the first. */
  latest(target: number): Sample | null {
    return (this.sql.get('SELECT at, value, start FROM raw WHERE target = ? ORDER BY at DESC LIMIT 1', target) as Sample | undefined) ?? null;
  }

  /** Whether a scrape is still there that was to be removed before `now`. Cheap. */
  isOverdue(target: number, now: number): boolean {
    const oldest = this.sql.get('SELECT at FROM raw WHERE target = ? ORDER BY at LIMIT 1', target) as { at: number } | undefined;
    return oldest !== undefined && oldest.at < now - this.retention.raw;
  }

  /** Removes scrapes and buckets that are too old. The caller has begun a transaction. */
  expire(target: number, now: number): void {
    this.sql.run('DELETE FROM raw WHERE target = ? AND at < ?', target, now - this.retention.raw);
    this.sql.run('DELETE FROM bucket WHERE target = ? AND span = ? AND at < ?', target, FINE, now - this.retention.fine);
    this.sql.run('DELETE FROM bucket WHERE target = ? AND span = ? AND at < ?', target, COARSE, now - this.retention.coarse);
  }

  private insert(target: number, samples: readonly Sample[]): void {
    for (const { at, value, start } of samples) this.sql.run('INSERT INTO raw (target, at, value, start) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, start = excluded.start', target, at, value, start);
    for (const span of [FINE, COARSE]) {
      for (const { at, start, value, high, last, count } of bucketsOf(samples, span)) {
        this.sql.run(
          `INSERT INTO bucket (target, span, at, start, low, high, last, count) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET low = min(low, excluded.low), high = max(high, excluded.high), last = excluded.last, count = count + excluded.count`,
          target, span, at, start, value, high, last, count,
        );
      }
    }
  }
}

/** Samples put together by span and process, in the order of their first. */
function bucketsOf(samples: readonly Sample[], span: number): Bucket[] {
  const buckets = new Map<string, Bucket>();
  for (const { at, value, start } of samples) {
    const begin = at - (at % span);
    const key = `${begin} ${start}`;
    const known = buckets.get(key);
    buckets.set(key, known === undefined ? { at: begin, start, value, high: value, last: value, count: 1 } : { ...known, value: Math.min(known.value, value), high: Math.max(known.high, value), last: value, count: known.count + 1 });
  }
  return [...buckets.values()];
}
