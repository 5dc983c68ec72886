/** Owns the pair of moments that a comparison is made of. */

/** Two moments, the earlier first; ms since 1970. */
export interface Moments {
  readonly before: number;
  readonly after: number;
}
