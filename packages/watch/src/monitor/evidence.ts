/**
 * Owns what profiles prove before the count does: unread bodies that only become more.
 *
 * A count may climb for many reasons and takes hours to judge. A connection whose body nobody reads has one
 * cause, and a few profiles are enough. Pure.
 */
import { formatDuration } from 'watertight/tasks';

/** What one profile said of unread bodies. */
export interface Look {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** When the process started; another start is another process. */
  readonly start: number;
  /** All tasks. */
  readonly value: number;
  /** Connections whose body nobody reads. */
  readonly unread: number;
  /** How long the longest of them has waited for its reader, ms; 0 where the profile does not say. */
  readonly waitMs: number;
  /** Responses that were garbage-collected unfinished, since the process started (Node). */
  readonly proven: number;
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

/** With so many profiles without a fall, a climb is no coincidence of responses in flight. */
const FEWEST_LOOKS = 6;
/** Least climb, in bodies: what is in flight at once varies by some. */
const LEAST_CLIMB = 5;
/** The longest time, ms, that a response waits for its reader in a healthy program. */
const LONG = 60_000;

/** What the looks at the present process prove; null if nothing. `looks` are in the order of time. */
export function evidenceOf(looks: readonly Look[]): Evidence | null {
  const last = looks.at(-1);
  if (last === undefined) return null;
  const own = looks.slice(looks.findLastIndex(({ start }) => start !== last.start) + 1);
  return provenOf(own, last) ?? climbOf(own, last) ?? heldOf(own, last);
}

function provenOf(looks: readonly Look[], last: Look): Evidence | null {
  if (last.proven === 0) return null;
  const since = looks.find(({ proven }) => proven > 0) ?? last;
  const what = last.proven === 1 ? '1 response was' : `${last.proven} responses were`;
  return { since: since.at, perHour: perHour(looks[0] ?? last, last, ({ proven }) => proven), climbPerHour: 0, confidence: 0.99, reason: `${what} garbage-collected before being read to the end: nobody can ever release the connection.` };
}

/** Evidence from a count of unread bodies that rose by enough and did not fall in enough profiles. */
function climbOf(looks: readonly Look[], last: Look): Evidence | null {
  let first = looks.length - 1;
  while (first > 0 && looks[first - 1].unread <= looks[first].unread) first--;
  const climb = looks.slice(first);
  const rose = climb.filter((look, index) => index > 0 && look.unread > climb[index - 1].unread).length;
  const begin = climb[0];
  if (climb.length < FEWEST_LOOKS || last.unread - begin.unread < LEAST_CLIMB || rose < FEWEST_LOOKS / 2) return null;
  const rate = perHour(begin, last, ({ value }) => value);
  return {
    since: begin.at,
    perHour: rate,
    climbPerHour: rate,
    confidence: 0.9,
    reason: `Unread response bodies went from ${begin.unread} to ${last.unread} in ${formatDuration(last.at - begin.at)}, and in ${climb.length} looks never fell.`,
  };
}

/** Evidence from bodies that have waited for long while their number grows. */
function heldOf(looks: readonly Look[], last: Look): Evidence | null {
  const [begin = last] = looks;
  const rose = last.unread - begin.unread;
  if (last.waitMs < LONG || (rose < 2 && last.unread < 2 * LEAST_CLIMB)) return null;
  const rate = perHour(begin, last, ({ value }) => value);
  return {
    since: last.at - last.waitMs,
    perHour: rate,
    climbPerHour: rate,
    confidence: 0.9,
    reason: `${last.unread} response bodies are unread, the longest for ${formatDuration(last.waitMs)}.`,
  };
}

function perHour(from: Look, to: Look, of: (look: Look) => number): number {
  return to.at > from.at ? Math.max(0, Math.round(((of(to) - of(from)) / (to.at - from.at)) * 3_600_000 * 10) / 10) : 0;
}
