/** Owns how a line of the program is written: with a relative path where the file is in the working directory, with the whole path elsewhere. */
import { isAbsolute, relative, sep } from 'node:path';

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly function: string;
}

/** `src/load.ts:14:23 (load)` */
export function formatPlace({ file, line, column, function: name }: Place): string {
  const near = isAbsolute(file) ? relative(process.cwd(), file) : file;
  const shown = near.startsWith('..') || isAbsolute(near) ? file : near.split(sep).join('/');
  return `${shown}:${line}:${column}${name === '' ? '' : ` (${name})`}`;
}
