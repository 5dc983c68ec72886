/**
 * Owns the tables of a profile.proto to which samples refer (strings, functions, locations), and the
 * profile's own fields. They are read in one pass; texts and frames are made when first needed.
 */
import type { Budget, Frame, Place, ProfileError, SampleType, StackTable } from '../profile/index.js';
import { BYTES, ProtoCursor } from './proto-cursor.js';

/** Field numbers of profile.proto's messages. */
const PROFILE = { sampleType: 1, location: 4, function: 5, string: 6, time: 9, duration: 10, periodType: 11, period: 12, defaultType: 14 };
const VALUE_TYPE = { type: 1, unit: 2 };
const LOCATION = { id: 1, address: 3, line: 4 };
const LINE = { function: 1, line: 2 };
const FUNCTION = { id: 1, name: 2, systemName: 3, file: 4 };

/** The most sample types; Go's profiles have up to four. */
const MAX_TYPES = 64;

export type Id = number | bigint;

/** A function: indexes in the string table, and where they were found. */
interface FunctionEntry {
  readonly name: number;
  readonly file: number;
  readonly at: number;
}

interface LocationEntry {
  readonly address: bigint;
  /** The range of its lines, which are read later, because the functions to which they refer may follow. */
  readonly at: number;
  readonly end: number;
  frames: readonly Frame[] | null;
}

export class ProtoTables {
  timeNanos = 0;
  durationNanos = 0;
  readonly sampleTypes: readonly SampleType[];
  /** The index of the default sample type. */
  readonly mainType: number;
  readonly period: (SampleType & { readonly value: number }) | null;
  readonly #bytes: Buffer;
  readonly #budget: Budget;
  readonly #cursor: ProtoCursor;
  /** The beginning and end of each string. */
  readonly #stringStarts: number[] = [];
  readonly #stringEnds: number[] = [];
  readonly #strings = new Map<number, string>();
  readonly #functions = new Map<Id, FunctionEntry>();
  readonly #locations = new Map<Id, LocationEntry>();
  readonly #typesAt: [number, number][] = [];
  #periodAt: [number, number] | null = null;
  #period = 0;
  #defaultType = 0;
  /** One object reused for every number read, because errors are rare. */
  readonly #place = { position: 0, line: 0 };

  constructor(bytes: Buffer, budget: Budget) {
    this.#bytes = bytes;
    this.#budget = budget;
    this.#cursor = new ProtoCursor(bytes, 0, bytes.length);
    this.#read();
    if (this.#typesAt.length === 0) throw this.#cursor.error('ERR_PROFILE_SYNTAX', 'The profile does not say what it counts: it has no sample type', 0);
    if (this.string(0, 0) !== '') throw this.#cursor.error('ERR_PROFILE_SYNTAX', 'The first string of the table is not the empty one', 0);
    this.sampleTypes = this.#typesAt.map((at) => this.#valueType(at));
    this.mainType = this.#mainType();
    this.period = this.#periodAt === null ? null : { ...this.#valueType(this.#periodAt), value: this.#period };
  }

  /** The frames of a location, innermost first: an inlined call comes before the function into which it was inlined. */
  frames(id: Id, stacks: StackTable, at: number): readonly Frame[] {
    const location = this.#locations.get(id);
    if (location === undefined) throw this.#missing('location', id, at);
    return (location.frames ??= this.#readFrames(location, stacks));
  }

  /** The string with this index; `at` is where the index was found. */
  string(index: number, at: number): string {
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

  /** As in Go's tools: the sample type that the profile names, otherwise the last. */
  #mainType(): number {
    const named = this.#defaultType === 0 ? '' : this.string(this.#defaultType, 0);
    const found = this.sampleTypes.findIndex(({ type }) => type === named);
    return found === -1 ? this.sampleTypes.length - 1 : found;
  }

  #read(): void {
    const cursor = this.#cursor;
    while (cursor.tag()) {
      const { field } = cursor;
      if (field === PROFILE.time || field === PROFILE.duration || field === PROFILE.period || field === PROFILE.defaultType) {
        cursor.number();
        if (field === PROFILE.time) this.timeNanos = cursor.signed;
        else if (field === PROFILE.duration) this.durationNanos = cursor.signed;
        else if (field === PROFILE.period) this.#period = cursor.signed;
        else this.#defaultType = cursor.unsigned;
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
    return { type: this.string(type, at), unit: this.string(unit, at) };
  }

  #readFrames({ address, at, end }: LocationEntry, stacks: StackTable): readonly Frame[] {
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
      // Includes the file's name, which may be long and is processed for each line.
      this.#hold(16 + line.file.length, cursor.at);
      frames.push(stacks.frame(line.name, line.file, line.line, hex, place));
      cursor.at = lineEnd;
    }
    return frames.length > 0 ? frames : [stacks.frame('', '', 0, hex, place)];
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
    return { name: this.string(entry.name, entry.at), file: this.string(entry.file, entry.at), line };
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
