/** Owns the database file: opening it, its statements (each prepared once), its transactions, and whether it can be read and written. */
import Database from 'libsql';
import { damaged, StoreError, storeFault } from './error.js';

/** How long another process may hold the file's lock, ms. */
const BUSY_TIMEOUT = 5000;
/** Pause between two attempts at a statement that does not wait for the lock by itself, ms. */
const PAUSE = 20;
/** A statement that has not failed for this long is no longer one that fails, ms. */
const FORGOTTEN = 60_000;
/** The size to which the write-ahead log is cut back, bytes; a large transaction makes it grow far beyond. */
const LOG_KEPT = 16 * 2 ** 20;

/** What is wrong with the file. */
export interface FileTrouble {
  readonly error: StoreError;
  /** Since when, ms since 1970. */
  readonly since: number;
}

export class SqlFile {
  /** Null while it can be read and written. A file that is damaged stays so; a full disk is over once the statements that failed succeed. */
  trouble: FileTrouble | null = null;
  private readonly db: Database.Database;
  /** A transaction is open. */
  private writing = false;
  private readonly statements = new Map<string, Database.Statement>();
  /** The statements that failed, and when. Of a disk that is full, some writes still have room. */
  private readonly failing = new Map<string, number>();

  /** @throws the database's error if it can't be opened, or is none. */
  constructor(private readonly file: string) {
    this.db = new Database(file);
    try {
      // WAL: readers and the writer do not wait for each other. NORMAL: a killed process loses nothing;
      // a machine that loses power may lose the last moments, never the file.
      this.db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = ${LOG_KEPT};`);
      this.beginLog();
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  run(sql: string, ...values: unknown[]): Database.RunResult {
    const result = this.attempt(sql, () => this.statement(sql).run(...values));
    this.failing.delete(sql);
    if (!this.writing && result.changes > 0) this.written();
    return result;
  }

  /** The first row; undefined where there is none. */
  get(sql: string, ...values: unknown[]): unknown {
    // Not the statement's get(): it adds a field of its own to the row.
    return this.all(sql, ...values).at(0);
  }

  all(sql: string, ...values: unknown[]): unknown[] {
    const rows = this.attempt(sql, () => this.statement(sql).all(...values));
    this.failing.delete(sql);
    return rows;
  }

  /** What a column has as JSON. Damage may be in a text, where the database does not see it. @throws StoreError */
  parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw this.inTrouble(damaged(this.file, 'a text is not what was written', cause));
    }
  }

  /** Statements that are not worth keeping: of a migration. */
  exec(sql: string): void {
    this.db.exec(sql);
  }

  /** All that `work` writes, or nothing of it; within another one, with all of that one. */
  transaction<T>(work: () => T): T {
    if (this.writing) return work();
    this.run('BEGIN IMMEDIATE');
    this.writing = true;
    try {
      const result = work();
      this.run('COMMIT');
      this.written();
      return result;
    } catch (error) {
      try {
        this.statement('ROLLBACK').run();
      } catch {
        // A disk that is full has ended the transaction already; what happened is the first error.
      }
      throw error;
    } finally {
      this.writing = false;
    }
  }

  close(): void {
    this.statements.clear();
    this.db.close();
  }

  /** SQLite does not wait for the lock that the change to WAL needs; another watcher may be making the same change. */
  private beginLog(): void {
    for (let waited = 0; ; waited += PAUSE) {
      try {
        this.db.exec('PRAGMA journal_mode = WAL');
        return;
      } catch (error) {
        if (!/locked|busy/i.test((error as Error).message) || waited >= BUSY_TIMEOUT) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
      }
    }
  }

  /** @throws StoreError for what is wrong with the file. */
  private attempt<T>(sql: string, work: () => T): T {
    try {
      return work();
    } catch (cause) {
      const error = storeFault(this.file, cause);
      if (error instanceof StoreError) this.failing.set(sql, performance.now());
      throw this.inTrouble(error);
    }
  }

  private inTrouble(error: unknown): unknown {
    if (!(error instanceof StoreError)) return error;
    const { trouble } = this;
    // What has no end is not hidden by what has one.
    if (trouble === null || (trouble.error.code !== error.code && trouble.error.code !== 'ERR_STORE_DAMAGED')) this.trouble = { error, since: Date.now() };
    return error;
  }

  private written(): void {
    if (this.trouble === null || this.trouble.error.code === 'ERR_STORE_DAMAGED') return;
    for (const [sql, at] of this.failing) if (performance.now() - at > FORGOTTEN) this.failing.delete(sql);
    if (this.failing.size === 0) this.trouble = null;
  }

  private statement(sql: string): Database.Statement {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }
}

/** The database has no Infinity among its whole numbers. */
export function bounded(number: number): number {
  return Math.min(number, Number.MAX_SAFE_INTEGER);
}
