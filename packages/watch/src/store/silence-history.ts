/** Owns the silences in the history: until when nobody is told of the leaks of a target, or of all. */
import type { SqlFile } from './sql-file.js';

export interface KeptSilence {
  /** Null: all targets. */
  readonly target: number | null;
  /** Ms since 1970. */
  readonly until: number;
}

/** The number that no target has. */
const ALL = 0;

export class SilenceHistory {
  constructor(private readonly sql: SqlFile) {}

  /** It takes the place of the one before. */
  keep({ target, until }: KeptSilence): void {
    this.sql.run('INSERT INTO silence (target, until) VALUES (?, ?) ON CONFLICT (target) DO UPDATE SET until = excluded.until', target ?? ALL, until);
  }

  lift(target: number | null): void {
    this.sql.run('DELETE FROM silence WHERE target = ?', target ?? ALL);
  }

  /** Those that are not over. */
  all(now: number): KeptSilence[] {
    const rows = this.sql.all('SELECT target, until FROM silence WHERE until > ? ORDER BY target', now) as { target: number; until: number }[];
    return rows.map(({ target, until }) => ({ target: target === ALL ? null : target, until }));
  }

  /** Removes those that are over. */
  expire(now: number): void {
    this.sql.run('DELETE FROM silence WHERE until <= ?', now);
  }
}
