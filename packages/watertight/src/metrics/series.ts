/**
 * Owns the limit on the number of series. A crawler meets any number of servers, and a hostile server answers
 * with any status, so the first sets of attributes have series of their own, and all later ones share one.
 * The series under which a thing is counted never changes, so a total never falls.
 */
import type { Attributes } from './definition.js';

export class SeriesBound {
  private readonly known = new Map<string, Attributes>();
  private overflowed = false;

  constructor(
    private readonly limit: number,
    /** The set for everything beyond the limit. */
    private readonly rest: Attributes,
  ) {}

  /** The set to count under: the same object for the same `key`. `make` must make the set from parts of the key only. */
  of(key: string, make: () => Attributes): Attributes {
    const found = this.known.get(key);
    if (found !== undefined) return found;
    if (this.known.size >= this.limit) {
      this.overflowed = true;
      return this.rest;
    }
    const attributes = make();
    this.known.set(key, attributes);
    return attributes;
  }

  /** All sets that were ever counted under, so that a set without a value is reported as 0 and not left out. */
  get all(): Attributes[] {
    return this.overflowed ? [...this.known.values(), this.rest] : [...this.known.values()];
  }
}
