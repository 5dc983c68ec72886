// Owns the statistics: median, spread, and ratios taken within rounds.

/** @param {readonly number[]} values at least one */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * @typedef {{ median: number, min: number, max: number }} Spread
 * @param {readonly number[]} values
 * @returns {Spread | null} null for none
 */
export function spread(values) {
  if (values.length === 0) return null;
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * The ratio of two series, computed within each round, so that changes between rounds (another program, a
 * warmer processor) cancel out. A round that lacks either value is left out.
 *
 * @param {ReadonlyMap<number, number>} values by round
 * @param {ReadonlyMap<number, number> | undefined} baseline by round
 * @returns {Spread | null}
 */
export function ratioWithinRounds(values, baseline) {
  if (baseline === undefined) return null;
  const ratios = [];
  for (const [round, value] of values) {
    const base = baseline.get(round);
    if (base !== undefined && base > 0) ratios.push(value / base);
  }
  return spread(ratios);
}
