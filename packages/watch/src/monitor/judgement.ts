/** Owns the verdict on a target: from its count over time, from what its profiles prove, and what is said of it. Pure. */
import type { Frame } from 'watertight/pprof';
import type { Assessment } from '../detect/index.js';
import type { StackSummary, Summary } from '../diagnose/index.js';
import type { Proven, ScrapeFailure } from '../scrape/index.js';
import type { Evidence } from './evidence.js';

/** - `unknown`: not seen for long enough, or not at all. */
export type TargetVerdict = 'leaking' | 'healthy' | 'unknown';

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
}

/** What is known of a target: plain data. Times in ms since 1970. */
export interface TargetReport {
  readonly url: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** It answered the last scrape. */
  readonly up: boolean;
  /** Why it did not; null while it is up. */
  readonly failure: { readonly kind: ScrapeFailure; readonly message: string } | null;
  readonly verdict: TargetVerdict;
  readonly leaking: boolean;
  /** At the last scrape that gave one; null before the first. */
  readonly count: number | null;
  readonly at: number | null;
  /** When the process started; 0 where it is not known. */
  readonly start: number;
  readonly platform: 'go' | 'node' | null;
  /** How much it grows an hour; 0 unless it leaks. */
  readonly perHour: number;
  readonly since: number | null;
  /** From 0 to 1. */
  readonly confidence: number;
  readonly reason: string;
  readonly limit: number | null;
  /** When the limit will be met at this pace. */
  readonly limitAt: number | null;
  readonly restarts: number;
  /** What grew most first. */
  readonly groups: readonly GroupReport[];
}

export interface Verdict {
  readonly leaking: boolean;
  readonly since: number | null;
  readonly perHour: number;
  readonly confidence: number;
  readonly reason: string;
  readonly limitAt: number | null;
}

/** How sure one has to be of health to say so. */
const SURE_ENOUGH = 0.1;

/** The count's verdict, unless the profiles prove a leak that it does not show yet. `since` and `limitAt` are in ms since 1970 in both. */
export function judge(assessment: Assessment, times: { since: number | null; limitAt: number | null }, evidence: Evidence | null): Verdict {
  const { leaking, perHour = 0, confidence, reason } = assessment;
  if (leaking) return { leaking, since: evidence === null ? times.since : Math.min(evidence.since, times.since ?? Infinity), perHour, confidence, reason: evidence === null ? reason : `${reason} ${evidence.reason}`, limitAt: times.limitAt };
  if (evidence !== null) return { leaking: true, since: evidence.since, perHour: evidence.perHour, confidence: evidence.confidence, reason: evidence.reason, limitAt: null };
  return { leaking: false, since: null, perHour: 0, confidence, reason, limitAt: null };
}

export function verdictOf({ leaking, confidence }: Pick<Verdict, 'leaking' | 'confidence'>): TargetVerdict {
  if (leaking) return 'leaking';
  return confidence >= SURE_ENOUGH ? 'healthy' : 'unknown';
}

/** Responses that nobody can read any more: their connections were closed, so that no stack shows them. */
export function provenReports({ sites }: Proven): GroupReport[] {
  return sites.map(({ count, site }) => ({
    count,
    growth: count,
    top: 'garbage-collected unfinished',
    site,
    state: null,
    diagnosis: `${count === 1 ? '1 response was' : `${count} responses were`} dropped without being read to the end or closed.`,
    rule: 'proven-leak',
    advice: 'Read each body to its end or close it: `await using res = await get(url)`.',
    frames: site === null ? [] : [site],
  }));
}

/** What a report shows of the stacks: those that could be a leak and grew, the most first; without any, the largest. */
export function groupReports({ groups }: Summary, limit: number): GroupReport[] {
  const grown = groups.filter(({ growth, diagnosis }) => growth > 0 && diagnosis?.id !== 'profiling');
  const shown = grown.length > 0 ? grown : groups.filter(({ count }) => count > 0);
  // Of what grew, what could be a leak comes first.
  const rank = ({ diagnosis }: StackSummary): number => (diagnosis?.leak === false ? 1 : 0);
  return [...shown].sort((a, b) => rank(a) - rank(b)).slice(0, limit).map(({ count, growth, top, site, state, diagnosis, frames }) => ({
    count,
    growth,
    top,
    site,
    state,
    diagnosis: diagnosis?.sentence ?? null,
    rule: diagnosis?.id ?? null,
    advice: diagnosis?.advice ?? null,
    frames,
  }));
}
