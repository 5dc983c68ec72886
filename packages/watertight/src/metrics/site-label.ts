/** Owns call sites as label values: bounded in number and length, and without anything but a place. */
import { formatSite, siteOf, type Site, type Trace } from '../tasks/index.js';

/** All lines but those told apart. */
export const OTHER_SITE = 'other';

/** Requests whose line was not recorded: `track: 'all'` records each. */
export const UNRECORDED_SITE = 'unrecorded';

const MAX_LENGTH = 200;

/** `src/preview.ts:14:23 (fetchPreview)`. Loaders put queries behind a file's name, and a module may come from a URL. */
export function siteLabel(trace: Trace | null): string {
  const site = trace === null ? null : siteOf(trace);
  if (site === null) return UNRECORDED_SITE;
  const known = labels.get(site);
  if (known !== undefined) return known;
  const file = site.file.startsWith('data:') ? 'data:' : site.file.replace(/[?#].*$/s, '').replace(/^([\w+.-]+:\/\/)[^/]*@/, '$1');
  const label = formatSite({ ...site, file });
  const shown = label.length > MAX_LENGTH ? `…${label.slice(1 - MAX_LENGTH)}` : label;
  labels.set(site, shown);
  return shown;
}

/** Thousands of suspects may be of one line. */
const labels = new WeakMap<Site, string>();

/** The `limit` sites with the most, and the sum of the others as `other`. Pure. */
export function topSites(counts: ReadonlyMap<string, number>, limit: number): Map<string, number> {
  const ordered = [...counts].filter(([site]) => site !== OTHER_SITE).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const top = new Map(ordered.slice(0, limit));
  const rest = ordered.slice(limit).reduce((sum, [, count]) => sum + count, counts.get(OTHER_SITE) ?? 0);
  if (rest > 0) top.set(OTHER_SITE, rest);
  return top;
}
