/**
 * Owns the right of one watcher to write a history: two would count everything twice.
 *
 * The right is a lock of the operating system, which SQLite takes on a file of its own beside the history (no byte
 * is ever in it). It ends with the process, however that ends, so a watcher that was killed stops nobody. Who has
 * it stands in the history, where the others can read it.
 */
import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import Database from 'libsql';
import { StoreError } from './error.js';
import type { SqlFile } from './sql-file.js';

/** How long another one may take to end, ms, as when a service is restarted. */
const PATIENCE = 1000;

export class SoleWriter {
  private constructor(private readonly lock: Database.Database) {}

  /** Takes the right. @throws StoreError (`ERR_STORE_HELD`) where another process has it; the database's error where there can't be a lock. */
  static take(file: string, sql: SqlFile, patience = PATIENCE): SoleWriter {
    const lock = new Database(`${realPath(file)}-lock`);
    try {
      lock.exec(`PRAGMA busy_timeout = ${patience}`);
      lock.exec('BEGIN IMMEDIATE');
      return new SoleWriter(lock);
    } catch (cause) {
      lock.close();
      if ((cause as { code?: string }).code !== 'SQLITE_BUSY') throw cause;
      throw new StoreError('ERR_STORE_HELD', `the history ${file} is written by another watcher${holder(sql)}, and two would count everything twice. End that one, or name another file with --db`, { cause });
    }
  }

  /** Leaves word for others of who has the right. */
  sign(sql: SqlFile): void {
    sql.run('INSERT INTO watcher (id, pid, host, since) VALUES (1, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET pid = excluded.pid, host = excluded.host, since = excluded.since', process.pid, hostname(), Date.now());
  }

  release(): void {
    // The database closes a file only once its statements are collected as garbage.
    this.lock.exec('ROLLBACK');
    this.lock.close();
  }
}

/** Who has it, as far as that is known. */
function holder(sql: SqlFile): string {
  try {
    const { pid, host, since } = sql.get('SELECT pid, host, since FROM watcher') as { pid: number; host: string; since: number };
    return ` (process ${pid} on ${host}, since ${new Date(since).toISOString()})`;
  } catch {
    return '';
  }
}

/** The same file may be named in several ways. */
function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return join(realpathSync(dirname(file)), basename(file));
  }
}
