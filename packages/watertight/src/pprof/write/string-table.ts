/**
 * Owns the encoded string table of a profile.proto that is being written, each text once, in few large
 * buffers. pprof-format has a typed array for each text, and with a hundred thousand of them a garbage
 * collection blocks the event loop too long.
 */

/** The tag of field 6 of Profile, with values that are bytes. */
const TAG = (6 << 3) | 2;

/** The size of a buffer in bytes, unless a string needs more. */
const BUFFER = 2 ** 16;

/** The most bytes of an encoded length below 2^32. */
const LENGTH = 5;

export class Strings {
  readonly #indexes = new Map<string, number>();
  readonly #full: Uint8Array[] = [];
  #buffer = Buffer.alloc(0);
  #at = 0;

  constructor() {
    // The format requires that the first string is empty.
    this.index('');
  }

  /** The index of the text in the table; adds it if necessary. */
  index(text: string): number {
    let index = this.#indexes.get(text);
    if (index === undefined) {
      index = this.#indexes.size;
      this.#indexes.set(text, index);
      this.#write(text);
    }
    return index;
  }

  /** The table in consecutive pieces. Nothing may be added after this. */
  get encoded(): readonly Uint8Array[] {
    return [...this.#full, this.#buffer.subarray(0, this.#at)];
  }

  #write(text: string): void {
    const length = Buffer.byteLength(text);
    const needed = 1 + LENGTH + length;
    if (this.#buffer.length - this.#at < needed) {
      this.#full.push(this.#buffer.subarray(0, this.#at));
      this.#buffer = Buffer.allocUnsafeSlow(Math.max(BUFFER, needed));
      this.#at = 0;
    }
    const buffer = this.#buffer;
    let at = this.#at;
    buffer[at++] = TAG;
    for (let rest = length; ; rest >>>= 7) {
      buffer[at++] = rest > 127 ? (rest & 127) | 128 : rest;
      if (rest <= 127) break;
    }
    this.#at = at + buffer.write(text, at);
  }
}
