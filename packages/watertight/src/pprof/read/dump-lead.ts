/** Owns what stands before each line of a dump that was copied from a log: a time, a container's name, the `>` of a quotation. */
import { MAX_DUMP_LINE } from './dump-line.js';

/** Where a line of a dump begins that can't be taken for another: what is before it, is not the dump's. */
const ANCHOR = /goroutine \d+ (?:gp=[^[]*)?\[|(?:Goroutine \d+ in state .{1,300}?, with )|\w+ profile: total \d|\d+ @(?: 0x[0-9a-f]+)+|#\s+0x[0-9a-f]+\s|created by [\w./]+\.\S/;
/** A lead is not longer; what is before a goroutine in a longer line is a text of its own. */
const MAX_LEAD = 300;
const MONTH = /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b/g;
/** What may be at the front of the dump's own lines, and of a list's or a quotation's. */
const MARKUP = /^[\s>*|+\-•`]+$/;

/**
 * Removes the leads. A lead is learned from the lines that can be recognised
 * anywhere: what is before them is a lead, and the lines after have one of the same
 * shape, with other digits.
 */
export class LeadStripper {
  #shape: RegExp | null = null;

  strip(line: string): string {
    if (line.length > MAX_DUMP_LINE) return line;
    const anchor = ANCHOR.exec(line);
    if (anchor !== null) {
      const lead = line.slice(0, anchor.index);
      // `[` is before the first goroutine of goleak's list.
      if (lead.trim() === '' || lead.trim() === '[') return line.slice(anchor.index);
      if (lead.length <= MAX_LEAD) this.#shape = shapeOf(lead);
      return line.slice(anchor.index);
    }
    const { length } = this.#shape?.exec(line)?.[0] ?? '';
    return length > 0 ? line.slice(length) : line;
  }
}

/** The lead with any digits, any month, and any number of blanks between its words. */
function shapeOf(lead: string): RegExp {
  const end = lead.trimEnd();
  const blanks = lead.slice(end.length);
  let source = '';
  for (const part of end.replace(MONTH, '\u0001').split(/(\d+|\s+|\u0001)/)) {
    if (part === '\u0001') source += '[A-Z][a-z]{2}';
    else if (/^\d/.test(part)) source += '\\d+';
    else if (/^\s/.test(part)) source += '\\s+';
    else source += part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&').replace(/^[IWEF]$/, '[IWEF]');
  }
  // Of a blank line the lead's own blanks are lost in most logs.
  return new RegExp(MARKUP.test(end) ? `^${source}(?:${' '.repeat(blanks.length)}|\\s*$|)` : `^${source}(?:${blanks.replace(/\s/g, '\\s')}|\\s*$)`);
}
