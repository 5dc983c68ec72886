/**
 * Owns debug=0: pprof's profile.proto, uncompressed. The bytes are gone
 * through twice, because what samples refer to may come after them: first for
 * strings, functions and locations, then for the samples, which are added up
 * one by one.
 *
 * Format: github.com/google/pprof/blob/main/proto/profile.proto.
 */
import type { Budget } from './limits.js';
import { ProfileBuilder, type Circumstances } from './profile-builder.js';
import type { Place, ProfileError } from './profile-error.js';
import { labelsOf, type Frame, type Profile, type SampleType } from './profile.js';
import { BYTES, ProtoCursor } from './proto-cursor.js';
import type { StackNode } from './stack-table.js';

/** Field numbers of profile.proto's messages. */
const PROFILE = { sampleType: 1, sample: 2, location: 4, function: 5, string: 6, time: 9, duration: 10, periodType: 11, period: 12 };
const VALUE_TYPE = { type: 1, unit: 2 };
const SAMPLE = { location: 1, value: 2, label: 3 };
const LABEL = { key: 1, string: 2, number: 3, unit: 4 };
const LOCATION = { id: 1, address: 3, line: 4 };
const LINE = { function: 1, line: 2 };
const FUNCTION = { id: 1, name: 2, systemName: 3, file: 4 };

/** How many frames all samples together may have: a small profile can name a long stack again and again. */
const MAX_FRAMES = 100_000_000;
/** Go's profiles have up to four. */
const MAX_TYPES = 64;

type Id = number | bigint;

/** Indexes in the string table, and where they were found. */
interface FunctionEntry {
  readonly name: number;
  readonly file: number;
  readonly at: number;
}

interface LocationEntry {
  readonly address: bigint;
  /** Where its lines are, since the functions they refer to may come later. */
  readonly at: number;
  readonly end: number;
  frames: readonly Frame[] | null;
}

/** Reads an uncompressed profile.proto. */
export function readProto(bytes: Buffer, budget: Budget): Profile {
  return new ProtoProfile(bytes, budget).read();
}

class ProtoProfile {
  readonly #bytes: Buffer;
  readonly #budget: Budget;
  readonly #cursor: ProtoCursor;
  /** Of strings: where each begins and ends. Decoded when first needed. */
  readonly #stringStarts: number[] = [];
  readonly #stringEnds: number[] = [];
  readonly #strings = new Map<number, string>();
  readonly #functions = new Map<Id, FunctionEntry>();
  readonly #locations = new Map<Id, LocationEntry>();
  readonly #typesAt: [number, number][] = [];
  #periodAt: [number, number] | null = null;
  #period = 0;
  #timeNanos = 0;
  #durationNanos = 0;
  #builder!: ProfileBuilder;
  #unlabelled!: Circumstances;
  /** By their tuples. */
  readonly #labelled = new Map<string, Circumstances>();
  #framesLeft = MAX_FRAMES;
  /** One object for all, since there is a place for every number read and hardly ever an error. */
  readonly #place = { position: 0, line: 0 };

  constructor(bytes: Buffer, budget: Budget) {
    this.#bytes = bytes;
    this.#budget = budget;
    this.#cursor = new ProtoCursor(bytes, 0, bytes.length);
    const start = { position: 0, line: 0 };
    budget.read(bytes.length, start);
    budget.hold(bytes.length, start);
  }

  read(): Profile {
    this.#readTables();
    if (this.#typesAt.length === 0) throw this.#cursor.error('ERR_PROFILE_SYNTAX', 'The profile does not say what it counts: it has no sample type', 0);
    if (this.#string(0, 0) !== '') throw this.#cursor.error('ERR_PROFILE_SYNTAX', 'The first string of the table is not the empty one', 0);
    const types = this.#typesAt.map((at) => this.#valueType(at));
    const period = this.#periodAt === null ? null : { ...this.#valueType(this.#periodAt), value: this.#period };
    this.#builder = new ProfileBuilder(types, this.#budget);
    this.#unlabelled = this.#builder.circumstances(null);
    this.#readSamples(types.length);
    return this.#builder.build({
      kind: period === null || period.type === '' ? types[0].type : period.type,
      form: 'debug=0',
      period,
      time: Math.round(this.#timeNanos / 1e6),
      duration: this.#durationNanos / 1e6,
    });
  }

  #readTables(): void {
    const cursor = this.#cursor;
    while (cursor.tag()) {
      const { field } = cursor;
      if (field === PROFILE.time || field === PROFILE.duration || field === PROFILE.period) {
        cursor.number();
        if (field === PROFILE.time) this.#timeNanos = cursor.signed;
        else if (field === PROFILE.duration) this.#durationNanos = cursor.signed;
        else this.#period = cursor.signed;
        continue;
      }
      if (cursor.wireType !== BYTES) {
        cursor.skip();
        continue;
      }
      const end = cursor.bytesEnd();
      const { at } = cursor;
      if (field === PROFILE.string) {
        this.#hold(16, at);
        this.#stringStarts.push(at);
        this.#stringEnds.push(end);
      } else if (field === PROFILE.sampleType) {
        if (this.#typesAt.length === MAX_TYPES) throw cursor.error('ERR_PROFILE_LIMIT', `The profile has more than ${MAX_TYPES} sample types`, at);
        this.#typesAt.push([at, end]);
      } else if (field === PROFILE.periodType) {
        this.#periodAt = [at, end];
      } else if (field === PROFILE.location) {
        this.#readLocation(at, end);
      } else if (field === PROFILE.function) {
        this.#readFunction(at, end);
      }
      cursor.within(end, this.#bytes.length);
    }
  }

  #readLocation(at: number, end: number): void {
    this.#hold(200, at);
    const cursor = this.#cursor.within(at, end);
    let id: Id = 0;
    let address = 0n;
    while (cursor.tag()) {
      if (cursor.field === LOCATION.id) {
        cursor.number();
        id = cursor.exact;
      } else if (cursor.field === LOCATION.address) {
        cursor.number();
        address = BigInt(cursor.exact);
      } else cursor.skip();
    }
    if (id === 0) throw cursor.error('ERR_PROFILE_SYNTAX', 'A location has no id', at);
    this.#locations.set(id, { address, at, end, frames: null });
  }

  #readFunction(at: number, end: number): void {
    this.#hold(200, at);
    const cursor = this.#cursor.within(at, end);
    let id: Id = 0;
    let name = 0;
    let systemName = 0;
    let file = 0;
    while (cursor.tag()) {
      const { field } = cursor;
      if (field !== FUNCTION.id && field !== FUNCTION.name && field !== FUNCTION.systemName && field !== FUNCTION.file) {
        cursor.skip();
        continue;
      }
      cursor.number();
      if (field === FUNCTION.id) id = cursor.exact;
      else if (field === FUNCTION.name) name = cursor.unsigned;
      else if (field === FUNCTION.systemName) systemName = cursor.unsigned;
      else file = cursor.unsigned;
    }
    if (id === 0) throw cursor.error('ERR_PROFILE_SYNTAX', 'A function has no id', at);
    this.#functions.set(id, { name: name === 0 ? systemName : name, file, at });
  }

  #valueType([at, end]: [number, number]): SampleType {
    const cursor = new ProtoCursor(this.#bytes, at, end);
    let type = 0;
    let unit = 0;
    while (cursor.tag()) {
      if (cursor.field !== VALUE_TYPE.type && cursor.field !== VALUE_TYPE.unit) {
        cursor.skip();
        continue;
      }
      cursor.number();
      if (cursor.field === VALUE_TYPE.type) type = cursor.unsigned;
      else unit = cursor.unsigned;
    }
    return { type: this.#string(type, at), unit: this.#string(unit, at) };
  }

  #readSamples(types: number): void {
    const cursor = this.#cursor.within(0, this.#bytes.length);
    const values = new Array<number>(types);
    while (cursor.tag()) {
      if (cursor.field !== PROFILE.sample) {
        cursor.skip();
        continue;
      }
      const end = cursor.bytesEnd();
      this.#readSample(cursor.at, end, values);
      cursor.within(end, this.#bytes.length);
    }
  }

  #readSample(at: number, end: number, values: number[]): void {
    const cursor = this.#cursor.within(at, end);
    const { stacks } = this.#builder;
    let stack: StackNode = stacks.root;
    let count = 0;
    let labels = '';
    while (cursor.tag()) {
      const { field } = cursor;
      if (field === SAMPLE.label) {
        const labelEnd = cursor.bytesEnd();
        labels += this.#labelTuple(cursor.at, labelEnd);
        cursor.within(labelEnd, end);
      } else if (field === SAMPLE.location || field === SAMPLE.value) {
        // Repeated numbers come packed, or one by one.
        const packed = cursor.wireType === BYTES;
        const last = packed ? cursor.bytesEnd() : cursor.at + 1;
        cursor.end = packed ? last : end;
        while (cursor.at < last) {
          const numberAt = cursor.at;
          if (packed) cursor.varint();
          else cursor.number();
          if (field === SAMPLE.location) stack = this.#outward(stack, cursor.exact, numberAt);
          else if (count < values.length) values[count++] = cursor.signed;
          else count = values.length + 1;
        }
        cursor.end = end;
      } else cursor.skip();
    }
    if (count !== values.length) throw cursor.error('ERR_PROFILE_SYNTAX', `A sample has ${count > values.length ? 'more' : 'fewer'} values than the profile has sample types (${values.length})`, at);
    const circumstances = labels === '' ? this.#unlabelled : (this.#labelled.get(labels) ?? this.#readLabels(labels, at));
    this.#builder.add(stack, circumstances, null, values, 0, this.#at(at));
  }

  /** What is the same for the same label, without its texts: a few bytes of a sample can mean megabytes of them. */
  #labelTuple(at: number, end: number): string {
    const cursor = this.#cursor.within(at, end);
    let key = 0;
    let text = 0;
    let number = 0;
    let unit = 0;
    while (cursor.tag()) {
      const { field } = cursor;
      if (field < LABEL.key || field > LABEL.unit) {
        cursor.skip();
        continue;
      }
      cursor.number();
      if (field === LABEL.key) key = cursor.unsigned;
      else if (field === LABEL.string) text = cursor.unsigned;
      else if (field === LABEL.number) number = cursor.signed;
      else unit = cursor.unsigned;
    }
    return `${key} ${text} ${number} ${unit};`;
  }

  #readLabels(tuples: string, at: number): Circumstances {
    const pairs: [string, string][] = [];
    for (const tuple of tuples.slice(0, -1).split(';')) {
      const [key, text, number, unit] = tuple.split(' ').map(Number);
      const name = this.#string(key, at);
      const unitName = this.#string(unit, at);
      // Either a string or a number; a number of 0 without a unit cannot be told from an empty string.
      const isNumber = text === 0 && (number !== 0 || unitName !== '');
      const value = isNumber ? `${number} ${unitName}`.trimEnd() : this.#string(text, at);
      this.#hold(100 + name.length + value.length, at);
      if (name !== '') pairs.push([name, value]);
    }
    this.#hold(100 + tuples.length, at);
    const circumstances = this.#builder.circumstances(null, labelsOf(pairs), [], this.#at(at));
    this.#labelled.set(tuples, circumstances);
    return circumstances;
  }

  #outward(stack: StackNode, id: Id, at: number): StackNode {
    const location = this.#locations.get(id);
    if (location === undefined) throw this.#missing('location', id, at);
    const frames = (location.frames ??= this.#frames(location));
    this.#framesLeft -= frames.length;
    if (this.#framesLeft < 0) throw this.#cursor.error('ERR_PROFILE_LIMIT', `The profile's stacks have more than ${MAX_FRAMES} frames altogether`, at);
    const place = this.#at(at);
    let node = stack;
    for (const frame of frames) node = this.#builder.stacks.outward(node, frame, place);
    return node;
  }

  /** Innermost first: the calls that were inlined here come before the one they were inlined into. */
  #frames({ address, at, end }: LocationEntry): readonly Frame[] {
    const cursor = new ProtoCursor(this.#bytes, at, end);
    const place = { position: at, line: 0 };
    const hex = `0x${address.toString(16)}`;
    const frames: Frame[] = [];
    while (cursor.tag()) {
      if (cursor.field !== LOCATION.line) {
        cursor.skip();
        continue;
      }
      const lineEnd = cursor.bytesEnd();
      const line = this.#line(cursor.at, lineEnd);
      // The file's name too: it may be long, and is looked at for each line anew.
      this.#hold(16 + line.file.length, cursor.at);
      frames.push(this.#builder.stacks.frame(line.name, line.file, line.line, hex, place));
      cursor.at = lineEnd;
    }
    return frames.length > 0 ? frames : [this.#builder.stacks.frame('', '', 0, hex, place)];
  }

  #line(at: number, end: number): { name: string; file: string; line: number } {
    const cursor = new ProtoCursor(this.#bytes, at, end);
    let id: Id = 0;
    let line = 0;
    while (cursor.tag()) {
      if (cursor.field === LINE.function) {
        cursor.number();
        id = cursor.exact;
      } else if (cursor.field === LINE.line) {
        cursor.number();
        line = cursor.signed;
      } else cursor.skip();
    }
    const entry = this.#functions.get(id);
    if (entry === undefined) throw this.#missing('function', id, at);
    return { name: this.#string(entry.name, entry.at), file: this.#string(entry.file, entry.at), line };
  }

  #string(index: number, at: number): string {
    const known = this.#strings.get(index);
    if (known !== undefined) return known;
    if (index >= this.#stringStarts.length) {
      throw this.#cursor.error('ERR_PROFILE_SYNTAX', `String ${index} is meant, but the table has ${this.#stringStarts.length}`, at);
    }
    const start = this.#stringStarts[index];
    const end = this.#stringEnds[index];
    this.#hold(100 + 2 * (end - start), at);
    const text = this.#bytes.toString('utf8', start, end);
    this.#strings.set(index, text);
    return text;
  }

  #missing(what: string, id: Id, at: number): ProfileError {
    return this.#cursor.error('ERR_PROFILE_SYNTAX', `There is no ${what} with the id ${id}`, at);
  }

  #hold(bytes: number, position: number): void {
    this.#budget.hold(bytes, this.#at(position));
  }

  #at(position: number): Place {
    this.#place.position = position;
    return this.#place;
  }
}
