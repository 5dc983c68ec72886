/**
 * Owns the history: what was scraped of every target, in an embedded database
 * that a `kill -9` at any moment leaves whole. Each scrape is one transaction;
 * the write-ahead log makes it last when the call returns.
 */
import { openingFault, StoreError } from './error.js';
import { GroupHistory } from './group-history.js';
import { COARSE, DEFAULT_RETENTION, FINE, resolutionFor, superfluous, type Retention } from './retention.js';
import { migrate } from './schema.js';
import { SqlFile } from './sql-file.js';

/** One scrape's count. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How many tasks or goroutines. */
  readonly value: number;
  /** When the process started, ms since 1970; 0 where it is not known. Another start is another process. */
  readonly start: number;
}

/** What is known of a span of time: a sample whose value is the trough. */
export interface Bucket extends Sample {
  readonly high: number;
  readonly last: number;
  readonly count: number;
}

/** Equal stacks of a profile with their number. `key` tells stacks apart across profiles; `frames` is what to show. */
export interface StackCount<F = unknown> {
  readonly key: string;
  readonly frames: F;
  readonly count: number;
}

export interface ProfileRecord {
  readonly id: number;
  readonly at: number;
  readonly start: number;
  readonly total: number;
}

/** A time during which a target leaked, as it was judged then. */
export interface Incident<D = unknown> {
  readonly id: number;
  readonly target: number;
  readonly opened: number;
  /** Null while it goes on. */
  readonly closed: number | null;
  readonly detail: D;
}

export interface HistoryOptions {
  readonly retention?: Partial<Retention>;
}

/** Times the points asked for that a curve has at most. */
const MOST_OF_POINTS = 4;

export class History {
  /** How many tasks stood in which group of stacks. */
  readonly groups: GroupHistory;
  private readonly sql: SqlFile;
  private readonly retention: Retention;
  private readonly targets = new Map<string, number>();

  /**
   * Opens or makes the file; `:memory:` keeps nothing.
   *
   * @throws StoreError if it can't be opened, is no database, or is of a newer version.
   */
  constructor(file: string, options: HistoryOptions = {}) {
    this.retention = { ...DEFAULT_RETENTION, ...options.retention };
    let sql: SqlFile | null = null;
    try {
      sql = new SqlFile(file);
      migrate(sql, file);
    } catch (cause) {
      sql?.close();
      if (cause instanceof StoreError) throw cause;
      throw new StoreError('ERR_STORE_OPEN', `the history ${file} can't be opened: ${openingFault(file, cause)}`, { cause });
    }
    this.sql = sql;
    this.groups = new GroupHistory(sql);
  }

  /** The number under which a target is on record; made at the first call. */
  target(url: string): number {
    let id = this.targets.get(url);
    if (id === undefined) {
      this.sql.run('INSERT INTO target (url, first_seen) VALUES (?, ?) ON CONFLICT (url) DO NOTHING', url, Date.now());
      id = (this.sql.get('SELECT id FROM target WHERE url = ?', url) as { id: number }).id;
      this.targets.set(url, id);
    }
    return id;
  }

  /** Every target on record, the earliest first. */
  knownTargets(): { id: number; url: string }[] {
    return this.sql.all('SELECT id, url FROM target ORDER BY id') as { id: number; url: string }[];
  }

  /** Keeps a scrape. A second one of the same millisecond replaces the first. */
  record(target: number, sample: Sample): void {
    this.recordAll(target, [sample]);
  }

  /** Keeps many of one target, all or none of them. */
  recordAll(target: number, samples: readonly Sample[]): void {
    for (const { at, value, start } of samples) {
      if (!Number.isFinite(value) || value < 0 || !Number.isSafeInteger(at) || at < 0 || !Number.isSafeInteger(start) || start < 0) {
        throw new StoreError('ERR_STORE_SAMPLE', `a sample has whole milliseconds and a count that is not negative, not ${JSON.stringify({ at, value, start })}`);
      }
    }
    this.sql.transaction(() => this.insert(target, samples));
  }

  /** The scrapes from `from` on, up to and including `to`, oldest first. */
  samples(target: number, from: number, to = Infinity): Sample[] {
    return this.sql.all('SELECT at, value, start FROM raw WHERE target = ? AND at >= ? AND at <= ? ORDER BY at', target, from, bounded(to)) as Sample[];
  }

  /** The buckets of `span` (FINE or COARSE) from `from` on, oldest first; one in which a process ended and another began is two. */
  buckets(target: number, span: number, from: number, to = Infinity): Bucket[] {
    return this.sql.all(
      'SELECT at, low AS value, start, high, last, count FROM bucket WHERE target = ? AND span = ? AND at >= ? AND at <= ? ORDER BY at, start',
      target, span, from, bounded(to),
    ) as Bucket[];
  }

  /**
   * The curve from `from` to `to`, in the finest resolution that is kept for that long and has no more
   * than about `points`. Of a service that restarts all the time, whose every process is a point, the latest.
   */
  curve(target: number, from: number, to: number, now = Date.now(), points = Infinity): readonly (Sample | Bucket)[] {
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

  // ---- profiles

  /** Keeps a profile as its stacks and their numbers, and what it proved; what a stack looks like is kept once for each target. */
  recordProfile(target: number, at: number, start: number, stacks: readonly StackCount[], look: object | null = null): number {
    return this.sql.transaction(() => {
      const total = stacks.reduce((sum, { count }) => sum + count, 0);
      this.sql.run('DELETE FROM stack_count WHERE profile IN (SELECT id FROM profile WHERE target = ? AND at = ?)', target, at);
      this.sql.run('INSERT INTO profile (target, at, start, total, look) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET start = excluded.start, total = excluded.total, look = excluded.look', target, at, start, total, look === null ? null : JSON.stringify(look));
      const { id } = this.sql.get('SELECT id FROM profile WHERE target = ? AND at = ?', target, at) as { id: number };
      // Nearly all are known from the profiles before: those are neither written nor made into text again.
      const known = new Set((this.sql.all('SELECT key FROM stack WHERE target = ? AND key IN (SELECT value FROM json_each(?))', target, JSON.stringify(stacks.map(({ key }) => key))) as { key: string }[]).map(({ key }) => key));
      for (const { key, frames } of stacks) if (!known.has(key)) this.sql.run('INSERT INTO stack (target, key, frames) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', target, key, JSON.stringify(frames));
      this.sql.run(
        `INSERT INTO stack_count (profile, stack, count)
         SELECT ?1, stack.id, sum(each.value ->> 1) FROM json_each(?2) AS each CROSS JOIN stack ON stack.target = ?3 AND stack.key = each.value ->> 0 GROUP BY stack.id`,
        id, JSON.stringify(stacks.map(({ key, count }) => [key, count])), target,
      );
      return id;
    });
  }

  /** The first profile on record of the process that started then, before `before`; null where there is none. */
  firstProfile(target: number, start: number, before: number): ProfileRecord | null {
    return (this.sql.get('SELECT id, at, start, total FROM profile WHERE target = ? AND start = ? AND at < ? ORDER BY at LIMIT 1', target, start, before) as ProfileRecord | undefined) ?? null;
  }

  /** The profile nearest to a time; null where there is none. */
  profileNearest(target: number, at: number): ProfileRecord | null {
    const before = this.sql.get('SELECT id, at, start, total FROM profile WHERE target = ? AND at <= ? ORDER BY at DESC LIMIT 1', target, at) as ProfileRecord | undefined;
    const after = this.sql.get('SELECT id, at, start, total FROM profile WHERE target = ? AND at > ? ORDER BY at LIMIT 1', target, at) as ProfileRecord | undefined;
    if (before === undefined || after === undefined) return before ?? after ?? null;
    return at - before.at <= after.at - at ? before : after;
  }

  /** The profiles on record, oldest first. */
  profiles(target: number, from = 0, to = Infinity): ProfileRecord[] {
    return this.sql.all('SELECT id, at, start, total FROM profile WHERE target = ? AND at >= ? AND at <= ? ORDER BY at', target, from, bounded(to)) as ProfileRecord[];
  }

  /** What the latest profiles proved, at most so many, oldest first. */
  looks<L>(target: number, limit: number): L[] {
    const rows = this.sql.all('SELECT look FROM profile WHERE target = ? AND look IS NOT NULL ORDER BY at DESC LIMIT ?', target, limit) as { look: string }[];
    return rows.map(({ look }) => JSON.parse(look) as L).reverse();
  }

  /** A profile's stacks, most frequent first. */
  stacks<F>(profile: number): StackCount<F>[] {
    const rows = this.sql.all('SELECT key, frames, count FROM stack_count JOIN stack ON stack.id = stack WHERE profile = ? ORDER BY count DESC, key', profile) as { key: string; frames: string; count: number }[];
    return rows.map(({ key, frames, count }) => ({ key, frames: JSON.parse(frames) as F, count }));
  }

  // ---- incidents

  /** Opens an incident, or renews what is known of the open one; returns its number. */
  openIncident(target: number, at: number, detail: unknown): number {
    return this.sql.transaction(() => {
      const open = this.openIncidentOf(target);
      if (open !== null) {
        this.sql.run('UPDATE incident SET detail = ? WHERE id = ?', JSON.stringify(detail), open.id);
        return open.id;
      }
      return Number(this.sql.run('INSERT INTO incident (target, opened, closed, detail) VALUES (?, ?, NULL, ?)', target, at, JSON.stringify(detail)).lastInsertRowid);
    });
  }

  /** Closes the open incident, if there is one. */
  closeIncident(target: number, at: number): void {
    this.sql.run('UPDATE incident SET closed = ? WHERE target = ? AND closed IS NULL', at, target);
  }

  openIncidentOf<D>(target: number): Incident<D> | null {
    return this.incidentsWhere<D>('target = ? AND closed IS NULL', target).at(0) ?? null;
  }

  /** Incidents of a target, or of all, latest first. */
  incidents<D>(target: number | null = null, limit = 100): Incident<D>[] {
    return target === null ? this.incidentsWhere<D>('1 ORDER BY opened DESC LIMIT ?', limit) : this.incidentsWhere<D>('target = ? ORDER BY opened DESC LIMIT ?', target, limit);
  }

  private incidentsWhere<D>(condition: string, ...values: unknown[]): Incident<D>[] {
    const rows = this.sql.all(`SELECT id, target, opened, closed, detail FROM incident WHERE ${condition}`, ...values) as (Omit<Incident, 'detail'> & { detail: string })[];
    return rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) as D }));
  }

  // ---- upkeep

  /** Whether there is something that was to go before `now`. Cheap. */
  isOverdue(target: number, now: number): boolean {
    const oldest = this.sql.get('SELECT at FROM raw WHERE target = ? ORDER BY at LIMIT 1', target) as { at: number } | undefined;
    return oldest !== undefined && oldest.at < now - this.retention.raw;
  }

  /** Removes what is older than it is to be kept. To be called now and then; takes milliseconds for a target. */
  expire(target: number, now: number): void {
    const { raw, fine, coarse } = this.retention;
    this.sql.transaction(() => {
      this.sql.run('DELETE FROM raw WHERE target = ? AND at < ?', target, now - raw);
      this.sql.run('DELETE FROM bucket WHERE target = ? AND span = ? AND at < ?', target, FINE, now - fine);
      this.sql.run('DELETE FROM bucket WHERE target = ? AND span = ? AND at < ?', target, COARSE, now - coarse);
      this.sql.run('DELETE FROM incident WHERE target = ? AND closed < ?', target, now - coarse);
      for (const id of superfluous(this.profiles(target), now, this.retention)) {
        this.sql.run('DELETE FROM stack_count WHERE profile = ?', id);
        this.sql.run('DELETE FROM profile WHERE id = ?', id);
      }
      this.groups.expire(target, now);
      this.sql.run('DELETE FROM stack WHERE target = ?1 AND id NOT IN (SELECT stack FROM stack_count JOIN profile ON profile.id = profile WHERE profile.target = ?1)', target);
    });
  }

  /**
   * The same for a target that is watched no more. What nobody has scraped for as long as scrapes are kept
   * leaks no more as far as anyone can say, and with the last of what is known of it the target goes.
   */
  expireUnwatched(target: number, now: number): void {
    this.expire(target, now);
    if (this.latest(target) !== null) return;
    this.closeIncident(target, now);
    if (this.sql.get('SELECT 1 FROM bucket WHERE target = ?1 UNION ALL SELECT 1 FROM profile WHERE target = ?1 UNION ALL SELECT 1 FROM incident WHERE target = ?1 LIMIT 1', target) !== undefined) return;
    this.groups.dropAll(target);
    this.sql.run('DELETE FROM target WHERE id = ?', target);
    for (const [url, id] of this.targets) if (id === target) this.targets.delete(url);
  }

  close(): void {
    this.sql.close();
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

/** The database has no Infinity among its whole numbers. */
function bounded(number: number): number {
  return Math.min(number, Number.MAX_SAFE_INTEGER);
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
