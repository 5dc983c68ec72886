/**
 * Owns the history of all targets in one database file, and leaves samples, profiles, incidents, silences and
 * stack groups to a file each.
 *
 * A `kill -9` at any moment leaves the file whole: each scrape is one transaction, and the write-ahead
 * log keeps it from the moment the call returns.
 */
import { openingFault, StoreError, storeFault } from './error.js';
import { GroupHistory } from './group-history.js';
import { IncidentHistory, type Acknowledgement, type Incident } from './incident-history.js';
import { ProfileHistory, type ProfileRecord, type StackCount } from './profile-history.js';
import { DEFAULT_RETENTION, type Retention } from './retention.js';
import { SampleHistory, type Bucket, type Sample } from './sample-history.js';
import { migrate } from './schema.js';
import { SilenceHistory, type KeptSilence } from './silence-history.js';
import { SoleWriter } from './sole-writer.js';
import { SqlFile, type FileTrouble } from './sql-file.js';

export interface HistoryOptions {
  readonly retention?: Partial<Retention>;
  /** No other watcher may write the file as long as it is open. Default false: several processes may. */
  readonly sole?: boolean;
}

/** Without a number, the database chooses one. */
const NEW_TARGET = 'INSERT INTO target (id, url, first_seen) VALUES (?, ?, ?) ON CONFLICT (url) DO NOTHING';

/** The error of a file that can't be opened, or is not what it should be. */
function openingError(file: string, cause: unknown): StoreError {
  const known = storeFault(file, cause);
  const root = (known instanceof StoreError ? known.cause : null) ?? cause;
  const isNone = (root as { code?: string }).code === 'SQLITE_NOTADB';
  if (known instanceof StoreError && !isNone && known.code !== 'ERR_STORE_IO' && known.code !== 'ERR_STORE_FULL') return known;
  const fault = known instanceof StoreError && known.code === 'ERR_STORE_FULL' ? 'the disk is full. Make room there, or name another file with --db' : openingFault(file, root);
  return new StoreError('ERR_STORE_OPEN', `the history ${file} can't be opened: ${fault}`, { cause });
}

export class History {
  /** How many tasks stood in which group of stacks. */
  readonly groups: GroupHistory;
  private readonly sql: SqlFile;
  private readonly sampled: SampleHistory;
  private readonly profiled: ProfileHistory;
  private readonly judged: IncidentHistory;
  private readonly silenced: SilenceHistory;
  private readonly targets = new Map<string, number>();
  /** Targets that have a number, but could not be written yet, by number. */
  private readonly unwritten = new Map<number, string>();
  private readonly writer: SoleWriter | null;
  private greatest: number;

  /**
   * Opens or makes the file; `:memory:` keeps nothing.
   *
   * @throws StoreError if it can't be opened, is no database, is of a newer version, is damaged where every target is on record, or is written by another watcher (`sole`).
   */
  constructor(
    /** Its file. */
    readonly file: string,
    options: HistoryOptions = {},
  ) {
    const retention = { ...DEFAULT_RETENTION, ...options.retention };
    let sql: SqlFile | null = null;
    let writer: SoleWriter | null = null;
    try {
      sql = new SqlFile(file);
      if (options.sole === true && file !== ':memory:') writer = SoleWriter.take(file, sql);
      migrate(sql, file);
      // What every start needs is read at once, so that damage there is found before anything is watched.
      this.greatest = (sql.all('SELECT id, first_seen FROM target') as { id: number }[]).reduce((most, { id }) => Math.max(most, id), 0);
    } catch (cause) {
      writer?.release();
      sql?.close();
      throw openingError(file, cause);
    }
    this.writer = writer;
    this.sql = sql;
    try {
      writer?.sign(sql);
    } catch {
      // A full disk is no reason not to watch; it is said at the first scrape that can't be kept.
    }
    this.sampled = new SampleHistory(sql, retention);
    this.profiled = new ProfileHistory(sql, retention);
    this.judged = new IncidentHistory(sql, retention);
    this.silenced = new SilenceHistory(sql);
    this.groups = new GroupHistory(sql);
  }

  /** What is wrong with the file, and since when; null while it can be read and written. */
  get trouble(): FileTrouble | null {
    return this.sql.trouble;
  }

  /** The number under which a target is on record; made at the first call, also where it can't be written yet: see {@link trouble}. */
  target(url: string): number {
    let id = this.targets.get(url);
    if (id === undefined) this.targets.set(url, (id = this.register(url)));
    return id;
  }

  private register(url: string): number {
    try {
      const known = (): { id: number } | undefined => this.sql.get('SELECT id FROM target WHERE url = ?', url) as { id: number } | undefined;
      let row = known();
      if (row === undefined) {
        this.sql.run(NEW_TARGET, null, url, Date.now());
        row = known();
      }
      if (row === undefined) throw new Error(`a target was written and is not there: ${url}`);
      this.greatest = Math.max(this.greatest, row.id);
      return row.id;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const id = ++this.greatest;
      this.unwritten.set(id, url);
      return id;
    }
  }

  /** Writes a target that could not be written when it was first seen. */
  private settle(target: number): void {
    const url = this.unwritten.get(target);
    if (url === undefined) return;
    this.sql.run(NEW_TARGET, target, url, Date.now());
    this.unwritten.delete(target);
  }

  /** Every target on record, the earliest first. */
  knownTargets(): { id: number; url: string }[] {
    return this.sql.all('SELECT id, url FROM target ORDER BY id') as { id: number; url: string }[];
  }

  /** Keeps a scrape. A second one of the same millisecond replaces the first. */
  record(target: number, sample: Sample): void {
    if (this.unwritten.size > 0) this.settle(target);
    this.sampled.record(target, [sample]);
  }

  /** Keeps many of one target, all or none of them. */
  recordAll(target: number, samples: readonly Sample[]): void {
    this.sampled.record(target, samples);
  }

  /** The scrapes from `from` on, up to and including `to`, oldest first. */
  samples(target: number, from: number, to = Infinity): Sample[] {
    return this.sampled.samples(target, from, to);
  }

  /** The buckets of `span` (FINE or COARSE) from `from` on, oldest first; one in which a process ended and another began is two. */
  buckets(target: number, span: number, from: number, to = Infinity): Bucket[] {
    return this.sampled.buckets(target, span, from, to);
  }

  /** The curve from `from` to `to`, of about `points` at most: see {@link SampleHistory.curve}. */
  curve(target: number, from: number, to: number, now = Date.now(), points = Infinity): readonly (Sample | Bucket)[] {
    return this.sampled.curve(target, from, to, now, points);
  }

  /** The latest scrape; null before the first. */
  latest(target: number): Sample | null {
    return this.sampled.latest(target);
  }

  // ---- profiles

  /** Keeps a profile as its stacks and their numbers, and what it proved; what a stack looks like is kept once for each target. */
  recordProfile(target: number, at: number, start: number, stacks: readonly StackCount[], look: object | null = null): number {
    return this.profiled.record(target, at, start, stacks, look);
  }

  /** The first profile on record of the process that started then, before `before`; null where there is none. */
  firstProfile(target: number, start: number, before: number): ProfileRecord | null {
    return this.profiled.first(target, start, before);
  }

  /** The profile nearest to a time; null where there is none. */
  profileNearest(target: number, at: number): ProfileRecord | null {
    return this.profiled.nearest(target, at);
  }

  /** The profiles on record, oldest first. */
  profiles(target: number, from = 0, to = Infinity): ProfileRecord[] {
    return this.profiled.all(target, from, to);
  }

  /** What the latest profiles proved, at most so many, oldest first. */
  looks<L>(target: number, limit: number): L[] {
    return this.profiled.looks<L>(target, limit);
  }

  /** Keeps what is known of who came, left and stayed in a target's process; it replaces what was known. */
  keepCohorts(target: number, cohorts: object): void {
    this.sql.run('UPDATE target SET cohorts = ? WHERE id = ?', JSON.stringify(cohorts), target);
  }

  /** The same, as it was kept; null where there is none. */
  cohorts(target: number): unknown {
    const { cohorts = null } = (this.sql.get('SELECT cohorts FROM target WHERE id = ?', target) as { cohorts: string | null } | undefined) ?? {};
    return cohorts === null ? null : this.sql.parse(cohorts);
  }

  /** A profile's stacks, most frequent first. */
  stacks<F>(profile: number): StackCount<F>[] {
    return this.profiled.stacks<F>(profile);
  }

  // ---- incidents

  /** Opens an incident, or renews what is known of the open one; returns its number. */
  openIncident(target: number, at: number, detail: unknown): number {
    return this.judged.open(target, at, detail);
  }

  /** Closes the open incident, if there is one. */
  closeIncident(target: number, at: number): void {
    this.judged.close(target, at);
  }

  /** The incident of a target that goes on; null where there is none. */
  openIncidentOf<D>(target: number): Incident<D> | null {
    return this.judged.openOf<D>(target);
  }

  /** Incidents of a target, or of all, latest first. */
  incidents<D>(target: number | null = null, limit = 100): Incident<D>[] {
    return this.judged.all<D>(target, limit);
  }

  /** Keeps who looks at an incident that goes on; null takes it back. */
  acknowledge(incident: number, acknowledged: Acknowledgement | null): void {
    this.judged.acknowledge(incident, acknowledged);
  }

  // ---- silences

  /** Keeps until when nobody is told of a target's leaks, or of any (null); it takes the place of what was kept. */
  keepSilence(target: number | null, until: number): void {
    this.silenced.keep({ target, until });
  }

  /** Ends the silence of a target, or that of all. */
  liftSilence(target: number | null): void {
    this.silenced.lift(target);
  }

  /** The silences that are not over. */
  silences(now: number): KeptSilence[] {
    return this.silenced.all(now);
  }

  // ---- upkeep

  /** Whether a scrape is still there that was to be removed before `now`. Cheap. */
  isOverdue(target: number, now: number): boolean {
    return this.sampled.isOverdue(target, now);
  }

  /** Removes everything that is too old. To be called now and then; it takes milliseconds for a target. */
  expire(target: number, now: number): void {
    this.sql.transaction(() => {
      this.sampled.expire(target, now);
      this.judged.expire(target, now);
      this.profiled.expire(target, now);
      this.groups.expire(target, now);
      this.silenced.expire(now);
    });
  }

  /**
   * The same for a target that is no longer watched. Once its last scrape is removed, its incident is closed,
   * since nobody can say whether it still leaks; once nothing is left of it, the target is removed.
   */
  expireUnwatched(target: number, now: number): void {
    this.expire(target, now);
    if (this.latest(target) !== null) return;
    this.closeIncident(target, now);
    if (this.sql.get('SELECT 1 FROM bucket WHERE target = ?1 UNION ALL SELECT 1 FROM profile WHERE target = ?1 UNION ALL SELECT 1 FROM incident WHERE target = ?1 LIMIT 1', target) !== undefined) return;
    this.groups.dropAll(target);
    this.silenced.lift(target);
    this.sql.run('DELETE FROM target WHERE id = ?', target);
    for (const [url, id] of this.targets) if (id === target) this.targets.delete(url);
  }

  close(): void {
    this.sql.close();
    this.writer?.release();
  }
}
