/**
 * Owns the string table of a profile.proto that is being written: each text
 * once, in its encoding. All are in few buffers: pprof-format has a typed array
 * for each, and of a hundred thousand of those the collector alone takes longer
 * than the event loop may stand still.
 */

/** Field 6 of Profile, as bytes: its tag. */
const TAG = (6 << 3) | 2;

/** Bytes of one buffer, unless a string needs more. */
const BUFFER = 2 ** 16;

/** The most bytes that a length below 2^32 takes. */
const LENGTH = 5;

export class Strings {
  readonly #indexes = new Map<string, number>();
  readonly #full: Uint8Array[] = [];
  #buffer = Buffer.alloc(0);
  #at = 0;

  constructor() {
    // The first is the empty one, by the format.
    this.index('');
  }

  /** Where in the table the text is; it is put there if it isn't. */
  index(text: string): number {
    let index = this.#indexes.get(text);
    if (index === undefined) {
      index = this.#indexes.size;
      this.#indexes.set(text, index);
      this.#write(text);
    }
    return index;
  }

  /** The table, in pieces that follow each other. Nothing may be added any more. */
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
