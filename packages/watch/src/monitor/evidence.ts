/**
 * Owns what profiles prove before the count does: responses that were garbage-collected unfinished, and tasks that
 * come and never leave.
 *
 * A count may climb for many reasons and takes hours to judge. Who comes, and who leaves, a few profiles show. Pure.
 */
import { formatDuration } from 'watertight/tasks';
import type { Remaining } from './cohorts.js';
import type { ConnectionCount } from './connection-count.js';

/** What one profile said. */
export interface Look {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** When the process started; another start is another process. */
  readonly start: number;
  /** Responses that were garbage-collected unfinished, since the process started (Node). */
  readonly proven: number;
  /** Goroutines that nothing can wake, as Go's collector has found. Left out where it does not say. */
  readonly leaked?: number;
  /** How long the target took to answer, ms: it was stopped for no longer. */
  readonly cost: number;
  /** Of a Node service. */
  readonly connections: readonly ConnectionCount[];
}

export interface Evidence {
  /** Since when, ms since 1970. */
  readonly since: number;
  /** Additional tasks an hour; where the responses were garbage-collected, and their tasks ended, responses an hour. */
  readonly perHour: number;
  /** By how much the count climbs an hour because of it; 0 where what leaked has been given back. */
  readonly climbPerHour: number;
  readonly confidence: number;
  /** Why, in one sentence. */
  readonly reason: string;
}

/** Beside each read loop stands a write loop. */
const READ_LOOP = /\.\(\*persistConn\)\.readLoop$/;

/** What the looks at the present process prove, and the groups none of whose tasks leave; null if nothing. `looks` are in the order of time. */
export function evidenceOf(looks: readonly Look[], remaining: readonly Remaining[]): Evidence | null {
  return provenOf(looks) ?? leakedOf(looks) ?? stayedOf(remaining);
}

function provenOf(looks: readonly Look[]): Evidence | null {
  const last = looks.at(-1);
  if (last === undefined || last.proven === 0) return null;
  const own = looks.slice(looks.findLastIndex(({ start }) => start !== last.start) + 1);
  const since = own.find(({ proven }) => proven > 0) ?? last;
  const [first = last] = own;
  const what = last.proven === 1 ? '1 response was' : `${last.proven} responses were`;
  const perHour = last.at > first.at ? Math.max(0, rounded(((last.proven - first.proven) / (last.at - first.at)) * 3_600_000)) : 0;
  return { since: since.at, perHour, climbPerHour: 0, confidence: 0.99, reason: `${what} garbage-collected before being read to the end: nobody can ever release the connection.` };
}

function leakedOf(looks: readonly Look[]): Evidence | null {
  const last = looks.at(-1);
  if (last?.leaked === undefined || last.leaked === 0) return null;
  const own = looks.slice(looks.findLastIndex(({ start }) => start !== last.start) + 1).filter(({ leaked }) => leaked !== undefined);
  const since = own.find(({ leaked = 0 }) => leaked > 0) ?? last;
  const [first = last] = own;
  const perHour = last.at > first.at ? Math.max(0, rounded(((last.leaked - (first.leaked ?? 0)) / (last.at - first.at)) * 3_600_000)) : 0;
  return { since: since.at, perHour, climbPerHour: perHour, confidence: 0.99, reason: `${last.leaked === 1 ? '1 goroutine has' : `${last.leaked} goroutines have`} leaked: Go's collector has found that nothing can ever wake ${last.leaked === 1 ? 'it' : 'them'}.` };
}

function stayedOf(found: readonly Remaining[]): Evidence | null {
  const remaining = found.filter(({ isPart }) => !isPart).sort((a, b) => tasksPerHour(b) - tasksPerHour(a));
  const [worst] = remaining;
  if (worst === undefined) return null;
  const perHour = rounded(remaining.reduce((sum, each) => sum + tasksPerHour(each), 0));
  return { since: Math.min(...remaining.map(({ since }) => since)), perHour, climbPerHour: perHour, confidence: confidenceOf(worst), reason: reasonOf(worst) };
}

/** Tasks more an hour because of a group. */
export function tasksPerHour({ perHour, top }: Remaining): number {
  return READ_LOOP.test(top) ? 2 * perHour : perHour;
}

export function confidenceOf({ score }: Remaining): number {
  return Math.min(0.99, rounded(1 - Math.exp(-score), 100));
}

/** Why a group leaks, in one sentence. */
export function reasonOf({ stayed, generations, since, lastAt, left, longestLife, top }: Remaining): string {
  const span = formatDuration(lastAt - since);
  const others = left === 0 ? 'none has left' : `none of them has left, while ${left} others have, all within ${formatDuration(longestLife)}`;
  return `In ${span}, ${stayed} tasks have come to ${top}, in ${generations} looks one after the other, and ${others}.`;
}

function rounded(value: number, steps = 10): number {
  return Math.round(value * steps) / steps;
}
