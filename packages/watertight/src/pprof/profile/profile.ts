/**
 * Owns the profile as data: what every form is parsed into and written from.
 * A profile holds stacks, each with how much of something was found there;
 * never one entry a goroutine, so that a million of them stay small.
 */

/**
 * A place in a program. Frames are shared: within one profile (and one
 * StackTable) the same place is the same object, so `===` compares them.
 */
export interface Frame {
  /** As the profile spells it, without arguments: `net/http.(*persistConn).readLoop`. '' where only the address is known. */
  readonly function: string;
  /** '' where unknown. */
  readonly file: string;
  /** From 1; 0 where unknown. */
  readonly line: number;
  /** `0x…`, of the first stack in which this place was seen; '' in forms without addresses. Two places with a function differ by function, file and line only. */
  readonly address: string;
}

/** What a value counts: `{ type: 'goroutine', unit: 'count' }`. */
export interface SampleType {
  readonly type: string;
  readonly unit: string;
}

/** Labels by key, on an object without a prototype. Numbers are written out, with their unit where there is one: `512 bytes`. */
export type Labels = Readonly<Record<string, string>>;

/** What was found at one stack, in one state, with the same labels and the same creator. */
export interface Sample {
  /** One for each of the profile's sample types, in their order. Beyond 2^53 the nearest double. */
  readonly values: readonly number[];
  /** Innermost first, inlined calls included. Shared between samples with the same stack. */
  readonly frames: readonly Frame[];
  readonly labels: Labels;
  /** `select`, `IO wait`, `chan receive (nil chan)`; null in the forms that do not say (debug=0 and 1). */
  readonly state: string | null;
  /**
   * What else the traceback says of the goroutine, sorted: `leaked` and
   * `durable` (Go 1.25 and later), `locked to thread`, `synctest bubble 3`.
   */
  readonly annotations: readonly string[];
  /** How long the longest waiting of them had been in that state, ms; Go counts whole minutes, and 0 is less than one, or not known. */
  readonly waitMs: number;
  /** The `go` statement that started them, in debug=2; null otherwise, and for the main goroutine. */
  readonly createdBy: Frame | null;
}

/** The forms, by the name of the query parameter that asks Go for them. */
export type ProfileForm = 'debug=0' | 'debug=1' | 'debug=2';

export interface Profile {
  /** `goroutine`, `threadcreate`, `goroutineleak`, `heap`'s `space`; our own `httpbody` and `leaked`. */
  readonly kind: string;
  /** What it was parsed from, or is to be written as. */
  readonly form: ProfileForm;
  readonly sampleTypes: readonly SampleType[];
  /** Which sample type is meant when none is named. In debug=0 the one that the profile names, or else, as in Go's tools, the last: a CPU profile's time, a heap's bytes in use. */
  readonly mainType: number;
  /** What one sample stands for: `{ type: 'goroutine', unit: 'count', value: 1 }`; null where the form does not say. */
  readonly period: (SampleType & { readonly value: number }) | null;
  /** When it was taken: milliseconds since 1970; 0 where the form does not say (debug=1 and 2). */
  readonly time: number;
  /** How long it was recorded for, ms; 0 for a snapshot. */
  readonly duration: number;
  /** Largest main value first; equal ones in the order of the input. */
  readonly samples: readonly Sample[];
  /** The sum over all samples, one for each sample type. */
  readonly totals: readonly number[];
  /** True if Go itself cut the profile off: at 64 MiB of debug=2, the rest of the goroutines is missing. */
  readonly truncated: boolean;
}

const NONE: Labels = Object.freeze(Object.create(null) as Record<string, string>);

/** Labels from pairs. A key that comes twice has both values, joined by a comma. */
export function labelsOf(pairs: Iterable<readonly [string, string]>): Labels {
  let labels: Record<string, string> | null = null;
  for (const [key, value] of pairs) {
    labels ??= Object.create(null) as Record<string, string>;
    labels[key] = key in labels ? `${labels[key]},${value}` : value;
  }
  return labels ?? NONE;
}

/** The same text for the same labels, whatever their order, and another for others. */
export function labelsKey(labels: Labels): string {
  if (labels === NONE) return '';
  const keys = Object.keys(labels);
  if (keys.length > 1) keys.sort();
  let text = '';
  for (const key of keys) text += `${key.length} ${labels[key].length} ${key}${labels[key]}`;
  return text;
}

/** Which of the sample types is meant when none is named. */
export function mainTypeOf(types: readonly SampleType[]): number {
  return Math.max(0, types.findIndex((type) => type.unit === 'count'));
}

/** What a profile of goroutines counts. */
export const GOROUTINE_COUNT: SampleType = Object.freeze({ type: 'goroutine', unit: 'count' });
