/**
 * Owns the parsing of debug=2: the traceback of every goroutine, as `runtime.Stack` and a crashing Go program
 * print it (runtime/traceback.go). Equal goroutines are added up as they are read, so memory depends only on
 * the number of different ones. Text before, between and after the goroutines of a crash (the panic's
 * message, registers, `exit status 2`) is skipped; inside a goroutine, every line must be valid.
 */
import { type Budget, type Circumstances, excerpt, type Frame, GOROUTINE_COUNT, labelsOf, MAX_PREAMBLE, type Profile, ProfileBuilder, ProfileError, type StackNode } from '../profile/index.js';
import type { LineParser, LineReader } from './line-reader.js';
import { ELIDED, NON_GO, readHeader } from './traceback-header.js';

/** The size at which Go truncates the traceback of all goroutines, at any byte: runtime/pprof, writeGoroutineStacks. */
const GO_CUTS_AT = 64 * 2 ** 20;
const CREATED_BY = Buffer.from('created by ');
const GOROUTINE = Buffer.from('goroutine ');
const ONE: readonly number[] = [1];
const MINUTE = 60_000;

/**
 * - `outside`: before the first goroutine, and after the blank line of each
 * - `calls`: the next line is a call, the creator of the goroutine, or its end
 * - `call-site`, `creator-site`: the next line is the file and line of the call or `go` statement just read
 * - `ancestors`: calls of the goroutines that led to this one (GODEBUG=tracebackancestors=N), which are not
 *   counted
 */
type State = 'outside' | 'calls' | 'call-site' | 'creator-site' | 'ancestors';

/** A function, with the bytes of its name, and its places by their bytes. */
interface FunctionEntry {
  readonly name: string;
  readonly bytes: Buffer;
  readonly sites: Map<string, Site>;
}

/**
 * A place in a function, as the bytes of `file:line`. The mark of a StackNode is the place that followed the
 * same calls last time, which is compared first.
 */
interface Site {
  readonly entry: FunctionEntry;
  readonly bytes: Buffer;
  readonly frame: Frame;
}

/** A goroutine's first line without its number and time, and the call that followed such a line last time, which is the most likely one. */
interface Status {
  readonly circumstances: Circumstances;
  innermost: StackNode | null;
  creator: Site | null;
}

export class TracebackParser implements LineParser {
  readonly #reader: LineReader;
  readonly #budget: Budget;
  readonly #builder: ProfileBuilder;
  // The keys of these maps are bytes read as latin1, which is fast; a name is decoded once, when it is new.
  readonly #functions = new Map<string, FunctionEntry>();
  readonly #statuses = new Map<string, Status>();
  #state: State = 'outside';
  #seen = false;
  #status: Status | null = null;
  #waitMs = 0;
  #id = 0;
  #stack: StackNode;
  #function: FunctionEntry | null = null;
  /** The next place, if it is the same as last time. */
  #expected: Site | null = null;
  /** True if the call has no arguments: it is a call of C, and the line of its place must confirm that. */
  #foreign = false;
  #createdBy: Frame | null = null;

  constructor(reader: LineReader, budget: Budget) {
    this.#reader = reader;
    this.#budget = budget;
    this.#builder = new ProfileBuilder([GOROUTINE_COUNT], budget);
    this.#stack = this.#builder.stacks.root;
  }

  /** Whether a line begins a goroutine; only this form has such lines. */
  static begins(bytes: Buffer, start: number, end: number): boolean {
    return statusStart(bytes, start, end) !== -1;
  }

  line(bytes: Buffer, start: number, end: number): void {
    switch (this.#state) {
      case 'calls':
        this.#calls(bytes, start, end);
        return;
      case 'call-site':
        this.#callSite(bytes, start, end);
        return;
      case 'creator-site':
        this.#status!.creator = this.#site(bytes, start, end);
        this.#createdBy = this.#status!.creator.frame;
        this.#state = 'calls';
        return;
      case 'ancestors':
        if (start === end) this.#finish();
        else if (statusStart(bytes, start, end) !== -1) this.#begin(bytes, start, end);
        return;
      case 'outside':
        if (statusStart(bytes, start, end) !== -1) this.#begin(bytes, start, end);
        else if (!this.#seen && this.#reader.position > MAX_PREAMBLE) {
          throw new ProfileError('ERR_PROFILE_FORM', `No goroutine in the first ${MAX_PREAMBLE} bytes`, this.#reader);
        }
    }
  }

  end(): Profile {
    const cut = this.#reader.position === GO_CUTS_AT;
    if (this.#state !== 'outside' && !cut) {
      const empty = this.#stack === this.#builder.stacks.root && this.#createdBy === null;
      if (empty || this.#state === 'call-site' || this.#state === 'creator-site') {
        throw new ProfileError('ERR_PROFILE_TRUNCATED', 'The profile ends in the middle of a goroutine', this.#reader);
      }
      this.#finish();
    }
    return this.#builder.build({ kind: 'goroutine', form: 'debug=2', truncated: cut, period: { ...GOROUTINE_COUNT, value: 1 } });
  }

  #begin(bytes: Buffer, start: number, end: number): void {
    if (this.#state !== 'outside') this.#finish();
    const from = statusStart(bytes, start, end);
    // The waiting time is removed from the key, because it may have as many values as the program has run for
    // minutes.
    const minutes = minutesAt(bytes, from, end);
    const key = minutes === null ? latin1(bytes, from, end) : latin1(bytes, from, minutes.start) + latin1(bytes, minutes.end, end);
    this.#status = this.#statuses.get(key) ?? this.#newStatus(key, bytes, start, end);
    this.#waitMs = minutes === null ? 0 : minutes.count * MINUTE;
    if (this.#budget.onGoroutine !== null) this.#id = numberAt(bytes, start + GOROUTINE.length);
    this.#seen = true;
    this.#state = 'calls';
  }

  #newStatus(key: string, bytes: Buffer, start: number, end: number): Status {
    const header = readHeader(Buffer.from(key, 'latin1').toString());
    if (header === null) throw this.#wrong('A goroutine begins with a line like "goroutine 18 [select, 3 minutes]:", not', bytes, start, end);
    const circumstances = this.#builder.circumstances(header.state, labelsOf(header.labels), header.annotations, this.#reader);
    this.#budget.hold(100 + key.length, this.#reader);
    const status = { circumstances, innermost: null, creator: null };
    this.#statuses.set(key, status);
    return status;
  }

  #calls(bytes: Buffer, start: number, end: number): void {
    if (start === end) {
      this.#finish();
      return;
    }
    const first = bytes[start];
    if (bytes[end - 1] === 41 /* ) */ && first !== 9) {
      const open = argumentsOf(bytes, start, end);
      if (open > start) {
        this.#expect(this.#likelyNext()?.mark as Site | null | undefined, bytes, start, open);
        this.#foreign = false;
        this.#state = 'call-site';
        return;
      }
    }
    this.#otherThanCall(bytes, start, end);
  }

  #otherThanCall(bytes: Buffer, start: number, end: number): void {
    if (startsWith(bytes, start, end, CREATED_BY)) {
      this.#foreign = false;
      this.#expect(this.#status!.creator, bytes, start + CREATED_BY.length, creatorEnd(bytes, start, end));
      this.#state = 'creator-site';
      return;
    }
    if (statusStart(bytes, start, end) !== -1) {
      this.#begin(bytes, start, end);
      return;
    }
    const text = bytes.toString('utf8', start, end);
    const { stacks } = this.#builder;
    if (/^\.\.\.(?:\d{1,20}|additional) frames elided\.\.\.$/.test(text)) {
      this.#stack = stacks.outward(this.#stack, stacks.frame(ELIDED, '', 0, '', this.#reader), this.#reader);
    } else if (text.startsWith('non-Go function at pc=')) {
      this.#stack = stacks.outward(this.#stack, stacks.frame(NON_GO, '', 0, '', this.#reader), this.#reader);
    } else if (/^\[originating from goroutine \d{1,20}\]:$/.test(text)) {
      this.#state = 'ancestors';
    } else if (text !== '\tgoroutine running on other thread; stack unavailable') {
      // A C function's name, or an invalid line: the next line shows which.
      if (bytes[start] === 9 || /\s$/.test(text)) throw this.#wrong('A goroutine\'s call looks like "main.f(0x1)", not', bytes, start, end);
      this.#expected = null;
      this.#function = this.#functionOf(bytes, start, end);
      this.#foreign = true;
      this.#state = 'call-site';
    }
  }

  #callSite(bytes: Buffer, start: number, end: number): void {
    const site = this.#site(bytes, start, end);
    const likely = this.#likelyNext();
    const isInnermost = this.#stack.parent === null;
    this.#stack = likely !== null && likely.frame === site.frame ? likely : this.#builder.stacks.outward(this.#stack, site.frame, this.#reader);
    this.#stack.mark = site;
    if (isInnermost) this.#status!.innermost = this.#stack;
    this.#state = 'calls';
  }

  /** Reads the place of the function just read, `⇥file:line +0x1d`, from the last colon backwards, because a file name may contain colons and blanks. */
  #site(bytes: Buffer, start: number, end: number): Site {
    const entry = this.#function!;
    if (bytes[start] === 9) {
      const colon = lastOf(58 /* : */, bytes, start, end);
      if (colon === -1) {
        if (this.#foreign && says(bytes, start + 1, end, 'pc=0x')) return entry.sites.get('') ?? this.#newSite(entry, '', bytes, start, start, start);
      } else {
        let digit = colon + 1;
        while (digit < end && bytes[digit] >= 48 && bytes[digit] <= 57) digit++;
        const digits = digit - colon - 1;
        if (digits > 0 && digits <= 10 && this.#isOffset(bytes, digit, end)) {
          const expected = this.#expected;
          if (expected !== null && same(bytes, start + 1, digit, expected.bytes)) return expected;
          const key = latin1(bytes, start + 1, digit);
          return entry.sites.get(key) ?? this.#newSite(entry, key, bytes, start + 1, colon, digit);
        }
      }
    }
    throw this.#wrong(`The place of ${excerpt(entry.name)} is missing: a line like "\\tmain.go:12 +0x1d", not`, bytes, start, end);
  }

  /** Whether this text may follow the line number: nothing, ` +0x1d`, and in some crashes ` fp=0x… sp=0x… pc=0x…`. */
  #isOffset(bytes: Buffer, start: number, end: number): boolean {
    if (this.#foreign) return says(bytes, start, end, ' pc=0x');
    return start === end || says(bytes, start, end, ' +0x') || says(bytes, start, end, ' fp=0x');
  }

  #newSite(entry: FunctionEntry, key: string, bytes: Buffer, start: number, colon: number, end: number): Site {
    this.#budget.hold(300 + 2 * key.length, this.#reader);
    const line = end > colon ? Number(latin1(bytes, colon + 1, end)) : 0;
    const frame = this.#builder.stacks.frame(entry.name, bytes.toString('utf8', start, colon), line, '', this.#reader);
    const site = { entry, bytes: Buffer.from(bytes.subarray(start, end)), frame };
    entry.sites.set(key, site);
    return site;
  }

  /** The call that followed the same calls last time. */
  #likelyNext(): StackNode | null {
    return this.#stack.parent === null ? this.#status!.innermost : this.#stack.recent;
  }

  /** Reads a function's name; it is first compared with the likely one, so most names are never converted to strings. */
  #expect(likely: Site | null | undefined, bytes: Buffer, start: number, end: number): void {
    if (likely !== null && likely !== undefined && same(bytes, start, end, likely.entry.bytes)) {
      this.#expected = likely;
      this.#function = likely.entry;
    } else {
      this.#expected = null;
      this.#function = this.#functionOf(bytes, start, end);
    }
  }

  #functionOf(bytes: Buffer, start: number, end: number): FunctionEntry {
    const key = latin1(bytes, start, end);
    let entry = this.#functions.get(key);
    if (entry === undefined) {
      this.#budget.hold(400 + 2 * key.length, this.#reader);
      entry = { name: bytes.toString('utf8', start, end), bytes: Buffer.from(bytes.subarray(start, end)), sites: new Map() };
      this.#functions.set(key, entry);
    }
    return entry;
  }

  #finish(): void {
    if (this.#waitMs >= this.#budget.minWaitMs) {
      const { circumstances } = this.#status!;
      this.#builder.add(this.#stack, circumstances, this.#createdBy, ONE, this.#waitMs, this.#reader);
      this.#budget.onGoroutine?.({ id: this.#id, state: circumstances.state ?? '', waitMs: this.#waitMs, frames: this.#stack.frames });
    }
    this.#stack = this.#builder.stacks.root;
    this.#createdBy = null;
    this.#state = 'outside';
  }

  #wrong(what: string, bytes: Buffer, start: number, end: number): ProfileError {
    const code = this.#reader.unterminated ? 'ERR_PROFILE_TRUNCATED' : 'ERR_PROFILE_SYNTAX';
    return new ProfileError(code, `${what} ${excerpt(bytes.toString('utf8', start, Math.min(end, start + 200)))}`, this.#reader);
  }
}

/** The index of the `[` of `goroutine 18 [` or `goroutine 18 gp=0x… m=0 mp=0x… [`; -1 if the line does not begin like that. */
function statusStart(bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== 103 /* g */ || !startsWith(bytes, start, end, GOROUTINE)) return -1;
  let at = start + GOROUTINE.length;
  const digits = at;
  while (at < end && bytes[at] >= 48 && bytes[at] <= 57) at++;
  if (at === digits || bytes[at] !== 32) return -1;
  if (bytes[at + 1] === 91 /* [ */) return at + 1;
  if (!says(bytes, at, end, ' gp=')) return -1;
  while (at < end && bytes[at] !== 91) at++;
  return at < end ? at : -1;
}

/** The number whose digits begin there. */
function numberAt(bytes: Buffer, start: number): number {
  let number = 0;
  for (let at = start; bytes[at] >= 48 && bytes[at] <= 57; at++) number = number * 10 + bytes[at] - 48;
  return number;
}

/**
 * The last index of a byte in the line. Buffer's lastIndexOf would search before the line too, which takes
 * quadratic time for many lines without the byte.
 */
function lastOf(byte: number, bytes: Buffer, start: number, end: number): number {
  for (let at = end - 1; at >= start; at--) if (bytes[at] === byte) return at;
  return -1;
}

/** The index of the `(` of a call's arguments, which may have parentheses of their own; -1 if there is none. */
function argumentsOf(bytes: Buffer, start: number, end: number): number {
  let depth = 0;
  for (let at = end - 1; at >= start; at--) {
    if (bytes[at] === 41 /* ) */) depth++;
    else if (bytes[at] === 40 /* ( */ && --depth === 0) return at;
  }
  return -1;
}

/** The bytes as latin1, the fastest way to a string that is used only as a key. */
function latin1(bytes: Buffer, start: number, end: number): string {
  return (bytes as Buffer & { latin1Slice(start: number, end: number): string }).latin1Slice(start, end);
}

/** The `, 3 minutes` of a status, if it directly follows the state, where Go puts it; null otherwise. */
function minutesAt(bytes: Buffer, start: number, end: number): { start: number; end: number; count: number } | null {
  let comma = start;
  while (comma < end && bytes[comma] !== 44 /* , */ && bytes[comma] !== 93 /* ] */ && bytes[comma] !== 123 /* { */) comma++;
  if (bytes[comma] !== 44 || bytes[comma + 1] !== 32) return null;
  let at = comma + 2;
  let count = 0;
  for (; at < end && at < comma + 14 && bytes[at] >= 48 && bytes[at] <= 57; at++) count = count * 10 + bytes[at] - 48;
  return at > comma + 2 && says(bytes, at, end, ' minutes') ? { start: comma, end: at + ' minutes'.length, count } : null;
}

/** The end of the creator's name: before ` in goroutine 18` (since Go 1.21). */
function creatorEnd(bytes: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && bytes[at - 1] >= 48 && bytes[at - 1] <= 57) at--;
  const before = at - ' in goroutine '.length;
  return at < end && before > start && says(bytes, before, end, ' in goroutine ') ? before : end;
}

/** Compares in JavaScript, because for so few bytes a native call is slower. */
function same(bytes: Buffer, start: number, end: number, other: Buffer): boolean {
  const { length } = other;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== other[i]) return false;
  return true;
}

function startsWith(bytes: Buffer, start: number, end: number, word: Buffer): boolean {
  if (end - start < word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false;
  return true;
}

function says(bytes: Buffer, start: number, end: number, word: string): boolean {
  if (end - start < word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return false;
  return true;
}
