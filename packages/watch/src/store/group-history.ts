/**
 * Owns the stack groups in the history: how many tasks stood in each, over weeks.
 *
 * Every profile of the last hours is kept, and one in each quarter of an hour before that, which is the
 * resolution at which the detector looks.
 */
import type { Sample } from './sample-history.js';
import type { SqlFile } from './sql-file.js';

/** How long every profile's count is kept, and how long one in each {@link LASTING}; ms. */
const EVERY_KEPT = 8 * 3_600_000;
const LASTING_KEPT = 28 * 86_400_000;
/** The distance between counts that are kept for long, ms. */
export const LASTING = 15 * 60_000;

/** A group that is followed. */
export interface GroupRecord {
  readonly id: number;
  /** The same for equal stacks of every build. */
  readonly key: string;
  /** What it looks like, as it was given. */
  readonly stack: unknown;
  /** The latest verdict, as it was given; null before the first. */
  readonly verdict: unknown;
  /** When a lasting count was last kept, and when the count was last at least `least`; 0 for never. */
  readonly lastingAt: number;
  readonly seenAt: number;
}

/** A group's count in one profile. */
export interface GroupCount extends Sample {
  readonly group: number;
  /** Whether it is kept for weeks rather than hours. */
  readonly lasting: boolean;
}

export class GroupHistory {
  constructor(private readonly sql: SqlFile) {}

  /** The groups of a target that are followed, in the order in which they were first seen. `least`: the count from which on a group counts as seen. */
  of(target: number, least: number): GroupRecord[] {
    const rows = this.sql.all(
      `SELECT id, key, stack, verdict,
         coalesce((SELECT max(at) FROM group_count WHERE grp = id AND lasting = 1), 0) AS lastingAt,
         coalesce((SELECT max(at) FROM group_count WHERE grp = id AND value >= ?), 0) AS seenAt
       FROM stack_group WHERE target = ? ORDER BY id`,
      least, target,
    ) as { id: number; key: string; stack: string; verdict: string | null; lastingAt: number; seenAt: number }[];
    return rows.map(({ stack, verdict, ...row }) => ({ ...row, stack: this.sql.parse(stack), verdict: verdict === null ? null : this.sql.parse(verdict) }));
  }

  /** Does `work` in one transaction. One for each of a hundred groups would take longer than everything else about a profile. */
  atOnce<T>(work: () => T): T {
    return this.sql.transaction(work);
  }

  /** Begins to follow groups, or renews what they look like; returns the number of each by its key. One statement for all: a call of the database takes longer than the row. */
  follow(target: number, groups: readonly Pick<GroupRecord, 'key' | 'stack'>[]): Map<string, number> {
    if (groups.length === 0) return new Map();
    this.sql.run(
      `INSERT INTO stack_group (target, key, stack) SELECT ?1, value ->> 'key', value -> 'stack' FROM json_each(?2) WHERE true
       ON CONFLICT (target, key) DO UPDATE SET stack = excluded.stack`,
      target, JSON.stringify(groups.map(({ key, stack }) => ({ key, stack }))),
    );
    const rows = this.sql.all('SELECT id, key FROM stack_group WHERE target = ? AND key IN (SELECT value FROM json_each(?))', target, JSON.stringify(groups.map(({ key }) => key))) as { id: number; key: string }[];
    return new Map(rows.map(({ id, key }) => [key, id]));
  }

  /** Stops following a group and removes its counts. */
  drop(group: number): void {
    this.sql.transaction(() => {
      this.sql.run('DELETE FROM group_count WHERE grp = ?', group);
      this.sql.run('DELETE FROM stack_group WHERE id = ?', group);
    });
  }

  /** Stops following all groups of a target. */
  dropAll(target: number): void {
    for (const { id } of this.idsOf(target)) this.drop(id);
  }

  /** Keeps one profile's counts, all or none. */
  record(counts: readonly GroupCount[]): void {
    this.sql.run(
      `INSERT INTO group_count (grp, at, value, start, lasting) SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?) WHERE true
       ON CONFLICT DO UPDATE SET value = excluded.value, start = excluded.start`,
      JSON.stringify(counts.map(({ group, at, value, start, lasting }) => [group, at, value, start, lasting ? 1 : 0])),
    );
  }

  /** A group's counts from `from` on, up to and including `to`, oldest first. */
  series(group: number, from: number, to: number): Sample[] {
    return this.sql.all('SELECT at, value, start FROM group_count WHERE grp = ? AND at >= ? AND at <= ? ORDER BY at', group, from, to) as Sample[];
  }

  /** The lowest count from `from` on and the highest from `since` on, both up to `to`; null where there is none. */
  extremes(group: number, from: number, since: number, to: number): { low: number; high: number } | null {
    const { low, high } = this.sql.get(
      `SELECT (SELECT min(value) FROM group_count WHERE grp = ?1 AND at >= ?2 AND at <= ?4) AS low,
              (SELECT max(value) FROM group_count WHERE grp = ?1 AND at >= ?3 AND at <= ?4) AS high`,
      group, from, since, to,
    ) as { low: number | null; high: number | null };
    return low === null || high === null ? null : { low, high };
  }

  setVerdict(group: number, verdict: unknown): void {
    this.sql.run('UPDATE stack_group SET verdict = ? WHERE id = ?', JSON.stringify(verdict), group);
  }

  /** Removes counts that are too old. The caller has begun a transaction. */
  expire(target: number, now: number): void {
    for (const { id } of this.idsOf(target)) {
      this.sql.run('DELETE FROM group_count WHERE grp = ? AND at < ? AND (lasting = 0 OR at < ?)', id, now - EVERY_KEPT, now - LASTING_KEPT);
    }
  }

  private idsOf(target: number): { id: number }[] {
    return this.sql.all('SELECT id FROM stack_group WHERE target = ?', target) as { id: number }[];
  }
}
