/** Owns the profiles in the history: the stacks of each, how many tasks had them, and what the profile proved. */
import { superfluous, type Retention } from './retention.js';
import { bounded, type SqlFile } from './sql-file.js';

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

export class ProfileHistory {
  constructor(
    private readonly sql: SqlFile,
    private readonly retention: Retention,
  ) {}

  /** Keeps a profile as its stacks and their numbers, and what it proved; what a stack looks like is kept once for each target. */
  record(target: number, at: number, start: number, stacks: readonly StackCount[], look: object | null): number {
    return this.sql.transaction(() => {
      const total = stacks.reduce((sum, { count }) => sum + count, 0);
      this.sql.run('DELETE FROM stack_count WHERE profile IN (SELECT id FROM profile WHERE target = ? AND at = ?)', target, at);
      this.sql.run('INSERT INTO profile (target, at, start, total, look) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET start = excluded.start, total = excluded.total, look = excluded.look', target, at, start, total, look === null ? null : JSON.stringify(look));
      const { id } = this.sql.get('SELECT id FROM profile WHERE target = ? AND at = ?', target, at) as { id: number };
      // Nearly all are known from the profiles before: those are neither written nor made into text again.
      const known = new Set((this.sql.all('SELECT key FROM stack WHERE target = ? AND key IN (SELECT value FROM json_each(?))', target, JSON.stringify(stacks.map(({ key }) => key))) as { key: string }[]).map(({ key }) => key));
      const unknown = stacks.filter(({ key }) => !known.has(key));
      if (unknown.length > 0) {
        // One statement for all: a call of the database takes longer than the row.
        this.sql.run(
          "INSERT INTO stack (target, key, frames) SELECT ?1, value ->> 'key', value -> 'frames' FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING",
          target, JSON.stringify(unknown.map(({ key, frames }) => ({ key, frames }))),
        );
      }
      this.sql.run(
        `INSERT INTO stack_count (profile, stack, count)
         SELECT ?1, stack.id, sum(each.value ->> 1) FROM json_each(?2) AS each CROSS JOIN stack ON stack.target = ?3 AND stack.key = each.value ->> 0 GROUP BY stack.id`,
        id, JSON.stringify(stacks.map(({ key, count }) => [key, count])), target,
      );
      return id;
    });
  }

  /** The first profile on record of the process that started then, before `before`; null where there is none. */
  first(target: number, start: number, before: number): ProfileRecord | null {
    return (this.sql.get('SELECT id, at, start, total FROM profile WHERE target = ? AND start = ? AND at < ? ORDER BY at LIMIT 1', target, start, before) as ProfileRecord | undefined) ?? null;
  }

  /** The profile nearest to a time; null where there is none. */
  nearest(target: number, at: number): ProfileRecord | null {
    const before = this.sql.get('SELECT id, at, start, total FROM profile WHERE target = ? AND at <= ? ORDER BY at DESC LIMIT 1', target, at) as ProfileRecord | undefined;
    const after = this.sql.get('SELECT id, at, start, total FROM profile WHERE target = ? AND at > ? ORDER BY at LIMIT 1', target, at) as ProfileRecord | undefined;
    if (before === undefined || after === undefined) return before ?? after ?? null;
    return at - before.at <= after.at - at ? before : after;
  }

  /** The profiles on record, oldest first. */
  all(target: number, from = 0, to = Infinity): ProfileRecord[] {
    return this.sql.all('SELECT id, at, start, total FROM profile WHERE target = ? AND at >= ? AND at <= ? ORDER BY at', target, from, bounded(to)) as ProfileRecord[];
  }

  /** What the latest profiles proved, at most so many, oldest first. */
  looks<L>(target: number, limit: number): L[] {
    const rows = this.sql.all('SELECT look FROM profile WHERE target = ? AND look IS NOT NULL ORDER BY at DESC LIMIT ?', target, limit) as { look: string }[];
    return rows.map(({ look }) => this.sql.parse(look) as L).reverse();
  }

  /** A profile's stacks, most frequent first. */
  stacks<F>(profile: number): StackCount<F>[] {
    const rows = this.sql.all('SELECT key, frames, count FROM stack_count JOIN stack ON stack.id = stack WHERE profile = ? ORDER BY count DESC, key', profile) as { key: string; frames: string; count: number }[];
    return rows.map(({ key, frames, count }) => ({ key, frames: this.sql.parse(frames) as F, count }));
  }

  /** Removes profiles that are too old, or too near to another one. The caller has begun a transaction. */
  expire(target: number, now: number): void {
    for (const id of superfluous(this.all(target), now, this.retention)) {
      this.sql.run('DELETE FROM stack_count WHERE profile = ?', id);
      this.sql.run('DELETE FROM profile WHERE id = ?', id);
    }
    this.sql.run('DELETE FROM stack WHERE target = ?1 AND id NOT IN (SELECT stack FROM stack_count JOIN profile ON profile.id = profile WHERE profile.target = ?1)', target);
  }
}
