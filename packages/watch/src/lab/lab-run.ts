/**
 * Owns one run that a page drives: one experiment, or two side by side.
 *
 * It decides which of the two moves next, so that both stay at the same point.
 */
import type { Move } from './frame.js';
import { LabError } from './lab-error.js';
import { LiveExperiment, type Frame } from './live-experiment.js';
import type { Scenario } from './scenario.js';

/** What the page that follows a run is told. */
export type RunEvent =
  | { readonly kind: 'frame'; readonly side: number; readonly frame: Frame }
  /** The run has ended; no event follows. */
  | { readonly kind: 'ended'; readonly reason: string };

export class LabRun {
  private readonly sides: readonly LiveExperiment[];
  private readonly followers = new Set<(event: RunEvent) => void>();
  private ended: string | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    readonly id: string,
    scenarios: readonly Scenario[],
    portsOf: (side: number) => readonly number[],
    private readonly patience: { readonly unfollowed: number; readonly untouched: number },
    private readonly onEnded: () => void,
  ) {
    this.sides = scenarios.map(
      (scenario, side) =>
        new LiveExperiment(
          scenario,
          portsOf(side),
          (frame) => this.tell({ kind: 'frame', side, frame }),
          (reason) => void this.end(`${scenario.id}: ${reason}`),
        ),
    );
    this.wind(patience.unfollowed);
  }

  /**
   * Tells `follower` everything from the start, and what comes; returns the
   * function that ends that. A run that nobody follows any more ends.
   */
  follow(follower: (event: RunEvent) => void): () => void {
    for (const [side, { frames }] of this.sides.entries()) for (const frame of frames) follower({ kind: 'frame', side, frame });
    if (this.ended !== null) {
      follower({ kind: 'ended', reason: this.ended });
      return () => undefined;
    }
    this.followers.add(follower);
    this.wind(this.patience.untouched);
    return () => {
      if (this.followers.delete(follower) && this.followers.size === 0) this.wind(this.patience.unfollowed);
    };
  }

  /**
   * Makes the next move: of two experiments, that of the one that is behind,
   * or of both. Returns whose: a frame of each follows.
   *
   * @throws LabError while a move is under way, and when there is none left.
   */
  step(): readonly number[] {
    if (this.sides.some(({ busy }) => busy)) throw new LabError('busy', 'the last step is still under way');
    const movers = nextMovers(this.sides.map(({ next, frames }) => (next === null ? null : positionOf(next, lastRequest(frames)))));
    if (movers.length === 0) throw new LabError('over', 'the experiment is over; start it again');
    this.wind(this.patience.untouched);
    for (const side of movers) this.sides[side].step();
    return movers;
  }

  /** Ends its processes; resolves when they are gone. */
  async end(reason: string): Promise<void> {
    if (this.ended === null) {
      this.ended = reason;
      if (this.timer !== null) clearTimeout(this.timer);
      this.tell({ kind: 'ended', reason });
      this.followers.clear();
      await Promise.all(this.sides.map((side) => side.end()));
      this.onEnded();
    } else await Promise.all(this.sides.map((side) => side.end()));
  }

  private tell(event: RunEvent): void {
    for (const follower of this.followers) follower(event);
  }

  /** Sets the time after which it ends by itself. */
  private wind(ms: number): void {
    if (this.ended !== null) return;
    if (this.timer !== null) clearTimeout(this.timer);
    const reason = ms === this.patience.unfollowed ? 'nobody followed it any more' : 'nothing was done for a while';
    this.timer = setTimeout(() => void this.end(reason), ms).unref();
  }
}

/** The position of a move: the number of its request, or the last number for a move without one. */
export function positionOf(move: Move, last: number): number {
  switch (move.op) {
    case 'ask':
    case 'answer':
      return Math.min(...move.requests);
    case 'read':
    case 'close':
    case 'leave':
    case 'cancel':
      return move.request;
    default:
      return last + 0.5;
  }
}

/** Which sides move next: those with the lowest position. Null marks a side that is at its end. Pure. */
export function nextMovers(positions: readonly (number | null)[]): number[] {
  const earliest = Math.min(...positions.map((position) => position ?? Infinity));
  return positions.flatMap((position, index) => (position !== null && position === earliest ? [index] : []));
}

function lastRequest(frames: readonly Frame[]): number {
  return frames.at(-1)?.snapshot.requests.length ?? 0;
}
