/** Owns the moment within the interval at which a target is scraped, so that a thousand targets are not scraped all at once. Pure. */

/** When in the interval a target is scraped, ms: the same at every start, and even over many targets. */
export function phaseOf(url: string, interval: number): number {
  // FNV-1a: spreads names that differ in their last characters only.
  let hash = 0x811c9dc5;
  for (let i = 0; i < url.length; i++) hash = Math.imul(hash ^ url.charCodeAt(i), 0x01000193);
  return ((hash >>> 0) / 2 ** 32) * interval;
}
