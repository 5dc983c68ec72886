/**
 * Owns the record of proven leaks, which remains after their connections were reclaimed: a count for each
 * call site, one warning for each call site, and the latest leaks in full for the leak checks.
 */
import { now } from './clock.js';
import type { Holder } from './holder.js';
import { describeHolder } from './holder-groups.js';
import { processWide } from './process-record.js';
import { formatSite, siteOf } from './site.js';

/** A response that was garbage-collected unfinished, as it was at the moment of the collection. */
export interface ProvenLeak extends Holder {
  /** When it was found: monotonic milliseconds. */
  readonly foundAt: number;
  /** Ascending in the process. */
  readonly sequence: number;
  /** True if its connection was closed. If false (another client owns the connection), it is still in the live set. */
  readonly reclaimed: boolean;
}

/** The number of proven leaks of one call site, or of one origin if the call site is unknown. */
export interface ProvenCount {
  readonly count: number;
  /** The first proven leak of this call site. */
  readonly first: ProvenLeak;
}

/** How many leaks are kept in full; the counts have no such limit. */
const KEPT = 1000;

/** How many call sites have a count of their own. Leaks without a recorded call site are counted by origin, and there may be any number of origins. */
const MAX_SITES = 1000;

const known = processWide('proven', () => ({
  sequence: 0,
  latest: [] as ProvenLeak[],
  counts: new Map<string, { count: number; first: ProvenLeak }>(),
  listeners: new Set<(leak: ProvenLeak) => void>(),
}));
const { latest, counts, listeners } = known;

/** The proven leaks found so far, oldest first: the latest 1,000 at most. */
export function provenLeaks(): readonly ProvenLeak[] {
  return [...latest];
}

/**
 * All proven leaks since the process started, counted by call site, in the order in which the sites were
 * first seen. `other` counts those beyond the first 1,000 sites.
 */
export function provenCounts(): { readonly sites: readonly ProvenCount[]; readonly other: number } {
  const sites = [...counts.values()].map((each) => ({ ...each }));
  return { sites, other: known.sequence - sites.reduce((sum, { count }) => sum + count, 0) };
}

/** False in a copy of this library whose findings are told to somebody else than the program: it then warns of nothing. */
let warns = true;

/** Ends the warnings of this copy of the library. */
export function warnNoMore(): void {
  warns = false;
}

/** Calls `listener` for each proven leak from now on; returns a function that removes the listener. */
export function onProven(listener: (leak: ProvenLeak) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** @internal Called by the watch when a handle was collected. */
export function recordProven(holder: Holder, reclaimed: boolean): void {
  const at = now();
  const leak: ProvenLeak = {
    client: holder.client,
    method: holder.method,
    url: holder.url,
    origin: holder.origin,
    status: holder.status,
    bytesRead: holder.bytesRead,
    contentLength: holder.contentLength,
    openedAt: holder.openedAt,
    lastReadAt: holder.lastReadAt,
    awaited: false,
    abandoned: true,
    mocked: holder.mocked === true,
    trace: holder.trace,
    foundAt: at,
    sequence: ++known.sequence,
    reclaimed,
  };
  latest.push(leak);
  if (latest.length > KEPT) latest.shift();
  // It held no connection: only a check that was asked for it tells it.
  if (leak.mocked === true) return;
  const site = holder.trace === null ? null : siteOf(holder.trace);
  const key = site === null ? holder.origin : formatSite(site);
  const counted = counts.get(key);
  const isNew = counted === undefined && counts.size < MAX_SITES;
  if (counted !== undefined) counted.count++;
  else if (isNew) counts.set(key, { count: 1, first: leak });
  if (isNew && warns) {
    const consequence = reclaimed ? 'so its connection was closed' : 'so nobody can ever release its connection';
    process.emitWarning(`${describeHolder(leak, at)}\n    Nothing refers to the response any more, ${consequence}. Further ones from there are not logged.`, {
      type: 'LeakWarning',
      code: 'WATERTIGHT_LEAK',
    });
  }
  for (const listener of listeners) listener(leak);
}
