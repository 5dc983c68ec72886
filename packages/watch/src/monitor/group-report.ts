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

/** Goroutines that nothing can wake, as Go's collector has found: proof, whatever the count does. */
export function leakedReports({ groups }: Summary): GroupReport[] {
  return groups.flatMap((stack) => {
    const { diagnosis, count } = stack;
    if (count <= 0 || diagnosis === null) return [];
    return [{ ...reportOf(stack, undefined), leaking: true, confidence: 0.99, reason: diagnosis.sentence }];
  });
}

/** Without the groups of which all tasks stand among the proven too: they are told once, with the proof. */
export function besidesProven(proven: readonly GroupReport[], groups: readonly GroupReport[]): GroupReport[] {
  const counts = new Map<string, number>();
  for (const group of proven) counts.set(keyOf(group), (counts.get(keyOf(group)) ?? 0) + group.count);
  return groups.filter((group) => group.count === 0 || (counts.get(keyOf(group)) ?? 0) < group.count);
}

function keyOf({ frames }: GroupReport): string {
  return frames.map(({ function: name, file, line }) => `${name} ${file}:${line}`).join('\n');
}

/**
 * What a report shows of the stacks: those judged to leak, the fastest first; then those that grew, the one first
 * that explains most of the growth; without any, the largest. `judged`: what is said of the groups they belong to.
 */
export function groupReports({ groups }: Summary, limit: number, judged: readonly WatchedGroup[] = []): GroupReport[] {
  const byKey = new Map(judged.map((group) => [group.key, group]));
  const told = new Set<string>();
  const reports: { readonly report: GroupReport; readonly explains: number; readonly mayLeak: boolean }[] = [];
  const grown = groups.filter(({ growth, diagnosis }) => growth > 0 && diagnosis?.id !== 'profiling');
  const shown = new Set(grown.length > 0 ? grown : groups.filter(({ count }) => count > 0));
  // Of a group with several stacks, the one that grew most stands for it.
  for (const stack of groups) {
    if (stack.count <= 0) continue;
    const key = byKey.size === 0 ? '' : groupOf(stack.frames);
    const group = told.has(key) ? undefined : byKey.get(key);
    if (group !== undefined) told.add(key);
    if (group?.verdict?.leaking === true || shown.has(stack)) reports.push({ report: reportOf(stack, group), explains: explainedBy(stack), mayLeak: stack.diagnosis?.leak !== false });
  }
  // A process that has just started does not have these groups yet.
  for (const group of judged) {
    if (group.verdict?.leaking === true && !told.has(group.key)) reports.push({ report: { ...group.shape, count: 0, growth: 0, diagnosis: null, rule: null, advice: null, ...group.verdict }, explains: 0, mayLeak: true });
  }
  return reports
    .sort((a, b) => Number(b.report.leaking) - Number(a.report.leaking) || b.report.perHour - a.report.perHour || b.explains - a.explains || Number(b.mayLeak) - Number(a.mayLeak))
    .slice(0, limit)
    .map(({ report }) => report);
}

/** How much of the growth of all tasks a group explains: with each unread body, a write loop has come as well. */
function explainedBy({ growth, diagnosis }: StackSummary): number {
  if (diagnosis === null || growth <= 0) return Math.max(0, growth);
  const own = diagnosis.stacks.reduce((sum, stack) => sum + stack.growth, 0);
  return growth * Math.max(1, own > 0 ? diagnosis.tasks / own : 1);
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
