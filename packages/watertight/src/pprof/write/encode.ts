/**
 * Owns the writing of debug=0, gzipped profile.proto
 * (https://github.com/google/pprof/blob/main/proto/profile.proto).
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { emptyTableToken, Function as ProtoFunction, Label, Location, Mapping, Profile as ProtoProfile, Sample as ProtoSample, StringTable, ValueType } from 'pprof-format';
import { ADDRESS_LIMIT, Addresses } from './address.js';
import type { Frame, Labels, Profile, SampleType } from '../profile/index.js';
import { Slices } from './slices.js';
import { Strings } from './string-table.js';

const compress = promisify(gzip);

/** How many samples or table entries are encoded at once. */
const BATCH = 200;

export interface EncodeOptions {
  /** A regular expression for functions that readers leave out at the innermost end of a stack. */
  readonly dropFrames?: string;
}

/**
 * Encodes and compresses a profile, in slices: a protobuf message may be written in pieces, because its
 * repeated fields may be anywhere in it.
 */
export async function encodeInSlices(profile: Profile, slices: Slices, { dropFrames = '' }: EncodeOptions = {}): Promise<Uint8Array> {
  const encoding = new Encoding();
  const pieces: Uint8Array[] = [];
  let batch: ProtoSample[] = [];
  for (const sample of profile.samples) {
    batch.push(encoding.sample(sample.values, sample.frames, sample.labels));
    if (batch.length === BATCH) {
      pieces.push(piece({ sample: batch }));
      batch = [];
    }
    if (slices.over) await slices.next();
  }
  pieces.push(piece({ sample: batch }), piece(encoding.head(profile, dropFrames)));
  for (const fields of encoding.tables()) {
    await slices.next();
    pieces.push(piece(fields));
  }
  pieces.push(...encoding.strings);
  return compress(Buffer.concat(pieces));
}

/**
 * A profile, as it was parsed or put together, in the form that `go tool pprof` and Pyroscope read: gzipped
 * profile.proto, as Go serves it without `debug`. Waiting times and states are not in it, because the format has no
 * place for them. The event loop turns while it is written.
 */
export function encodeProfile(profile: Profile): Promise<Uint8Array> {
  return encodeInSlices(profile, new Slices());
}

type Fields = NonNullable<ConstructorParameters<typeof ProtoProfile>[0]>;

/** A part of the message, without a string table, which is written once at the end. */
function piece(fields: Fields): Uint8Array {
  return new ProtoProfile({ stringTable: new StringTable(emptyTableToken), ...fields }).encode();
}

class Encoding {
  readonly #strings = new Strings();
  readonly #addresses = new Addresses();
  readonly #locations = new Map<Frame, Location>();
  readonly #functions = new Map<string, ProtoFunction>();
  readonly #stacks = new Map<readonly Frame[], number[]>();

  sample(values: readonly number[], frames: readonly Frame[], labels: Labels): ProtoSample {
    let locationId = this.#stacks.get(frames);
    if (locationId === undefined) {
      locationId = frames.map((frame) => Number(this.location(frame).id));
      this.#stacks.set(frames, locationId);
    }
    const label = Object.keys(labels).sort().map((key) => new Label({ key: this.#strings.index(key), str: this.#strings.index(labels[key]) }));
    return new ProtoSample({ locationId, value: [...values], label });
  }

  /** The strings of all other parts; must be written last. */
  get strings(): readonly Uint8Array[] {
    return this.#strings.encoded;
  }

  /** Everything but the samples and the tables. */
  head({ sampleTypes, mainType, period, time, duration }: Profile, dropFrames: string): Fields {
    const type = (each: SampleType): ValueType => new ValueType({ type: this.#strings.index(each.type), unit: this.#strings.index(each.unit) });
    // One mapping with all symbols keeps Go's tools from searching for symbols elsewhere.
    const mapping = new Mapping({
      id: 1,
      memoryLimit: ADDRESS_LIMIT,
      filename: this.#strings.index(process.argv[1] ?? process.execPath),
      hasFunctions: true,
      hasFilenames: true,
      hasLineNumbers: true,
    });
    return {
      sampleType: sampleTypes.map(type),
      mapping: [mapping],
      dropFrames: dropFrames === '' ? 0 : this.#strings.index(dropFrames),
      timeNanos: nanoseconds(time),
      durationNanos: nanoseconds(duration),
      periodType: period === null ? undefined : type(period),
      period: period?.value ?? 0,
      // Without this, Go's tool shows the last type.
      defaultSampleType: this.#strings.index(sampleTypes[mainType].type),
    };
  }

  /** The tables to which the samples refer, except the strings, in pieces. */
  *tables(): Generator<Fields, void> {
    for (const location of batches(this.#locations.values())) yield { location };
    for (const functions of batches(this.#functions.values())) yield { function: functions };
  }

  private location(frame: Frame): Location {
    let location = this.#locations.get(frame);
    if (location === undefined) {
      const line = frame.function === '' ? [] : [{ functionId: this.function(frame).id, line: frame.line }];
      location = new Location({ id: this.#locations.size + 1, mappingId: 1, address: this.#addresses.of(frame).pc, line });
      this.#locations.set(frame, location);
    }
    return location;
  }

  private function(frame: Frame): ProtoFunction {
    const key = `${frame.function}\n${frame.file}`;
    let known = this.#functions.get(key);
    if (known === undefined) {
      // Without a system name, because if it equals the name, Go's tools take `<…>` and `[…]` in it for C++ and
      // remove them.
      known = new ProtoFunction({ id: this.#functions.size + 1, name: this.#strings.index(frame.function), filename: this.#strings.index(frame.file) });
      this.#functions.set(key, known);
    }
    return known;
  }
}

function* batches<T>(items: Iterable<T>): Generator<T[], void> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Milliseconds as nanoseconds; those since 1970 exceed the exact integers of a double. */
function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}
