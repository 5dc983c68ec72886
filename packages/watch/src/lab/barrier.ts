/**
 * Owns the barrier of the test server: it holds requests back until a group of them is complete.
 *
 * With it, "at once" is exact; a burst of requests alone would be a race.
 */
export class Barrier {
  private waiting: ((complete: boolean) => void)[] = [];

  /** Resolves once `size` are waiting: true; or false when `gone` aborts before that. */
  pass(size: number, gone: AbortSignal): Promise<boolean> {
    if (gone.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const leave = (): void => {
        this.waiting = this.waiting.filter((each) => each !== arrive);
        resolve(false);
      };
      const arrive = (complete: boolean): void => {
        gone.removeEventListener('abort', leave);
        resolve(complete);
      };
      gone.addEventListener('abort', leave, { once: true });
      this.waiting.push(arrive);
      if (this.waiting.length < size) return;
      const group = this.waiting;
      this.waiting = [];
      for (const each of group) each(true);
    });
  }
}
