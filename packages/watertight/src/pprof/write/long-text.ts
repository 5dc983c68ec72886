/**
 * Owns text that is built in pieces, because joining 100,000 paragraphs at once blocks the event loop for a
 * tenth of a second.
 */

/** The approximate number of characters of a piece, which can be joined, encoded and sent at once. */
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

  /** The text in pieces, in order. Nothing may be added after this. */
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
