/**
 * Owns the parsing of debug=0, pprof's profile.proto, uncompressed. The bytes are read twice, first for the
 * tables and then for the samples, because a sample may refer to a table that comes after it. Samples are
 * added up one by one.
 *
 * Format: github.com/google/pprof/blob/main/proto/profile.proto.
 */
import { type Budget, type Circumstances, labelsOf, type Place, type Profile, ProfileBuilder, type StackNode } from '../profile/index.js';
import { BYTES, ProtoCursor } from './proto-cursor.js';
import { ProtoTables, type Id } from './proto-tables.js';

/** Field numbers of profile.proto's messages. */
const PROFILE = { sample: 2 };
const SAMPLE = { location: 1, value: 2, label: 3 };
const LABEL = { key: 1, string: 2, number: 3, unit: 4 };

/** The most frames of all samples together: a small profile can refer to a long stack many times. */
const MAX_FRAMES = 100_000_000;

/** Reads an uncompressed profile.proto. */
export function readProto(bytes: Buffer, budget: Budget): Profile {
  return new ProtoProfile(bytes, budget).read();
}

class ProtoProfile {
  readonly #bytes: Buffer;
  readonly #budget: Budget;
  readonly #cursor: ProtoCursor;
  readonly #tables: ProtoTables;
  readonly #builder: ProfileBuilder;
  readonly #unlabelled: Circumstances;
  /** Circumstances by the tuples of their labels. */
  readonly #labelled = new Map<string, Circumstances>();
  #framesLeft = MAX_FRAMES;
  /** One object reused for every number read, because errors are rare. */
  readonly #place = { position: 0, line: 0 };

  constructor(bytes: Buffer, budget: Budget) {
    this.#bytes = bytes;
    this.#budget = budget;
    this.#cursor = new ProtoCursor(bytes, 0, bytes.length);
    const start = { position: 0, line: 0 };
    budget.read(bytes.length, start);
    budget.hold(bytes.length, start);
    this.#tables = new ProtoTables(bytes, budget);
    this.#builder = new ProfileBuilder(this.#tables.sampleTypes, budget);
    this.#unlabelled = this.#builder.circumstances(null);
  }

  read(): Profile {
    const { sampleTypes, mainType, period, timeNanos, durationNanos } = this.#tables;
    this.#readSamples(sampleTypes.length);
    return this.#builder.build({
      kind: period === null || period.type === '' ? sampleTypes[0].type : period.type,
      form: 'debug=0',
      mainType,
      period,
      time: Math.round(timeNanos / 1e6),
      duration: durationNanos / 1e6,
    });
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
        // Repeated numbers are packed, or come one by one.
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

  /** A key that is equal for equal labels, made without their texts: a few bytes of a sample can refer to megabytes of text. */
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
      const name = this.#tables.string(key, at);
      const unitName = this.#tables.string(unit, at);
      // A label is a string or a number; the number 0 without a unit cannot be distinguished from an empty string.
      const isNumber = text === 0 && (number !== 0 || unitName !== '');
      const value = isNumber ? `${number} ${unitName}`.trimEnd() : this.#tables.string(text, at);
      this.#hold(100 + name.length + value.length, at);
      if (name !== '') pairs.push([name, value]);
    }
    this.#hold(100 + tuples.length, at);
    const circumstances = this.#builder.circumstances(null, labelsOf(pairs), [], this.#at(at));
    this.#labelled.set(tuples, circumstances);
    return circumstances;
  }

  #outward(stack: StackNode, id: Id, at: number): StackNode {
    const frames = this.#tables.frames(id, this.#builder.stacks, at);
    this.#framesLeft -= frames.length;
    if (this.#framesLeft < 0) throw this.#cursor.error('ERR_PROFILE_LIMIT', `The profile's stacks have more than ${MAX_FRAMES} frames altogether`, at);
    const place = this.#at(at);
    let node = stack;
    for (const frame of frames) node = this.#builder.stacks.outward(node, frame, place);
    return node;
  }

  #hold(bytes: number, position: number): void {
    this.#budget.hold(bytes, this.#at(position));
  }

  #at(position: number): Place {
    this.#place.position = position;
    return this.#place;
  }
}
