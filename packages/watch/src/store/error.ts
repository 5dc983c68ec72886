/** Owns the errors of opening, reading and writing the history, and what to do about each. */
import { accessSync, constants, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * - `HELD`: another watcher writes the file.
 * - `DAMAGED`: pages of the file are not what was written.
 * - `FULL`: the disk has no room.
 * - `IO`: the system can't read or write it.
 */
export type StoreErrorCode = 'ERR_STORE_OPEN' | 'ERR_STORE_VERSION' | 'ERR_STORE_SAMPLE' | 'ERR_STORE_HELD' | 'ERR_STORE_DAMAGED' | 'ERR_STORE_FULL' | 'ERR_STORE_IO';

/** The history can't be opened or written. The message names the file and what to do. */
export class StoreError extends Error {
  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  override get name(): string {
    return 'StoreError';
  }
}

/**
 * The error of the database, in words for the person who has to do something; errors of other kinds, such as a
 * mistake in a statement, as they are.
 */
export function storeFault(file: string, cause: unknown): unknown {
  const { code = '', message = '' } = cause as { code?: unknown; message?: string };
  if (typeof code !== 'string' || cause instanceof StoreError) return cause;
  if (/^SQLITE_(?:CORRUPT|NOTADB)/.test(code)) return damaged(file, message, cause);
  if (code === 'SQLITE_FULL') return new StoreError('ERR_STORE_FULL', `the history ${file} can't be written: the disk is full. Make room there; until then the watch goes on in memory, and what it sees is not kept`, { cause });
  if (/^SQLITE_(?:IOERR|READONLY|CANTOPEN|PERM|BUSY|LOCKED)/.test(code)) return new StoreError('ERR_STORE_IO', `the history ${file} can't be read or written: ${message}. Until it can be, the watch goes on in memory, and what it sees is not kept`, { cause });
  return cause;
}

/** The error of a file whose content is not what was written. */
export function damaged(file: string, message: string, cause?: unknown): StoreError {
  const name = basename(file);
  return new StoreError('ERR_STORE_DAMAGED', `the history ${file} is damaged (${message}). Move it away with ${name}-wal and ${name}-shm, or name another file with --db: a new history begins. "sqlite3 ${name} .recover" reads what can still be read`, { cause });
}

/** What is wrong with a file that the database can't open, and what to do. The database itself gives only a number. */
export function openingFault(file: string, cause: unknown): string {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return `it is a folder. Name a file in it: --db ${file.replace(/\/+$/, '')}/watertight.db`;
  const folder = dirname(file);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return `there is no folder ${folder}. Make it, or name another file with --db`;
  try {
    accessSync(found === undefined ? folder : file, constants.W_OK);
  } catch {
    return `${found === undefined ? `no file can be made in ${folder}` : 'it can\'t be written'} by this user. Name another file with --db`;
  }
  return `${(cause as Error).message}. Name another file with --db, or remove it if it is no history of watertight's`;
}
