/** Owns how functions and files are spelled in a profile. */
import { basename } from 'node:path';
import type { Site } from '../../tasks/index.js';

/**
 * Functions without a name are told apart by their line, or all of a program's
 * would be one in a tool's table. Not by the column: a call and the `await` of
 * it, which the same request may be made from, have different ones.
 */
export function frameName({ function: name, file, line }: Omit<Site, 'column'>): string {
  return name === '' ? `anonymous@${printable(basename(file))}:${line}` : printable(name);
}

/** Names and paths may hold anything; the text forms end a cell at a tab and a line at a line's end. */
export function printable(text: string): string {
  return /[\0-\x1f\x7f]/.test(text) ? text.replace(/[\0-\x1f\x7f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`) : text;
}
