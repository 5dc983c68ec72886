/** Owns call sites as label values, limited in number and length, and without anything but the position. */
import { formatSite, siteOf, type Site, type Trace } from '../tasks/index.js';

/** The label of all lines beyond the limit. */
export const OTHER_SITE = 'other';

/** The label of requests whose line was not recorded; `track: 'all'` records every line. */
export const UNRECORDED_SITE = 'unrecorded';

const MAX_LENGTH = 200;

/** Text such as `src/preview.ts:14:23 (fetchPreview)`, without the queries that loaders append to file names; a module may also have a URL. */
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

/** Labels by site: thousands of suspects may have the same line. */
const labels = new WeakMap<Site, string>();

/** The `limit` sites with the largest counts, and the sum of the others as `other`. Pure. */
export function topSites(counts: ReadonlyMap<string, number>, limit: number): Map<string, number> {
  const ordered = [...counts].filter(([site]) => site !== OTHER_SITE).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const top = new Map(ordered.slice(0, limit));
  const rest = ordered.slice(limit).reduce((sum, [, count]) => sum + count, counts.get(OTHER_SITE) ?? 0);
  if (rest > 0) top.set(OTHER_SITE, rest);
  return top;
}
