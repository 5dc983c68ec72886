/** Owns what is remembered of an origin that other clients send requests to. */
import { SiteSampling, type TaskLabels } from '../tasks/index.js';

/** A capture below another client's frames costs several times what it costs in our own, so fewer are taken: one request in so many. */
const SAMPLE = 256;

/** A program has finitely many origins, but a crawler has not. */
const MAX_ORIGINS = 1000;

export class ForeignOrigin {
  /** Which requests' call sites the adaptive mode wants. */
  readonly sampling = new SiteSampling(SAMPLE);
  readonly labels: TaskLabels;

  private constructor(key: string) {
    this.labels = Object.freeze({ host: key.replace(/^\w+:\/\/(?:[^@/]*@)?/, '') });
  }

  private static readonly known = new Map<string, ForeignOrigin>();
  private static lastKey = '';
  private static last: ForeignOrigin | null = null;

  /** `key`: scheme, host and port, or as much of it as is at hand. */
  static of(key: string): ForeignOrigin {
    if (key === ForeignOrigin.lastKey && ForeignOrigin.last !== null) return ForeignOrigin.last;
    const { known } = ForeignOrigin;
    let origin = known.get(key);
    if (origin === undefined) {
      if (known.size >= MAX_ORIGINS) known.clear();
      known.set(key, (origin = new ForeignOrigin(key)));
    }
    ForeignOrigin.lastKey = key;
    ForeignOrigin.last = origin;
    return origin;
  }
}
