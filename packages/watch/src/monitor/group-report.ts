/** Owns stack groups as reports show them: what grows, where, what it means, and whether it is judged to leak. Pure. */
import type { Frame } from 'watertight/pprof';
import { groupOf, type StackSummary, type Summary } from '../diagnose/index.js';
import type { Proven } from '../scrape/index.js';
import type { WatchedGroup } from './group-watch.js';

/** A group of equal stacks, as reports show it. */
export interface GroupReport {
  readonly count: number;
  readonly growth: number;
  /** The function they wait in. */
  readonly top: string;
  /** The line of the program; null where the stack shows none. */
  readonly site: Frame | null;
  readonly state: string | null;
  /** What they mean, as a sentence; null where that is not known. */
  readonly diagnosis: string | null;
  /** The diagnosis's name, and what to do. */
  readonly rule: string | null;
  readonly advice: string | null;
  readonly frames: readonly Frame[];
  /** Whether it leaks, judged by its own course or proven by profiles, whatever the whole count does. */
  readonly leaking: boolean;
  /** Ms since 1970; null unless it leaks, or where nobody knows. */
  readonly since: number | null;
  /** Tasks more an hour; 0 unless it leaks. */
  readonly perHour: number;
  /** From 0 to 1, of the verdict; 0 where it was not judged. */
  readonly confidence: number;
  /** Why; null where it was not judged. */
  readonly reason: string | null;
}

const UNJUDGED = { leaking: false, since: null, perHour: 0, confidence: 0, reason: null };

/** Responses that were garbage-collected unfinished. Their connections were closed, so that no stack shows them. */
export function provenReports({ sites }: Proven): GroupReport[] {
  return sites.map(({ count, site }) => {
    const sentence = `${count === 1 ? '1 response was' : `${count} responses were`} dropped without being read to the end or closed.`;
    return {
      count,
      growth: count,
      top: 'garbage-collected unfinished',
      site,
      state: null,
      diagnosis: sentence,
      rule: 'proven-leak',
      advice: 'Read each body to its end or close it: `await using res = await get(url)`.',
      frames: site === null ? [] : [site],
      leaking: true,
      since: null,
      perHour: 0,
      confidence: 0.99,
      reason: sentence,
    };
  });
}

/**
 * What a report shows of the stacks: those judged to leak; those that could be a leak and grew, the
 * most first; without any, the largest. `judged`: what is said of the groups they belong to.
 */
export function groupReports({ groups }: Summary, limit: number, judged: readonly WatchedGroup[] = []): GroupReport[] {
  const byKey = new Map(judged.map((group) => [group.key, group]));
  const told = new Set<string>();
  const reports: { readonly report: GroupReport; readonly rank: number }[] = [];
  const grown = groups.filter(({ growth, diagnosis }) => growth > 0 && diagnosis?.id !== 'profiling');
  const shown = new Set(grown.length > 0 ? grown : groups.filter(({ count }) => count > 0));
  // Of a group with several stacks, the one that grew most stands for it.
  for (const stack of groups) {
    if (stack.count <= 0) continue;
    const key = byKey.size === 0 ? '' : groupOf(stack.frames);
    const group = told.has(key) ? undefined : byKey.get(key);
    if (group !== undefined) told.add(key);
    const leaks = group?.verdict?.leaking === true;
    // Among the groups that grew, those that could be a leak come first.
    if (leaks || shown.has(stack)) reports.push({ report: reportOf(stack, group), rank: leaks ? 0 : stack.diagnosis?.leak === false ? 2 : 1 });
  }
  // A process that has just started does not have these groups yet.
  for (const group of judged) {
    if (group.verdict?.leaking === true && !told.has(group.key)) reports.push({ report: { ...group.shape, count: 0, growth: 0, diagnosis: null, rule: null, advice: null, ...group.verdict }, rank: 0 });
  }
  return reports.sort((a, b) => a.rank - b.rank).slice(0, limit).map(({ report }) => report);
}

function reportOf({ count, growth, top, site, state, diagnosis, frames }: StackSummary, group: WatchedGroup | undefined): GroupReport {
  return {
    count,
    growth,
    top,
    site,
    state,
    diagnosis: diagnosis?.sentence ?? null,
    rule: diagnosis?.id ?? null,
    advice: diagnosis?.advice ?? null,
    frames,
    ...(group?.verdict ?? UNJUDGED),
  };
}
