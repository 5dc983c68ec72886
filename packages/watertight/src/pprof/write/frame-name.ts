/** Owns the spelling of function and file names in a profile. */
import { basename } from 'node:path';
import type { Site } from '../../tasks/index.js';

/**
 * The name of a frame. Functions without a name get their line, because a tool would merge all of them
 * otherwise. Not their column, because the same request may be made by a call and by the `await` of it, which
 * have different columns.
 */
export function frameName({ function: name, file, line }: Omit<Site, 'column'>): string {
  return name === '' ? `anonymous@${printable(basename(file))}:${line}` : printable(name);
}

/** Escapes control characters, because the text forms end a cell at a tab and a line at a line end. */
export function printable(text: string): string {
  return /[\0-\x1f\x7f]/.test(text) ? text.replace(/[\0-\x1f\x7f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`) : text;
}
