/** Owns the state of a run on its page: the frames that have come, the moment that is shown, and the speed of playing. */
import { computed, signal } from '@preact/signals';
import type { Frame, RunEvent } from '../lab/index.js';
import { endRun, followRun, startRun, stepRun } from './lab-client.js';

/** For each side, the frame that stands at one moment. */
export type Moment = readonly number[];

export class LabSession {
  /** Of each side, all that have come. */
  readonly frames = signal<readonly (readonly Frame[])[]>([]);
  /** One for each step, the start included. */
  readonly moments = signal<readonly Moment[]>([]);
  /** Which of them is shown. */
  readonly shown = signal(0);
  readonly playing = signal(false);
  /** Ms between steps while it plays. */
  readonly pace = signal(2500);
  /** A step is under way. */
  readonly busy = signal(true);
  /** Why the run can't go on: a step was refused, or the run has ended. */
  readonly trouble = signal<string | null>(null);
  /** What is shown of each side. */
  readonly current = computed(() => this.framesAt(this.shown.value));
  /** There is no step left to make. */
  readonly over = computed(() => {
    const last = this.framesAt(this.moments.value.length - 1);
    return last.length > 0 && last.every(({ next }) => next === null);
  });

  private id: string | null = null;
  private awaited: Moment;
  private unfollow: () => void = () => undefined;
  private timer = 0;
  private gone = false;

  constructor(private readonly experiments: readonly string[]) {
    this.frames.value = experiments.map(() => []);
    this.awaited = experiments.map(() => 0);
  }

  async begin(): Promise<void> {
    try {
      const { id } = await startRun(this.experiments);
      // The page may have gone meanwhile.
      if (this.gone) {
        endRun(id);
        return;
      }
      this.id = id;
      this.unfollow = followRun(id, (event) => this.take(event));
    } catch (error) {
      this.stopFor((error as Error).message);
    }
  }

  end(): void {
    this.gone = true;
    this.pause();
    this.unfollow();
    if (this.id !== null) endRun(this.id);
  }

  /** Shows the next moment, which is made first if it has not been yet. */
  async next(): Promise<void> {
    if (this.shown.value < this.moments.value.length - 1) {
      this.shown.value++;
      return;
    }
    if (this.busy.value || this.over.value || this.trouble.value !== null || this.id === null) return;
    this.busy.value = true;
    try {
      const movers = await stepRun(this.id);
      const last = this.moments.value.at(-1) ?? [];
      this.awaited = last.map((index, side) => index + (movers.includes(side) ? 1 : 0));
      this.complete();
    } catch (error) {
      this.stopFor((error as Error).message);
    }
  }

  back(): void {
    this.pause();
    if (this.shown.value > 0) this.shown.value--;
  }

  /** Shows the moment at which a side came to a frame. */
  show(side: number, frame: number): void {
    this.pause();
    const moment = this.moments.value.findIndex((each) => each[side] === frame);
    if (moment !== -1) this.shown.value = moment;
  }

  play(): void {
    if (this.over.value || this.trouble.value !== null) return;
    this.playing.value = true;
    this.shown.value = Math.max(0, this.moments.value.length - 1);
    void this.next();
  }

  pause(): void {
    this.playing.value = false;
    clearTimeout(this.timer);
  }

  private framesAt(moment: number): readonly Frame[] {
    return (this.moments.value[moment] ?? []).flatMap((index, side) => this.frames.value[side][index] ?? []);
  }

  private take(event: RunEvent): void {
    if (event.kind === 'ended') {
      if (!this.over.value) this.stopFor(event.reason);
      return;
    }
    const { side, frame } = event;
    // After a lost connection they are told again.
    if (frame.index !== this.frames.value[side].length) return;
    this.frames.value = this.frames.value.map((frames, index) => (index === side ? [...frames, frame] : frames));
    this.complete();
  }

  /** Adds a moment once the frames of all sides have come. */
  private complete(): void {
    const awaited = this.awaited;
    const last = this.moments.value.at(-1);
    if (last !== undefined && last.every((index, side) => index === awaited[side])) return;
    if (!this.frames.value.every((frames, side) => frames.length > awaited[side])) return;
    const follows = this.shown.value >= this.moments.value.length - 1;
    this.moments.value = [...this.moments.value, awaited];
    if (follows) this.shown.value = this.moments.value.length - 1;
    this.busy.value = false;
    if (!this.playing.value) return;
    if (this.over.value) this.pause();
    else this.timer = window.setTimeout(() => void this.next(), this.pace.value);
  }

  private stopFor(reason: string): void {
    this.pause();
    this.busy.value = false;
    this.trouble.value = reason;
  }
}
