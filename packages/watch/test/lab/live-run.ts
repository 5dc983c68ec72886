// A run of the lab, driven as a page drives it.
import type { Frame, LabRun, RunEvent } from '#lab';

/** Everything a run has told, and what is waited for. */
export class Followed {
  readonly frames: Frame[][] = [];
  ended: string | null = null;
  private wake: () => void = () => undefined;
  private readonly unfollow: () => void;

  constructor(
    readonly run: LabRun,
    sides = 1,
  ) {
    for (let side = 0; side < sides; side++) this.frames.push([]);
    this.unfollow = run.follow((event) => this.take(event));
  }

  /** Resolves when each side has at least so many frames, or the run has ended. */
  async until(...counts: number[]): Promise<void> {
    while (this.ended === null && !counts.every((count, side) => this.frames[side].length >= count)) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  async step(): Promise<void> {
    const movers = this.run.step();
    await this.until(...this.frames.map(({ length }, side) => length + (movers.includes(side) ? 1 : 0)));
  }

  /** Steps until nothing is left to do. */
  async toTheEnd(): Promise<void> {
    await this.until(...this.frames.map(() => 1));
    while (this.ended === null && this.frames.some((frames) => frames.at(-1)!.next !== null)) await this.step();
  }

  /** What was counted at the count steps of a side. */
  counts(side = 0): number[] {
    return this.frames[side].filter(({ move }) => move.op === 'count').map(({ snapshot }) => snapshot.taskCount);
  }

  leave(): void {
    this.unfollow();
  }

  private take(event: RunEvent): void {
    if (event.kind === 'ended') this.ended = event.reason;
    else this.frames[event.side].push(event.frame);
    this.wake();
  }
}
