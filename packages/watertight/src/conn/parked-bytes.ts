/** Owns memory, used again and again, for bytes that arrive while a program that reads into its own buffers is busy. */
import { READ_SIZE, sharedBytes, isShared } from './read-buffer.js';

/** Reading is paused when one read waits here, so two have room. */
const SIZE = 2 * READ_SIZE;

/** Bytes in the order in which they came. New memory for each would cost more than the copy. */
export class ParkedBytes {
  /** A reader that is fast enough needs none. */
  private memory: Uint8Array<ArrayBuffer> | null = null;
  private start = 0;
  private end = 0;

  get bytes(): number {
    return this.end - this.start;
  }

  /** Copies `bytes[start, end)`; false if there is no room for all of them. */
  put(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (length > SIZE - this.bytes) return false;
    const memory = (this.memory ??= new Uint8Array(Buffer.allocUnsafeSlow(SIZE).buffer));
    if (this.end + length > SIZE) {
      memory.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    }
    memory.set((isShared(bytes) ? sharedBytes : bytes).subarray(start, end), this.end);
    this.end += length;
    return true;
  }

  /** Moves the oldest bytes to `into[at]` and behind; their number. */
  moveTo(into: Uint8Array, at: number): number {
    const count = Math.min(this.bytes, into.length - at);
    if (count <= 0) return 0;
    into.set(this.memory!.subarray(this.start, this.start + count), at);
    this.drop(count);
    return count;
  }

  /** A copy of the oldest bytes, at most `max`. */
  slice(max: number): Uint8Array {
    const count = Math.min(this.bytes, max);
    const copy = this.memory!.slice(this.start, this.start + count);
    this.drop(count);
    return copy;
  }

  private drop(count: number): void {
    this.start += count;
    if (this.start === this.end) this.start = this.end = 0;
  }
}
