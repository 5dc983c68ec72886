/** Owns the parsing of a count from an answer: the index of the profiles, a profile's first line, or metrics. Pure. */
import type { Frame } from 'watertight/pprof';

/** `<tr><td>17</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr>`: net/http/pprof's Index, and ours. */
const IN_INDEX = /<td[^>]{0,200}>\s*(\d{1,15})\s*<\/td>\s*<td[^>]{0,200}>\s*<a [^>]{0,500}>\s*goroutine\s*<\/a>/i;

/** How many tasks the index of the profiles says there are; null if it does not. */
export function countInIndex(html: string): number | null {
  const match = IN_INDEX.exec(html);
  return match === null ? null : Number(match[1]);
}

/** How many the first line of `goroutine?debug=1` says there are; null if it is none. */
export function countInProfile(text: string): number | null {
  const match = /^goroutine profile: total (\d{1,15})\r?\n/.exec(text);
  return match === null ? null : Number(match[1]);
}

/** Whether the index is of a Node service with our profiles. */
export function isNodeIndex(html: string): boolean {
  return />\s*httpbody\s*</.test(html);
}

/** When the process started, according to our own `/debug/watertight`: ms since 1970; null if it does not say. */
export function startInFacts(json: string): number | null {
  const { processStart } = JSON.parse(json) as { processStart?: unknown };
  const start = typeof processStart === 'string' ? Date.parse(processStart) : NaN;
  return Number.isFinite(start) ? start : null;
}

/** Responses that were garbage-collected unfinished. */
export interface Proven {
  readonly count: number;
  /** By the line that made the request, most first; null where that was not recorded. */
  readonly sites: readonly { readonly count: number; readonly site: Frame | null }[];
}

const NONE_PROVEN: Proven = { count: 0, sites: [] };

/** How many responses were garbage-collected unfinished, according to the same, and which lines made them. */
export function provenInFacts(json: string): Proven {
  const { leaked } = JSON.parse(json) as { leaked?: { count?: unknown; groups?: unknown } };
  if (typeof leaked?.count !== 'number') return NONE_PROVEN;
  const groups = Array.isArray(leaked.groups) ? (leaked.groups as { count?: unknown; site?: { function?: unknown; file?: unknown; line?: unknown } | null }[]) : [];
  const sites = groups.flatMap(({ count, site }) => (typeof count === 'number' ? [{ count, site: typeof site?.file === 'string' ? { function: String(site.function), file: site.file, line: Number(site.line), address: '' } : null }] : []));
  return { count: leaked.count, sites };
}

/** The value of a metric without labels in Prometheus's text format; null if it is not there or no number. */
export function metric(text: string, name: string): number | null {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    if (at > 0 && text[at - 1] !== '\n') continue;
    const match = /^(?:\{[^}\n]{0,1000}\})?[ \t]+([-+.\dA-Za-z]{1,40})/.exec(text.slice(at + name.length, at + name.length + 1100));
    const value = match === null ? NaN : Number(match[1]);
    if (Number.isFinite(value)) return value;
  }
  return null;
}
