/**
 * Owns the parsing of debug=1: stacks with their counts, as runtime/pprof's printCountProfile writes them for
 * goroutines, created threads and leaked goroutines. The total in the first line shows whether the profile is
 * complete.
 */
import { type Budget, type Circumstances, excerpt, type Frame, labelsOf, type Profile, ProfileBuilder, ProfileError, type StackNode } from '../profile/index.js';
import type { LineParser, LineReader } from './line-reader.js';
import { readLabels } from './quoted-labels.js';

/** `goroutine profile: total 17`. The limit on digits keeps the number a safe integer. */
const HEAD = /^(\w{1,64}) profile: total (\d{1,15})$/;
const RECORD = /^(\d{1,15}) @((?: 0x[0-9a-f]{1,16})*) ?$/;
/** Our own profiles may have several values; this form has a place for one, so the others are in a comment. */
const VALUES = '# values: ';
const LABELS = '# labels: ';
/** The end of a frame's name: its offset in the function. */
const OFFSET = '+0x';

export class StackCountParser implements LineParser {
  readonly #reader: LineReader;
  readonly #budget: Budget;
  readonly #kind: string;
  readonly #total: number;
  readonly #builder: ProfileBuilder;
  readonly #frames = new Map<string, Frame>();
  readonly #unlabelled: Circumstances;
  #sum = 0;
  /** The count of the current record; 0 between records. */
  #count = 0;
  #addresses = '';
  #stack: StackNode;
  #circumstances: Circumstances;

  /** @param head  the first line */
  constructor(head: string, reader: LineReader, budget: Budget) {
    const [, kind, total] = HEAD.exec(head)!;
    this.#kind = kind;
    this.#total = Number(total);
    this.#reader = reader;
    this.#budget = budget;
    this.#builder = new ProfileBuilder([{ type: kind, unit: 'count' }], budget);
    this.#stack = this.#builder.stacks.root;
    this.#unlabelled = this.#builder.circumstances(null);
    this.#circumstances = this.#unlabelled;
  }

  /** Whether a profile of this form begins with this line. */
  static begins(line: string): boolean {
    return HEAD.test(line);
  }

  line(bytes: Buffer, start: number, end: number): void {
    if (start === end) {
      this.#finish();
    } else if (bytes[start] !== 35 /* # */) {
      this.#begin(bytes.toString('utf8', start, end));
    } else if (this.#count > 0) {
      this.#detail(bytes, start, end);
    }
    // Comments between records do not belong to the profile.
  }

  end(): Profile {
    this.#finish();
    if (this.#sum !== this.#total) {
      const code = this.#sum < this.#total ? 'ERR_PROFILE_TRUNCATED' : 'ERR_PROFILE_SYNTAX';
      throw new ProfileError(code, `The profile's first line says a total of ${this.#total}, but its stacks add up to ${this.#sum}`, this.#reader);
    }
    return this.#builder.build({ kind: this.#kind, form: 'debug=1', period: { type: this.#kind, unit: 'count', value: 1 } });
  }

  #begin(text: string): void {
    this.#finish();
    const record = RECORD.exec(text);
    if (record === null || Number(record[1]) === 0) throw this.#wrong('A stack begins with a line like "2 @ 0x43adf6 0x44a2fc", not', text);
    this.#count = Number(record[1]);
    this.#addresses = record[2];
  }

  #detail(bytes: Buffer, start: number, end: number): void {
    const key = bytes.toString('latin1', start, end);
    const known = this.#frames.get(key);
    if (known !== undefined) {
      this.#stack = this.#builder.stacks.outward(this.#stack, known, this.#reader);
      return;
    }
    const text = bytes.toString('utf8', start, end);
    if (text.startsWith(LABELS)) {
      const labels = readLabels(text, LABELS.length);
      if (labels === null || text.slice(labels.end).trim() !== '') throw this.#wrong('Labels look like {"key":"value", …}, not', text);
      this.#circumstances = this.#builder.circumstances(null, labelsOf(labels.pairs), [], this.#reader);
      return;
    }
    if (text.startsWith(VALUES)) return;
    const frame = this.#readFrame(text);
    if (frame === null) return;
    this.#budget.hold(100 + key.length, this.#reader);
    this.#frames.set(key, frame);
    this.#stack = this.#builder.stacks.outward(this.#stack, frame, this.#reader);
  }

  /**
   * A line such as `#⇥0x649⇥net/http.(*persistConn).readLoop+0xd84⇥⇥net/http/transport.go:2213`, with tabs or
   * with the blanks that a terminal made of them. Null for address 0, which Go writes for an empty stack.
   */
  #readFrame(text: string): Frame | null {
    const from = pastBlank(text, 1);
    let at = from;
    while (at < text.length && !isBlank(text[at])) at++;
    const address = text.slice(from, at);
    if (from === 1 || !/^0x[0-9a-f]{1,16}$/.test(address)) throw this.#wrong('A frame looks like "#\\t0x649\\tmain.f+0x18\\tmain.go:12", not', text);
    const nameFrom = pastBlank(text, at);
    const { stacks } = this.#builder;
    if (nameFrom === text.length) return address === '0x0' ? null : stacks.frame('', '', 0, address, this.#reader);
    const colon = text.lastIndexOf(':');
    const line = text.slice(colon + 1);
    const offset = lastOffset(text, nameFrom);
    if (offset !== null && offset.end < colon && /^\d{1,10}$/.test(line)) {
      return stacks.frame(text.slice(nameFrom, offset.start), text.slice(pastBlank(text, offset.end), colon), Number(line), address, this.#reader);
    }
    throw this.#wrong('A frame looks like "#\\t0x649\\tmain.f+0x18\\tmain.go:12", not', text);
  }

  #finish(): void {
    if (this.#count === 0) return;
    const { stacks } = this.#builder;
    if (this.#stack === stacks.root) {
      // The profile has addresses without names.
      for (const address of this.#addresses.split(' ')) {
        if (address !== '') this.#stack = stacks.outward(this.#stack, stacks.frame('', '', 0, address, this.#reader), this.#reader);
      }
    }
    this.#builder.add(this.#stack, this.#circumstances, null, [this.#count], 0, this.#reader);
    this.#sum += this.#count;
    this.#count = 0;
    this.#stack = stacks.root;
    this.#circumstances = this.#unlabelled;
  }

  #wrong(what: string, text: string): ProfileError {
    return new ProfileError(this.#reader.unterminated ? 'ERR_PROFILE_TRUNCATED' : 'ERR_PROFILE_SYNTAX', `${what} ${excerpt(text)}`, this.#reader);
  }
}

/** The last `+0x…` in a frame that is followed by a blank, because a file name may contain one. */
function lastOffset(text: string, from: number): { start: number; end: number } | null {
  for (let start = text.lastIndexOf(OFFSET); start > from; start = text.lastIndexOf(OFFSET, start - 1)) {
    let end = start + OFFSET.length;
    while (end - start < 20 && /^[0-9a-f]$/.test(text.charAt(end))) end++;
    if (end > start + OFFSET.length && isBlank(text.charAt(end))) return { start, end };
  }
  return null;
}

function isBlank(char: string): boolean {
  return char === '\t' || char === ' ';
}

function pastBlank(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text[at])) at++;
  return at;
}
