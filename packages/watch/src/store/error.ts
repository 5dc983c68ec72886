/** Owns the errors of opening and writing the history, and what to do about a file that cannot be opened. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';

export type StoreErrorCode = 'ERR_STORE_OPEN' | 'ERR_STORE_VERSION' | 'ERR_STORE_SAMPLE';

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
