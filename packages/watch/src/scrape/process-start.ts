/**
 * Owns the question which process answered a scrape, so that a restart does not look like a recovery.
 *
 * `net/http/pprof` does not say when its process started. In this order:
 *
 * - a scrape over the same connection as the one before was answered by the same process, since the connections
 *   of a process end with it;
 * - else the service may say it: `process_start_time_seconds` of its metrics;
 * - else a fall to less than `FALL` of the count before is taken for a restart.
 *
 * Pure.
 */

/** A count below this part of the one before is taken to be of another process. */
const FALL = 0.7;

/** What is known of the process that answers. */
export interface ProcessState {
  /** Milliseconds since 1970; 0 as long as nothing is known. */
  readonly start: number;
  readonly value: number;
}

/** A scrape, as far as it says something about its process. */
export interface Sighting {
  readonly at: number;
  readonly value: number;
  /** It came over the connection that the one before it came over. */
  readonly sameConnection: boolean;
  /** What the service itself says, ms since 1970; null where it does not, or was not asked. */
  readonly said: number | null;
}

/** Starts that differ by less than this, ms, are the same, unless the count fell: a start is computed from a clock that is adjusted, and rounded to seconds or hundredths. */
const TOLERANCE = 2000;
/** Starts that differ by less than this, ms, are the same even if the count fell, since a small count falls by chance. */
const ROUNDING = 100;

/** When the process that answered had started. */
export function processStart(before: ProcessState | null, { at, value, sameConnection, said }: Sighting): number {
  const fell = before !== null && value < before.value * FALL;
  if (said !== null) return before !== null && Math.abs(said - before.start) <= (fell ? ROUNDING : TOLERANCE) ? before.start : Math.round(said);
  if (before === null) return 0;
  return sameConnection || !fell ? before.start : at;
}

/** Whether it is worth asking the service when it started: at first, and when the connection is another. */
export function shouldAsk(before: ProcessState | null, { sameConnection }: Pick<Sighting, 'sameConnection'>): boolean {
  return before === null || !sameConnection;
}
