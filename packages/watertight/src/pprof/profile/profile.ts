/**
 * Owns the profile as data, into which every form is parsed and from which every form is written. A profile
 * holds each different stack once, with its values, and not an entry for each goroutine, so a profile of a
 * million goroutines is small.
 */

/**
 * A place in a program. Within one profile (and one StackTable) the same place is the same object, so frames
 * are compared by `===`.
 */
export interface Frame {
  /** The name as in the profile, without arguments: `net/http.(*persistConn).readLoop`; '' if only the address is known. */
  readonly function: string;
  /** '' if unknown. */
  readonly file: string;
  /** From 1; 0 if unknown. */
  readonly line: number;
  /** `0x…`, from the first stack with this place; '' in forms without addresses. Not compared if the function is known. */
  readonly address: string;
}

/** The meaning of a value: `{ type: 'goroutine', unit: 'count' }`. */
export interface SampleType {
  readonly type: string;
  readonly unit: string;
}

/** Labels by key, on an object without a prototype. A number is written as text, with its unit if it has one: `512 bytes`. */
export type Labels = Readonly<Record<string, string>>;

/** The values of one stack, in one state, with the same labels and the same creator. */
export interface Sample {
  /** One for each of the profile's sample types, in their order. A value beyond 2^53 is the nearest double. */
  readonly values: readonly number[];
  /** Innermost first, with inlined calls. Samples with the same stack share one array. */
  readonly frames: readonly Frame[];
  readonly labels: Labels;
  /** `select`, `IO wait`, `chan receive (nil chan)`; null in forms without states (debug=0 and 1). */
  readonly state: string | null;
  /**
   * Other words in the traceback's header, sorted: `leaked` and `durable` (Go 1.25 and later), `locked to
   * thread`, `synctest bubble 3`.
   */
  readonly annotations: readonly string[];
  /** The longest time in that state, ms. Go counts whole minutes; 0 is less than one, or unknown. */
  readonly waitMs: number;
  /** The `go` statement that started them, in debug=2; null in other forms, and for the main goroutine. */
  readonly createdBy: Frame | null;
}

/** The forms of a profile, named after the query parameter with which Go serves them. */
export type ProfileForm = 'debug=0' | 'debug=1' | 'debug=2';

/** A profile in any form: stacks with their values. */
export interface Profile {
  /** What is profiled: Go's `goroutine`, `threadcreate`, `goroutineleak`, `space` (of a heap); our own `httpbody` and `leaked`. */
  readonly kind: string;
  /** The form from which it was parsed, or in which it is to be written. */
  readonly form: ProfileForm;
  readonly sampleTypes: readonly SampleType[];
  /**
   * The index of the default sample type. In debug=0, the one that the profile names, or else, as in Go's
   * tools, the last: a CPU profile's time, a heap's bytes in use.
   */
  readonly mainType: number;
  /** What one sample stands for: `{ type: 'goroutine', unit: 'count', value: 1 }`; null in forms that do not contain it. */
  readonly period: (SampleType & { readonly value: number }) | null;
  /** When it was taken: milliseconds since 1970; 0 in forms that do not contain it (debug=1 and 2). */
  readonly time: number;
  /** The length of the recording, ms; 0 for a snapshot. */
  readonly duration: number;
  /** Largest main value first; equal values in the order of the input. */
  readonly samples: readonly Sample[];
  /** The sums over all samples, one for each sample type. */
  readonly totals: readonly number[];
  /** True if Go truncated the profile: in debug=2, goroutines beyond 64 MiB of text are missing. */
  readonly truncated: boolean;
}

const NONE: Labels = Object.freeze(Object.create(null) as Record<string, string>);

/** Makes labels of pairs. A key that occurs twice has both values, joined by a comma. */
export function labelsOf(pairs: Iterable<readonly [string, string]>): Labels {
  let labels: Record<string, string> | null = null;
  for (const [key, value] of pairs) {
    labels ??= Object.create(null) as Record<string, string>;
    labels[key] = key in labels ? `${labels[key]},${value}` : value;
  }
  return labels ?? NONE;
}

/** A text that is equal for equal labels, in any order, and different for different labels. */
export function labelsKey(labels: Labels): string {
  if (labels === NONE) return '';
  const keys = Object.keys(labels);
  if (keys.length > 1) keys.sort();
  let text = '';
  for (const key of keys) text += `${key.length} ${labels[key].length} ${key}${labels[key]}`;
  return text;
}

/** The default sample type: the first whose unit is `count`, otherwise the first. */
export function mainTypeOf(types: readonly SampleType[]): number {
  return Math.max(0, types.findIndex((type) => type.unit === 'count'));
}

/** The sample type of a profile of goroutines. */
export const GOROUTINE_COUNT: SampleType = Object.freeze({ type: 'goroutine', unit: 'count' });
