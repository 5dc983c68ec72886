/** Owns the database file: opening it, its statements (each prepared once), and its transactions. */
import Database from 'libsql';

/** How long another process may hold the file's lock, ms. */
const BUSY_TIMEOUT = 5000;
/** Pause between two attempts at a statement that does not wait for the lock by itself, ms. */
const PAUSE = 20;
/** The size to which the write-ahead log is cut back, bytes; a large transaction makes it grow far beyond. */
const LOG_KEPT = 16 * 2 ** 20;

export class SqlFile {
  private readonly db: Database.Database;
  /** A transaction is open. */
  private writing = false;
  private readonly statements = new Map<string, Database.Statement>();

  /** @throws the database's error if it can't be opened, or is none. */
  constructor(file: string) {
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
    return this.statement(sql).run(...values);
  }

  /** The first row; undefined where there is none. */
  get(sql: string, ...values: unknown[]): unknown {
    // Not the statement's get(): it adds a field of its own to the row.
    return this.all(sql, ...values).at(0);
  }

  all(sql: string, ...values: unknown[]): unknown[] {
    return this.statement(sql).all(...values);
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
      return result;
    } catch (error) {
      try {
        this.run('ROLLBACK');
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
