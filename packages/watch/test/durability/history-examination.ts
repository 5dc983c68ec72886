// What a history has to be after its watcher was killed, whenever that was.
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import Database from 'libsql';
import type { KilledTarget } from './killed-target.js';
import type { Acknowledged } from './watcher.js';

export interface Examined {
  readonly scrapes: number;
  readonly profiles: number;
  /** What is wrong with it, one sentence each; none if nothing is. */
  readonly faults: readonly string[];
}

/** A process's first moments: its start is said by a clock of its own, and in hundredths of a second. */
const START_TOLERANCE = 2500;

/** Looks at a copy, so that the file is left to the next watcher as the killed one left it. */
export function examine(file: string, targets: readonly KilledTarget[], acknowledged: Acknowledged): Examined {
  if (!existsSync(file)) return { scrapes: 0, profiles: 0, faults: [] };
  const copy = `${file}.copy`;
  for (const suffix of ['', '-wal']) {
    rmSync(copy + suffix, { force: true });
    if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
  }
  const db = new Database(copy);
  try {
    return new Examination(db, acknowledged).of(targets);
  } finally {
    db.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(copy + suffix, { force: true });
  }
}

class Examination {
  private readonly faults: string[] = [];

  constructor(
    private readonly db: Database.Database,
    private readonly acknowledged: Acknowledged,
  ) {}

  of(targets: readonly KilledTarget[]): Examined {
    const sound = this.rows<{ integrity_check: string }>('PRAGMA integrity_check').map((row) => row.integrity_check).join();
    if (sound !== 'ok') this.faults.push(`the database is damaged: ${sound}`);
    if (this.rows('SELECT 1 FROM sqlite_master WHERE name = ?', 'raw').length === 0) {
      for (const [url, { size }] of this.acknowledged.counts) if (size > 0) this.faults.push(`${url}: there are no tables, and ${size} scrapes were shown`);
      return { scrapes: 0, profiles: 0, faults: this.faults };
    }
    let [scrapes, profiles] = [0, 0];
    for (const target of targets) {
      const known = this.rows<{ id: number }>('SELECT id FROM target WHERE url = ?', `${target.url}/debug/pprof/`).at(0);
      const id = known?.id ?? -1;
      scrapes += this.scrapesOf(target, id);
      profiles += this.profilesOf(target, id);
      this.incidentsOf(target, id);
    }
    return { scrapes, profiles, faults: this.faults };
  }

  private scrapesOf({ url, kind, lives }: KilledTarget, id: number): number {
    const samples = this.rows<{ at: number; value: number; start: number }>('SELECT at, value, start FROM raw WHERE target = ? ORDER BY at', id);
    const kept = new Map(samples.map(({ at, value }) => [at, value]));
    for (const [at, count] of this.acknowledged.counts.get(url) ?? []) {
      if (kept.get(at) !== count) this.faults.push(`${kind.name}: the scrape at ${at} with ${count} was shown, and is ${kept.get(at) ?? 'not there'}`);
    }
    const starts = new Map<number, number>();
    for (const { at, start } of samples) {
      const life = lives.findIndex(({ from, ended }) => at >= from && at <= ended);
      const from = lives[life]?.from;
      if (from === undefined) this.faults.push(`${kind.name}: a scrape at ${at}, when no process was there`);
      else if (Math.abs(start - from) > START_TOLERANCE) this.faults.push(`${kind.name}: the scrape at ${at} is of the process that began at ${from}, and has the start ${start}`);
      if ((starts.get(life) ?? start) !== start) this.faults.push(`${kind.name}: one process with two starts, ${starts.get(life)} and ${start} at ${at}`);
      starts.set(life, start);
    }
    if (new Set(starts.values()).size !== starts.size) this.faults.push(`${kind.name}: ${starts.size} processes with ${new Set(starts.values()).size} starts`);
    for (const span of this.rows<{ span: number; count: number; low: number; high: number }>('SELECT span, sum(count) AS count, min(low) AS low, max(high) AS high FROM bucket WHERE target = ? GROUP BY span', id)) {
      const values = samples.map(({ value }) => value);
      const wanted = { span: span.span, count: samples.length, low: Math.min(...values), high: Math.max(...values) };
      if (JSON.stringify(wanted) !== JSON.stringify(span)) this.faults.push(`${kind.name}: the scrapes are ${JSON.stringify(wanted)}, their spans ${JSON.stringify(span)}`);
    }
    return samples.length;
  }

  /** A profile is there with all of its stacks, or not at all. */
  private profilesOf({ url, kind }: KilledTarget, id: number): number {
    const profiles = this.rows<{ at: number; total: number; sum: number | null; lost: number }>(
      `SELECT at, total, (SELECT sum(count) FROM stack_count WHERE profile = profile.id) AS sum,
       (SELECT count(*) FROM stack_count WHERE profile = profile.id AND stack NOT IN (SELECT id FROM stack)) AS lost FROM profile WHERE target = ?`,
      id,
    );
    const kept = new Map(profiles.map(({ at, total }) => [at, total]));
    for (const { at, total, sum, lost } of profiles) if (sum !== total || lost > 0) this.faults.push(`${kind.name}: the profile at ${at} has ${sum} of ${total} stacks, ${lost} unknown`);
    for (const [at, total] of this.acknowledged.profiles.get(url) ?? []) if (kept.get(at) !== total) this.faults.push(`${kind.name}: the profile at ${at} with ${total} was shown, and is ${kept.get(at) ?? 'not there'}`);
    return profiles.length;
  }

  private incidentsOf({ kind }: KilledTarget, id: number): void {
    const [{ all, open } = { all: 0, open: 0 }] = this.rows<{ all: number; open: number }>('SELECT count(*) AS "all", count(*) FILTER (WHERE closed IS NULL) AS open FROM incident WHERE target = ?', id);
    if (open > 1) this.faults.push(`${kind.name}: ${open} incidents are open at once`);
    if (!kind.leaks && all > 0) this.faults.push(`${kind.name}: ${all} incidents of a service that does not leak`);
  }

  private rows<T>(sql: string, ...values: unknown[]): T[] {
    return this.db.prepare(sql).all(...values) as T[];
  }
}
