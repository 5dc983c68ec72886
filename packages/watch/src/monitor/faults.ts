/** Owns who is told of what goes wrong in the watch itself, and how often: the same fault may come with every scrape of every target. */
import { StoreError } from '../store/index.js';

/** Called with an error that is not the target's fault: the history can't be written, for example. Null when the history can be written again. */
export type FaultListener = (error: unknown) => void;

/** The same fault is told again only after so long, ms. What is wrong with the history as a whole is told once. */
const AGAIN = 60_000;

/** What is told where nobody listens. */
function warn(error: unknown): void {
  if (error !== null) process.emitWarning(error instanceof Error ? error : JSON.stringify(error));
}

export class Faults {
  private latest = { message: '', at: -Infinity };
  /** What was told of the history, and is not over. */
  private readonly told = new Set<string>();
  private toldAt = -Infinity;

  constructor(private readonly listener: FaultListener = warn) {}

  /** When the latest one was told that is not the history's, in the time of performance.now(); null before the first. */
  get latestAt(): number | null {
    return this.latest.at === -Infinity ? null : this.latest.at;
  }

  readonly tell = (error: unknown): void => {
    const message = error instanceof Error ? error.message : String(error);
    const at = performance.now();
    if (error instanceof StoreError) {
      // A disk that is nearly full is full and not full in turn.
      if (this.told.has(message) || (this.told.size === 0 && at - this.toldAt < AGAIN)) return;
      this.told.add(message);
      this.toldAt = at;
      this.listener(error);
      return;
    }
    if (message === this.latest.message && at - this.latest.at < AGAIN) return;
    this.latest = { message, at };
    this.listener(error);
  };

  /** The history can be read and written; that is told if it could not before. */
  tellMended(): void {
    if (this.told.size === 0) return;
    this.told.clear();
    this.listener(null);
  }
}
