/** Owns the `dial` of a step-by-step experiment: each dial waits until it is released, and then is a plain TCP connect. */
import { connect, type Socket } from 'node:net';
import type { DialTarget } from 'watertight';

export class HeldDials {
  private waiting: (() => void)[] = [];

  /** Dials that wait to be let go. */
  get count(): number {
    return this.waiting.length;
  }

  /** The `dial` option of a transport. */
  readonly dial = async ({ host, port, signal }: DialTarget): Promise<Socket> => {
    await new Promise<void>((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      // The request was cancelled.
      const leave = (): void => {
        this.waiting = this.waiting.filter((each) => each !== go);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(go);
    });
    signal.throwIfAborted();
    return connect({ host, port, noDelay: true });
  };

  letGo(): void {
    const going = this.waiting;
    this.waiting = [];
    for (const go of going) go();
  }
}
