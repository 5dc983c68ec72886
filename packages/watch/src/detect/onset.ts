/**
 * Owns the estimate of when a climb began and how fast it is.
 *
 * It fits a hinge to the series: a line that is level up to a point and straight from there on.
 */
export interface Onset {
  /** Hours. */
  readonly since: number;
  /** Growth an hour from then on. */
  readonly rate: number;
}

/** How many places are tried for the hinge: a series of four weeks is then resolved to four hours, one of a day to a few minutes. */
const MOST_HINGES = 160;
/** A hinge within this first share of the series counts as none: the series has climbed for as long as it was seen. */
const FROM_THE_START = 0.04;

/**
 * The hinge closest by least squares, or undefined where none climbs. It takes one pass over the
 * series and one over the hinges: sums to the right of each give both unknowns at once.
 */
export function onsetOf(time: readonly number[], level: readonly number[], from = 0): Onset | undefined {
  const count = time.length - from;
  if (count < 3) return undefined;
  const origin = time[from];
  const length = time.at(-1)! - origin;
  let sumY = 0;
  for (let i = from; i < time.length; i++) sumY += level[i];
  const stride = Math.max(1, Math.floor(count / MOST_HINGES));
  let right = 0;
  let sumT = 0;
  let sumTT = 0;
  let sumRight = 0;
  let sumTY = 0;
  let best: Onset | undefined;
  let most = 0;
  for (let i = time.length - 1; i >= from; i--) {
    const t = time[i] - origin;
    right++;
    sumT += t;
    sumTT += t * t;
    sumRight += level[i];
    sumTY += t * level[i];
    if ((i - from) % stride !== 0 || right < 3) continue;
    // u = t - hinge, to the right of it.
    const u = sumT - right * t;
    const uu = sumTT - 2 * t * sumT + right * t * t;
    const uy = sumTY - t * sumRight;
    const varies = uu - (u * u) / count;
    if (varies <= 0) continue;
    const rate = (uy - (u * sumY) / count) / varies;
    // What the hinge explains of the sum of squares, beyond the mean.
    const explains = rate * rate * varies;
    if (rate <= 0 || explains <= most) continue;
    most = explains;
    best = { since: t < FROM_THE_START * length ? origin : time[i], rate };
  }
  return best;
}
