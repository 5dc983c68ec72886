/**
 * Owns the comparison of how fast the count climbs early and late in each process's life.
 *
 * With restarts taken out, a service that warms up again after each of them climbs like a leak. But each time
 * its climb slows down, and the climb of a leak does not.
 */
import { firstAtOrAfter } from './climb.js';
import type { Stitched } from './stitched.js';

/** Hours that a process has to be seen for, to have an early and a late half. */
const LONG_ENOUGH = 1.5;
/** The late halves' climb, as a share of the early ones'. A warm-up seen for three of its time constants has 0.2. */
const LEAST_LATE = 0.5;

/** Whether processes climb in the second half of their time as they do in the first, from `from` on. True where none restarted. */
export function climbsOnWithin(series: Stitched, from: number): boolean {
  const { time, level, run } = series;
  let early = 0;
  let late = 0;
  let judged = 0;
  let restarted = false;
  for (let i = firstAtOrAfter(time, from); i < time.length; ) {
    let end = i;
    while (end < time.length && run[end] === run[i]) end++;
    const half = (time[i] + time[end - 1]) / 2;
    if (time[end - 1] - time[i] >= LONG_ENOUGH) {
      const middle = Math.min(end - 1, firstAtOrAfter(time, half));
      early += level[middle] - level[i];
      late += level[end - 1] - level[middle];
      judged++;
    }
    if (end < time.length) restarted = true;
    i = end;
  }
  if (!restarted) return true;
  return judged > 0 && late >= LEAST_LATE * early && late > 0;
}
