/** Owns the verdict on a target: it combines the course of its count, what its profiles prove, and the verdicts on its stack groups. Pure. */
import { hoursUntil } from '../detect/index.js';
import type { TimedAssessment } from './detector-clock.js';
import type { Evidence } from './evidence.js';
import type { WatchedGroup } from './group-watch.js';
import type { GroupReport } from './group-report.js';
import type { ScrapeFailure } from '../scrape/index.js';
import type { Acknowledgement } from '../store/index.js';
import type { Silence } from './silences.js';

/** - `unknown`: not seen for long enough, or not at all. */
export type TargetVerdict = 'leaking' | 'healthy' | 'unknown';

/** A leak as it is on record. Times in ms since 1970. */
export interface LeakIncident {
  /** Its number in the history; left out where it could not be written. */
  readonly id?: number;
  /** Since when it was known, and until when, in the report that ends it. */
  readonly opened: number;
  readonly closed: number | null;
  /** When the process that leaked was replaced by one of which nothing is known yet. */
  readonly restarted?: number;
  /** Who looks at it, where somebody has said so. */
  readonly acknowledged?: Acknowledgement;
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
  /** While the verdict is `unknown`: when it will be `healthy`, if nothing climbs until then. */
  readonly until?: number;
  readonly leaking: boolean;
  /** The count of the last scrape that gave one; null before the first. */
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
  /** Null where nothing leaks. */
  readonly incident: LeakIncident | null;
  /** Nobody is told of its leaks. Left out where it is not so. */
  readonly silence?: Silence;
  /** Groups that leak first, then those that grew most. */
  readonly groups: readonly GroupReport[];
}

export interface Verdict extends TimedAssessment {
  /** What is said of the groups, the worst first; empty unless one leaks. */
  readonly groups: readonly WatchedGroup[];
}

/** What a verdict is made of. */
export interface Findings {
  /** Of the count as a whole. */
  readonly count: TimedAssessment;
  readonly evidence: Evidence | null;
  /** The groups that leak, the fastest first. */
  readonly groups: readonly WatchedGroup[];
  /** The latest count, and when that was. */
  readonly value: number;
  readonly at: number;
  /** A count that must not be met; null for none. */
  readonly limit: number | null;
}

/** How sure one has to be of health to say so. */
const SURE_ENOUGH = 0.1;
/** A limit that will be reached later than this is not reported, ms: a hundred years. */
const IN_SIGHT = 100 * 365 * 86_400_000;

/** The verdict of the whole count, unless profiles prove a leak that it does not show yet, or it hides a group of stacks that climbs. */
export function judge(findings: Findings): Verdict {
  const { count, evidence, groups, at } = findings;
  const { leaking, since, perHour, confidence, reason, limitAt } = count;
  const inSight = (time: number | null): number | null => (time !== null && time - at <= IN_SIGHT ? time : null);
  if (leaking && evidence === null) return { leaking, since, perHour, confidence, reason, limitAt: inSight(limitAt), groups };
  if (leaking && evidence !== null) return { leaking, since: Math.min(evidence.since, since ?? Infinity), perHour, confidence, reason: `${reason} ${evidence.reason}`, limitAt: inSight(limitAt), groups };
  if (evidence !== null) return { leaking: true, since: evidence.since, perHour: evidence.perHour, confidence: evidence.confidence, reason: evidence.reason, limitAt: inSight(limitMet(findings, evidence.climbPerHour)), groups };
  const [worst] = groups;
  if (worst === undefined || worst.verdict === null) return { leaking: false, since: null, perHour: 0, confidence, reason, limitAt: null, groups: [] };
  // Stacks of two groups are not the same tasks: what the groups grow by adds up.
  const together = round(groups.reduce((sum, { verdict }) => sum + (verdict?.perHour ?? 0), 0));
  return {
    leaking: true,
    since: Math.min(...groups.map(({ verdict }) => verdict?.since ?? Infinity)),
    perHour: together,
    confidence: Math.max(...groups.map(({ verdict }) => verdict?.confidence ?? 0)),
    reason: `The tasks in ${nameOf(worst)} leak, which the count as a whole hides. ${worst.verdict.reason}`,
    limitAt: inSight(limitMet(findings, together)),
    groups,
  };
}

/** When the limit is met at that pace; at once where it is met already. As the detector has it. */
function limitMet({ limit, value, at }: Findings, perHour: number): number | null {
  return limit === null || !(perHour > 0) ? null : Math.round(at + (Math.max(0, limit - value) / perHour) * 3_600_000);
}

/** By the program's own line, where it is known. */
function nameOf({ shape: { top, site } }: WatchedGroup): string {
  return site === null ? top : `${site.function === '' ? top : site.function} (${site.file}:${site.line})`;
}

/** How long a target is seen before it can be called healthy, ms of the detector's time. */
export function timeToHealthy(): number {
  return hoursUntil(SURE_ENOUGH) * 3_600_000;
}

export function verdictOf({ leaking, confidence }: Pick<Verdict, 'leaking' | 'confidence'>): TargetVerdict {
  if (leaking) return 'leaking';
  return confidence >= SURE_ENOUGH ? 'healthy' : 'unknown';
}

function round(rate: number): number {
  return Math.round(rate * 100) / 100;
}
