/** Owns the buffers that a connection reads a large body into, in turn, for a program that reads into its own memory. */

/** Bytes of one read at most. Four times the usual size: a quarter of the events for the same bytes, and they still fit the cache. */
const SIZE = 256 << 10;

/**
 * While the program takes the bytes of one buffer, the connection reads into
 * another. Nothing of them is given away, so they serve for the whole body: two,
 * or three if the program is slow.
 */
export class TurnBuffers {
  private current: Buffer = Buffer.allocUnsafeSlow(SIZE);
  /** Hold bytes that the program may not have taken yet. */
  private busy: Buffer[] = [];
  private readonly free: Buffer[] = [];

  /** What to read into next; `waiting`: bytes in the queue. TLS may go on delivering after a pause, so it is never one that holds bytes. */
  room(waiting: number): Buffer {
    if (waiting > 0) {
      this.busy.push(this.current);
      this.current = this.free.pop() ?? Buffer.allocUnsafeSlow(SIZE);
    }
    return this.current;
  }

  /** Bytes of a read came in; `waiting`: bytes that were in the queue before. */
  came(waiting: number): void {
    if (waiting > 0 || this.busy.length === 0) return;
    this.free.push(...this.busy);
    this.busy = [];
  }

  /** The program is so slow that two hold bytes: reading should be paused. */
  get full(): boolean {
    return this.busy.length > 0;
  }

  owns({ buffer }: Uint8Array): boolean {
    return buffer === this.current.buffer || this.busy.some((each) => each.buffer === buffer) || this.free.some((each) => each.buffer === buffer);
  }
}
