/** Owns the cutting of chunks into lines, without holding a line twice, and the position of the current line. */
import { type Budget, MAX_LINE, type Place, type Profile, ProfileError } from '../profile/index.js';

/** A parser of a text form, called for each line. */
export interface LineParser {
  /** One line, `bytes[start..end)`, without its end (`\n` or `\r\n`). The bytes are valid during the call only. */
  line(bytes: Buffer, start: number, end: number): void;
  /** Called after the last line. */
  end(): Profile;
}

const LF = 10;
const CR = 13;

/** Passes lines to a LineParser. As a Place, it is the place of the current line. */
export class LineReader implements Place {
  /** Byte offset at which the current line begins. */
  position = 0;
  /** The current line, from 1. */
  line = 0;
  /** True during the last line if no line end follows it. */
  unterminated = false;
  readonly #budget: Budget;
  /** The beginning of the current line from earlier chunks, in the first `#carried` bytes. */
  #carry: Buffer = Buffer.alloc(0);
  #carried = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Bytes read so far, the unfinished line included. */
  get bytesRead(): number {
    return this.position + this.#carried;
  }

  write(chunk: Buffer, parser: LineParser): void {
    let start = 0;
    if (this.#carried > 0) {
      const end = chunk.indexOf(LF);
      this.#keep(chunk.subarray(0, end === -1 ? chunk.length : end + 1));
      if (end === -1) return;
      start = end + 1;
      const length = this.#carried;
      this.#carried = 0;
      this.#take(parser, this.#carry, 0, length - 1, length);
    }
    for (let end = chunk.indexOf(LF, start); end !== -1; end = chunk.indexOf(LF, start)) {
      this.#take(parser, chunk, start, end, end + 1 - start);
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    this.#budget.read(this.bytesRead, this);
  }

  end(parser: LineParser): Profile {
    this.unterminated = this.#carried > 0;
    const length = this.#carried;
    this.#carried = 0;
    if (length > 0) this.#take(parser, this.#carry, 0, length, length);
    return parser.end();
  }

  #take(parser: LineParser, bytes: Buffer, start: number, end: number, length: number): void {
    this.line++;
    if (end - start > MAX_LINE) throw this.#tooLong();
    parser.line(bytes, start, end > start && bytes[end - 1] === CR ? end - 1 : end);
    this.position += length;
  }

  #keep(part: Buffer): void {
    const length = this.#carried + part.length;
    if (length > MAX_LINE + 2) {
      this.line++;
      throw this.#tooLong();
    }
    if (length > this.#carry.length) {
      const larger = Buffer.allocUnsafe(Math.max(4096, 2 * length));
      this.#carry.copy(larger, 0, 0, this.#carried);
      this.#carry = larger;
    }
    part.copy(this.#carry, this.#carried);
    this.#carried = length;
  }

  #tooLong(): ProfileError {
    return new ProfileError('ERR_PROFILE_LIMIT', `A line is longer than ${MAX_LINE} bytes; no profile has such lines`, this);
  }
}
