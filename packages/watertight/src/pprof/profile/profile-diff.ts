/** Owns the comparison of two profiles: which stacks have become more, and by how much. */
import { excerpt, ProfileError } from './profile-error.js';
import { mainTypeOf, type Frame, type Labels, type Profile, type SampleType } from './profile.js';
import { frameText, keyedGroups, StackKeys, type GroupOptions, type StackGroup } from './stack-groups.js';

/** One value in both profiles; `delta` is `after - before`. */
export interface Change {
  readonly before: number;
  readonly after: number;
  readonly delta: number;
}

/** A stack in both profiles, or in one of them. */
export interface DiffRow extends Change {
  /** Innermost first, without the runtime's own frames: see `groupStacks`. From the second profile where it has the stack. */
  readonly frames: readonly Frame[];
  /** As in a StackGroup, of the second profile where it has the stack, or else of the first. */
  readonly state: string | null;
  readonly labels: Labels;
  readonly createdBy: Frame | null;
  readonly annotations: readonly string[];
  readonly waitMs: number;
  /** One for each of the diff's sample types. The row's own before, after and delta are those of `mainType`. */
  readonly values: readonly Change[];
}

export interface ProfileDiff extends Change {
  /** Of the second profile. */
  readonly kind: string;
  /** Those that both profiles have, in the order of the second. */
  readonly sampleTypes: readonly SampleType[];
  /** By which of them the rows are sorted, and of which the plain before, after and delta are. */
  readonly mainType: number;
  /** One for each sample type: of all samples. The diff's own before, after and delta are those of `mainType`. */
  readonly totals: readonly Change[];
  /** Every stack of either profile, also what has not changed: largest growth first, then most in the second profile, then by their text, so that the order is the same every time. */
  readonly rows: readonly DiffRow[];
  /** True if Go cut one of the profiles off, so that the figures are too small. */
  readonly truncated: boolean;
}

/**
 * What became of the stacks of profile `a` in profile `b`, a later one of the
 * same program (or, with `by: 'function'`, of a later build). They may be of
 * different forms: addresses, and the frames that one form leaves out, are not
 * compared, nor are states, since only debug=2 has them.
 *
 * Throws a ProfileError (`ERR_PROFILE_KIND`) if they count different things.
 */
export function diffProfiles(a: Profile, b: Profile, options: GroupOptions = {}): ProfileDiff {
  const sampleTypes = b.sampleTypes.filter((type, index) => indexIn(a, b, index, type) !== -1);
  if (sampleTypes.length === 0) {
    throw new ProfileError('ERR_PROFILE_KIND', `A profile of ${namesOf(a)} cannot be compared with one of ${namesOf(b)}: they have no sample type in common.`);
  }
  const inB = sampleTypes.map((type) => b.sampleTypes.indexOf(type));
  const inA = sampleTypes.map((type, i) => indexIn(a, b, inB[i], type));
  const main = inB.indexOf(b.mainType);
  const mainType = main === -1 ? mainTypeOf(sampleTypes) : main;
  const keys = new StackKeys(options);
  const before = keyedGroups(a, keys);
  const after = keyedGroups(b, keys);

  const rows = [...new Set([...after.keys(), ...before.keys()])].map((key): DiffRow => {
    const was = before.get(key);
    const is = after.get(key);
    const values = sampleTypes.map((_, i) => change(was?.values[inA[i]] ?? 0, is?.values[inB[i]] ?? 0));
    const { frames, state, labels, createdBy, annotations, waitMs } = (is ?? was) as StackGroup;
    return { frames, state, labels, createdBy, annotations, waitMs, ...values[mainType], values };
  });
  const totals = sampleTypes.map((_, i) => change(a.totals[inA[i]], b.totals[inB[i]]));
  return { kind: b.kind, sampleTypes, mainType, ...totals[mainType], totals, rows: sorted(rows), truncated: a.truncated || b.truncated };
}

function change(before: number, after: number): Change {
  return { before, after, delta: after - before };
}

/** Where `a` has what is sample type `index` in `b`. The count of one kind may have another name in another form: text has only the kind's. */
function indexIn(a: Profile, b: Profile, index: number, { type, unit }: SampleType): number {
  const same = a.sampleTypes.findIndex((other) => other.type === type && other.unit === unit);
  if (same !== -1 || index !== b.mainType || a.kind !== b.kind) return same;
  return a.sampleTypes[a.mainType].unit === 'count' && unit === 'count' ? a.mainType : -1;
}

function namesOf(profile: Profile): string {
  return profile.sampleTypes.map(({ type, unit }) => excerpt(`${type}/${unit}`)).join(', ');
}

/** The text, which is long, is made for those rows only that nothing else tells apart. */
function sorted(rows: readonly DiffRow[]): DiffRow[] {
  const texts = new Map<DiffRow, string>();
  const textOf = (row: DiffRow): string => {
    let text = texts.get(row);
    if (text === undefined) {
      text = [...row.frames.map((frame) => frameText(frame)), ...Object.entries(row.labels).flat()].join('\n');
      texts.set(row, text);
    }
    return text;
  };
  return [...rows].sort((a, b) => b.delta - a.delta || b.after - a.after || compare(textOf(a), textOf(b)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
