/**
 * Owns the bound on what labels cost. A crawler meets any number of servers, a
 * hostile server answers with any status: the first sets of attributes are
 * told apart, all later ones are one. Which set a thing counts under never
 * changes, so a total never falls.
 */
import type { Attributes } from './definition.js';

export class SeriesBound {
  private readonly known = new Map<string, Attributes>();
  private overflowed = false;

  constructor(
    private readonly limit: number,
    /** What those beyond the limit are. */
    private readonly rest: Attributes,
  ) {}

  /** The set to count under: one object for one `key`, which is asked for at every request and made of what `make` puts in. */
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

  /** All sets that were ever counted under: what is not there any more is reported as 0, not left out. */
  get all(): Attributes[] {
    return this.overflowed ? [...this.known.values(), this.rest] : [...this.known.values()];
  }
}
