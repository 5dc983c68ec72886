/** Owns the detection of a text form, by the first line that belongs to one of the forms. */
import { type Budget, excerpt, MAX_PREAMBLE, type Place, type Profile, ProfileError } from '../profile/index.js';
import { LineReader, type LineParser } from './line-reader.js';
import { StackCountParser } from './stack-count-parser.js';
import { TracebackParser } from './traceback-parser.js';

const ONLY_BINARY = "Of Go's other profiles only debug=0 is read";

const OF_PPROF = 'what go tool pprof has made of a profile: of -top, -tree, -peek, -raw and -dot nothing is read, as the stacks are not in it as they were. Read are the profile itself, and what go tool pprof -traces prints';

/** Whether the line is the head of the table that pprof's reports have, all but -traces. */
export function isReport(line: string): boolean {
  return REPORT.test(line);
}

const REPORT = /^\s*flat +flat% +sum% +cum +cum%/;

/** The first lines of texts that are not supported, and what to do instead. */
const UNSUPPORTED: readonly (readonly [RegExp, string])[] = [
  [/^heap profile: /, `a heap profile as text. ${ONLY_BINARY}`],
  [/^--- \w+:$/, `a block or mutex profile as text. ${ONLY_BINARY}`],
  [REPORT, OF_PPROF],
  [/^digraph "|^PeriodType: /, OF_PPROF],
  [/^\s*<(?:!doctype|html|\?xml)/i, 'a page of HTML or XML, not a profile; does the URL end in /debug/pprof/goroutine?debug=1 or the like, and does it need a login?'],
];

/** The same for beginnings of input that may have no line end for long. */
const UNSUPPORTED_BEGINNINGS: typeof UNSUPPORTED = [
  [/^go 1\.\d+ trace/, 'an execution trace of a Go program, which go tool trace reads'],
  [/^\s*\{\s*"(?:nodes|head|snapshot)"/, "a profile or snapshot in the engine's own form, which the browser's developer tools read. As a profile for pprof it is at /debug/pprof/profile or heap"],
];

/** The number of bytes that are compared with these beginnings. */
const BEGINNING = 64;

/** Parses a profile in any text form, from bytes as they arrive. */
export class TextProfile implements LineParser {
  readonly #budget: Budget;
  readonly #reader: LineReader;
  #parser: LineParser = this;
  #firstLine: string | null = null;
  #begun = false;

  constructor(budget: Budget) {
    this.#budget = budget;
    this.#reader = new LineReader(budget);
  }

  write(bytes: Buffer): void {
    if (!this.#begun) {
      this.#begun = true;
      refuse(UNSUPPORTED_BEGINNINGS, bytes.toString('latin1', 0, BEGINNING), { position: 0, line: 1 });
    }
    this.#reader.write(bytes, this);
  }

  close(): Profile {
    return this.#reader.end(this);
  }

  line(bytes: Buffer, start: number, end: number): void {
    if (this.#parser !== this) {
      this.#parser.line(bytes, start, end);
      return;
    }
    if (TracebackParser.begins(bytes, start, end)) {
      this.#parser = new TracebackParser(this.#reader, this.#budget);
      this.#parser.line(bytes, start, end);
      return;
    }
    if (this.#reader.position > MAX_PREAMBLE) throw this.#unknown();
    if (this.#firstLine !== null || start === end) return;
    const text = bytes.toString('utf8', start, end);
    if (StackCountParser.begins(text)) {
      this.#parser = new StackCountParser(text, this.#reader, this.#budget);
      return;
    }
    refuse(UNSUPPORTED, text, this.#reader);
    this.#firstLine = text;
  }

  end(): Profile {
    if (this.#parser !== this) return this.#parser.end();
    throw this.#unknown();
  }

  #unknown(): ProfileError {
    const what = this.#firstLine === null ? 'it is empty' : `it begins with ${excerpt(this.#firstLine)}`;
    return new ProfileError('ERR_PROFILE_FORM', `This is no profile: neither gzip nor profile.proto (debug=0), no "goroutine profile: total N" (debug=1), no goroutine's traceback (debug=2); ${what}`, { position: 0, line: 1 });
  }
}

/** @throws ProfileError if this is the first line of a text that people take for a profile. */
export function refuseOther(firstLine: string): void {
  refuse([...UNSUPPORTED, ...UNSUPPORTED_BEGINNINGS], firstLine, { position: 0, line: 1 });
}

function refuse(unsupported: typeof UNSUPPORTED, text: string, place: Place): void {
  for (const [pattern, what] of unsupported) {
    if (pattern.test(text)) throw new ProfileError('ERR_PROFILE_FORM', `This is ${what}`, place);
  }
}
