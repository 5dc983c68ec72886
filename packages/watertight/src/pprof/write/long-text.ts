/**
 * Owns text too long to be put together at once: joining 100,000 paragraphs
 * takes the engine a tenth of a second, in which nothing else runs.
 */

/** Characters in one piece, about: short enough to be joined, or encoded and sent, at once. */
const PIECE = 2 ** 18;

export class LongText {
  readonly #pieces: string[] = [];
  #parts: string[] = [];
  #length = 0;

  add(part: string): void {
    this.#parts.push(part);
    this.#length += part.length;
    if (this.#length >= PIECE) this.#join();
  }

  /** The text in pieces, in order. Nothing may be added any more. */
  get pieces(): readonly string[] {
    if (this.#parts.length > 0) this.#join();
    return this.#pieces;
  }

  #join(): void {
    this.#pieces.push(this.#parts.join(''));
    this.#parts = [];
    this.#length = 0;
  }
}
