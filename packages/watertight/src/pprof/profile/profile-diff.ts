/** Owns the comparison of two profiles: which stacks have grown, and by how much. */
import { excerpt, ProfileError } from './profile-error.js';
import { mainTypeOf, type Frame, type Labels, type Profile, type SampleType } from './profile.js';
import { frameText, keyedGroups, StackKeys, type GroupOptions, type StackGroup } from './stack-groups.js';

/** A value in both profiles; `delta` is `after - before`. */
export interface Change {
  readonly before: number;
  readonly after: number;
  readonly delta: number;
}

/** A stack that is in one or both of the profiles. */
export interface DiffRow extends Change {
  /** Innermost first, without the runtime's frames: see `groupStacks`. Taken from the second profile if it has the stack. */
  readonly frames: readonly Frame[];
  /** As in a StackGroup; from the second profile if it has the stack, otherwise from the first. */
  readonly state: string | null;
  readonly labels: Labels;
  readonly createdBy: Frame | null;
  readonly annotations: readonly string[];
  readonly waitMs: number;
  /** One for each of the diff's sample types. The row's `before`, `after` and `delta` are those of `mainType`. */
  readonly values: readonly Change[];
}

/** The result of `diffProfiles`. */
export interface ProfileDiff extends Change {
  /** The kind of the second profile. */
  readonly kind: string;
  /** The sample types that both profiles have, in the order of the second. */
  readonly sampleTypes: readonly SampleType[];
  /** The index of the sample type by which the rows are sorted, and from which `before`, `after` and `delta` are taken. */
  readonly mainType: number;
  /** The sums over all samples, one for each sample type. The diff's `before`, `after` and `delta` are those of `mainType`. */
  readonly totals: readonly Change[];
  /**
   * Every stack of either profile, also unchanged ones: largest growth first, then largest value in the
   * second profile, then by text, so that the order is always the same.
   */
  readonly rows: readonly DiffRow[];
  /** True if Go truncated one of the profiles, so that its values are too small. */
  readonly truncated: boolean;
}

/**
 * Compares profile `a` with `b`, a later profile of the same program (or, with `by: 'function'`, of a later
 * build). The two may have different forms, because addresses, frames that one form leaves out, and states
 * (which only debug=2 has) are not compared.
 *
 * @throws ProfileError (`ERR_PROFILE_KIND`) if the profiles count different things.
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

/** The index in `a` of sample type `index` of `b`. The count of one kind may have another name in another form, because text has only the kind's name. */
function indexIn(a: Profile, b: Profile, index: number, { type, unit }: SampleType): number {
  const same = a.sampleTypes.findIndex((other) => other.type === type && other.unit === unit);
  if (same !== -1 || index !== b.mainType || a.kind !== b.kind) return same;
  return a.sampleTypes[a.mainType].unit === 'count' && unit === 'count' ? a.mainType : -1;
}

function namesOf(profile: Profile): string {
  return profile.sampleTypes.map(({ type, unit }) => excerpt(`${type}/${unit}`)).join(', ');
}

/** Sorts the rows. The long text is made only for rows that are otherwise equal. */
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
