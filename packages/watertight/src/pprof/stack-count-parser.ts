/**
 * Owns debug=1: how often each stack was found, as runtime/pprof's
 * printCountProfile writes it for goroutines, created threads and leaked
 * goroutines. The total in its first line tells whether it is complete.
 */
import type { Budget } from './limits.js';
import type { LineParser, LineReader } from './line-reader.js';
import { ProfileBuilder, type Circumstances } from './profile-builder.js';
import { excerpt, ProfileError } from './profile-error.js';
import { labelsOf, type Frame, type Profile } from './profile.js';
import { readLabels } from './quoted-labels.js';
import type { StackNode } from './stack-table.js';

/** `goroutine profile: total 17`. The number of digits keeps it a safe integer. */
const HEAD = /^(\w{1,64}) profile: total (\d{1,15})$/;
const RECORD = /^(\d{1,15}) @((?: 0x[0-9a-f]{1,16})*) ?$/;
const LABELS = '# labels: ';
/** What a frame's name ends with: the offset in the function. */
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
  /** Of the record being read; 0 between records. */
  #count = 0;
  #addresses = '';
  #stack: StackNode;
  #circumstances: Circumstances;

  /** `head` is the first line. */
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
    // Comments between records are none of the profile's.
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
    const frame = this.#readFrame(text);
    this.#budget.hold(100 + key.length, this.#reader);
    this.#frames.set(key, frame);
    this.#stack = this.#builder.stacks.outward(this.#stack, frame, this.#reader);
  }

  /** `#⇥0x649⇥net/http.(*persistConn).readLoop+0xd84⇥⇥net/http/transport.go:2213`, or with blanks where a terminal made them of the tabs. */
  #readFrame(text: string): Frame {
    const from = pastBlank(text, 1);
    let at = from;
    while (at < text.length && !isBlank(text[at])) at++;
    const address = text.slice(from, at);
    if (from === 1 || !/^0x[0-9a-f]{1,16}$/.test(address)) throw this.#wrong('A frame looks like "#\\t0x649\\tmain.f+0x18\\tmain.go:12", not', text);
    const nameFrom = pastBlank(text, at);
    const { stacks } = this.#builder;
    if (nameFrom === text.length) return stacks.frame('', '', 0, address, this.#reader);
    const offset = text.lastIndexOf(OFFSET);
    const colon = text.lastIndexOf(':');
    let offsetEnd = offset + OFFSET.length;
    while (offsetEnd < text.length && !isBlank(text[offsetEnd])) offsetEnd++;
    const fileFrom = pastBlank(text, offsetEnd);
    const line = text.slice(colon + 1);
    if (offset > nameFrom && fileFrom > offsetEnd && fileFrom < colon && /^\d{1,10}$/.test(line)) {
      return stacks.frame(text.slice(nameFrom, offset), text.slice(fileFrom, colon), Number(line), address, this.#reader);
    }
    throw this.#wrong('A frame looks like "#\\t0x649\\tmain.f+0x18\\tmain.go:12", not', text);
  }

  #finish(): void {
    if (this.#count === 0) return;
    const { stacks } = this.#builder;
    if (this.#stack === stacks.root) {
      // Nobody translated the addresses.
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

function isBlank(char: string): boolean {
  return char === '\t' || char === ' ';
}

function pastBlank(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text[at])) at++;
  return at;
}
