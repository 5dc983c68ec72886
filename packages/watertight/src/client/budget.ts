/** Owns the time of one call of a client: what is left of it for each step, and the end of a wait for the program's own functions. */
import { Deadline, onAbort, TimeoutError, type Request, type TimeoutPhase } from '../conn/index.js';
import { now } from '../tasks/index.js';

/**
 * The time and the signal of one call, with all its redirects. A transport ends
 * the requests themselves; what lies between them (a cookie jar, `checkRedirect`,
 * the program's own RoundTripper) ends here.
 */
export class Budget {
  private readonly limit: number;
  private readonly signal: AbortSignal | null;

  /** `startedAt`: when the call was made, by `now()`; only read if the request has a `timeout`. */
  constructor(
    private readonly request: Request,
    private readonly startedAt: number,
  ) {
    this.limit = request.timeout;
    this.signal = request.signal;
  }

  /**
   * What is left, in ms, as the `timeout` of a request; 0 if there is no limit.
   *
   * @throws TimeoutError if nothing is left, the signal's reason if it has aborted.
   */
  left(phase: TimeoutPhase): number {
    if (this.signal?.aborted === true) throw this.signal.reason;
    if (this.limit === 0) return 0;
    const left = this.startedAt + this.limit - now();
    if (left <= 0) throw this.spent(phase);
    return left;
  }

  /** A wait of so many ms ends before the time is over. */
  allows(ms: number): boolean {
    return this.limit === 0 || this.startedAt + this.limit - now() > ms;
  }

  /** Waits for what the program's function gave, until the time is over or the signal aborts. `late`: takes what came too late. */
  async wait<T>(given: T | PromiseLike<T>, phase: TimeoutPhase, late?: (value: T) => void): Promise<T> {
    if (typeof given !== 'object' || given === null || typeof (given as Partial<PromiseLike<T>>).then !== 'function') return given;
    if (this.limit === 0 && this.signal === null) return given;
    return new Promise<T>((resolve, reject) => {
      let open = true;
      let deadline: Deadline | null = null;
      let unsubscribe: (() => void) | null = null;
      const settle = (): boolean => {
        if (!open) return false;
        open = false;
        deadline?.clear();
        unsubscribe?.();
        return true;
      };
      const stop = (reason: unknown): void => {
        if (settle()) reject(reason);
      };
      (given as PromiseLike<T>).then((value) => {
        if (settle()) resolve(value);
        else late?.(value);
      }, stop);
      try {
        const left = this.left(phase);
        if (left > 0 && left < 2 ** 31) {
          deadline = new Deadline(left, () => stop(this.spent(phase)));
          deadline.ref();
        }
      } catch (error) {
        stop(error);
        return;
      }
      if (this.signal !== null) unsubscribe = onAbort(this.signal, stop);
    });
  }

  private spent(phase: TimeoutPhase): TimeoutError {
    const { method, shownUrl } = this.request;
    return new TimeoutError(`${method} ${shownUrl} took longer than ${this.limit} ms (timeout), ${phase}`, phase);
  }
}
