/** Owns the incidents in the history: when each target was judged to leak, from when to when. */
import type { Retention } from './retention.js';
import type { SqlFile } from './sql-file.js';

/** Somebody looks at an incident. */
export interface Acknowledgement {
  /** A person or a team, in their own words. */
  readonly by: string;
  /** Ms since 1970. */
  readonly at: number;
  /** May be empty. */
  readonly note: string;
}

/** A time during which a target leaked, as it was judged then. */
export interface Incident<D = unknown> {
  readonly id: number;
  readonly target: number;
  readonly opened: number;
  /** Null while it goes on. */
  readonly closed: number | null;
  readonly detail: D;
  /** Null where nobody has said so. */
  readonly acknowledged: Acknowledgement | null;
}

export class IncidentHistory {
  constructor(
    private readonly sql: SqlFile,
    private readonly retention: Retention,
  ) {}

  /** Opens an incident, or renews what is known of the open one; returns its number. */
  open(target: number, at: number, detail: unknown): number {
    return this.sql.transaction(() => {
      const open = this.openOf(target);
      if (open !== null) {
        this.sql.run('UPDATE incident SET detail = ? WHERE id = ?', JSON.stringify(detail), open.id);
        return open.id;
      }
      return Number(this.sql.run('INSERT INTO incident (target, opened, closed, detail) VALUES (?, ?, NULL, ?)', target, at, JSON.stringify(detail)).lastInsertRowid);
    });
  }

  /** Closes the open incident, if there is one. */
  close(target: number, at: number): void {
    this.sql.run('UPDATE incident SET closed = ? WHERE target = ? AND closed IS NULL', at, target);
  }

  /** Keeps who looks at an incident that goes on; null takes it back. */
  acknowledge(id: number, acknowledged: Acknowledgement | null): void {
    this.sql.run('UPDATE incident SET acknowledged = ? WHERE id = ? AND closed IS NULL', acknowledged === null ? null : JSON.stringify(acknowledged), id);
  }

  openOf<D>(target: number): Incident<D> | null {
    return this.where<D>('target = ? AND closed IS NULL', target).at(0) ?? null;
  }

  /** Incidents of a target, or of all, latest first. */
  all<D>(target: number | null, limit: number): Incident<D>[] {
    return target === null ? this.where<D>('1 ORDER BY opened DESC LIMIT ?', limit) : this.where<D>('target = ? ORDER BY opened DESC LIMIT ?', target, limit);
  }

  private where<D>(condition: string, ...values: unknown[]): Incident<D>[] {
    const rows = this.sql.all(`SELECT id, target, opened, closed, detail, acknowledged FROM incident WHERE ${condition}`, ...values) as (Omit<Incident, 'detail' | 'acknowledged'> & { detail: string; acknowledged: string | null })[];
    return rows.map((row) => ({ ...row, detail: this.sql.parse(row.detail) as D, acknowledged: row.acknowledged === null ? null : (this.sql.parse(row.acknowledged) as Acknowledgement) }));
  }

  /** Removes incidents that were closed too long ago. The caller has begun a transaction. */
  expire(target: number, now: number): void {
    this.sql.run('DELETE FROM incident WHERE target = ? AND closed < ?', target, now - this.retention.coarse);
  }
}
