/**
 * Owns which targets are silenced, until when.
 *
 * They are kept in the history, so that a restart changes nothing; where that can't be written, they hold until the
 * watcher ends.
 */
import type { History } from '../store/index.js';

/** Nobody is told of a target's leak. */
export interface Silence {
  /** Ms since 1970. */
  readonly until: number;
  /** All targets are silenced, not this one alone. */
  readonly all: boolean;
}

export class Silences {
  /** By the target's number; null: all targets. */
  private readonly untils = new Map<number | null, number>();

  /** `onFault`: told when the history can't be read or written. */
  constructor(
    private readonly history: Pick<History, 'silences' | 'keepSilence' | 'liftSilence'>,
    private readonly onFault: (error: unknown) => void,
  ) {
    this.keep(() => history.silences(Date.now()).forEach(({ target, until }) => this.untils.set(target, until)));
  }

  /** The silence of a target that ends last; null where there is none. */
  of(target: number, at = Date.now()): Silence | null {
    if (this.untils.size === 0) return null;
    const [own, all] = [this.until(target, at), this.until(null, at)];
    const until = Math.max(own, all);
    return until > at ? { until, all: all > own } : null;
  }

  /** Null: all targets. */
  set(target: number | null, until: number): void {
    this.untils.set(target, until);
    this.keep(() => this.history.keepSilence(target, until));
  }

  lift(target: number | null): void {
    this.untils.delete(target);
    this.keep(() => this.history.liftSilence(target));
  }

  private until(target: number | null, at: number): number {
    const until = this.untils.get(target) ?? 0;
    if (until !== 0 && until <= at) this.untils.delete(target);
    return until;
  }

  private keep(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.onFault(error);
    }
  }
}
