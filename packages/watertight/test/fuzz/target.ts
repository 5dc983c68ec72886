/** One thing that is fuzzed: how its cases are made, and what must hold for each. */

import fc from 'fast-check';

export interface FuzzTarget<T = unknown> {
  readonly name: string;
  readonly cases: fc.Arbitrary<T>;
  /** How many cases cost as much as one of the cheapest target. */
  readonly cost: number;
  /** Throws, or rejects, if it does not hold. */
  check(value: T): void | Promise<void>;
}

/** A change of bytes: what is done, and where, as parts of the length. */
interface Edit {
  readonly kind: 'flip' | 'cut' | 'drop' | 'repeat' | 'insert' | 'splice';
  readonly at: number;
  readonly length: number;
  readonly bytes: Uint8Array;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'drop', 'repeat', 'insert', 'splice'),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  length: fc.nat(60),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
});

/** One of the samples, changed in up to four places. */
export function mutated(samples: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  const pick = fc.nat(samples.length - 1);
  return fc.tuple(pick, pick, fc.array(edit, { maxLength: 4 })).map(([index, other, edits]) => edits.reduce<Buffer>((bytes, each) => apply(bytes, each, samples[other]), Buffer.from(samples[index])));
}

function apply(bytes: Buffer, { kind, at, length, bytes: given }: Edit, other: Uint8Array): Buffer {
  const from = Math.floor(at * bytes.length);
  const to = Math.min(bytes.length, from + length);
  const [before, part, behind] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)];
  switch (kind) {
    case 'flip':
      return Buffer.concat([before, part.map((byte, i) => byte ^ given[i % given.length]), behind]);
    case 'cut':
      return before;
    case 'drop':
      return Buffer.concat([before, behind]);
    case 'repeat':
      return Buffer.concat([before, part, part, behind]);
    case 'insert':
      return Buffer.concat([before, given, part, behind]);
    case 'splice':
      return Buffer.concat([before, other.subarray(Math.floor(at * other.length))]);
  }
}

/** Bytes, and places to cut them at. */
export function withCuts<T extends Uint8Array>(bytes: fc.Arbitrary<T>): fc.Arbitrary<{ bytes: T; cuts: number[] }> {
  return fc.tuple(bytes, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })).map(([whole, parts]) => ({ bytes: whole, cuts: [...new Set(parts.map((part) => Math.round(part * whole.length)))].sort((a, b) => a - b) }));
}

export function piecesOf(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  return [...cuts, bytes.length].map((end, i) => bytes.slice(cuts[i - 1] ?? 0, end));
}
