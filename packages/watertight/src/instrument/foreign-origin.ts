/** Owns what is remembered of one origin to which other clients send requests. */
import { SiteSampling, type TaskLabels } from '../tasks/index.js';

/** One in so many requests is recorded. A stack below another client's frames costs several times as much as one below our own, so fewer are captured. */
const SAMPLE = 256;

/** A package that hides the program's line does it with each request. */
const LOOKS = 8;

/** Bounds the memory of a program that meets any number of origins, such as a crawler. */
const MAX_ORIGINS = 1000;

export class ForeignOrigin {
  /** Selects the requests whose call site is recorded in adaptive mode. */
  readonly sampling = new SiteSampling(SAMPLE);
  readonly labels: TaskLabels;
  /** At so many of its call sites is looked whether they have a line of the program. */
  looks = LOOKS;

  private constructor(key: string) {
    this.labels = Object.freeze({ host: key.replace(/^\w+:\/\/(?:[^@/]*@)?/, '') });
  }

  private static readonly known = new Map<string, ForeignOrigin>();
  private static lastKey = '';
  private static last: ForeignOrigin | null = null;

  /** Called when one of its responses turned suspect. */
  turnedSuspect(): void {
    this.sampling.suspicious = true;
    this.looks = LOOKS;
  }

  /** `key` is scheme, host and port, or as much of them as is known. */
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
