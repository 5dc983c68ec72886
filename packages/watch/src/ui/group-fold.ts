/** Owns which groups of stacks are shown as one row: those with the same meaning and the same line of the program. Pure. */
import type { GroupReport } from '../monitor/index.js';

export interface GroupFold {
  /** Tells folds apart, also after a reload. */
  readonly id: string;
  /** In their order; one only, where nothing is folded. */
  readonly members: readonly GroupReport[];
  /** What the row shows: the first member, with the numbers of all. */
  readonly whole: GroupReport;
}

/** A group without a known meaning or a line stays alone: nothing says that two of them are of one kind. */
export function foldsOf(groups: readonly GroupReport[]): readonly GroupFold[] {
  const folds = new Map<string, GroupReport[]>();
  for (const [index, group] of groups.entries()) {
    const { rule, site } = group;
    const id = rule === null || site === null ? `#${index}` : `${rule} ${site.function} ${site.file}:${site.line}`;
    const members = folds.get(id);
    if (members === undefined) folds.set(id, [group]);
    else members.push(group);
  }
  return [...folds].map(([id, members]) => ({ id, members, whole: wholeOf(members) }));
}

function wholeOf(members: readonly GroupReport[]): GroupReport {
  const sum = (of: (group: GroupReport) => number): number => members.reduce((total, group) => total + of(group), 0);
  return { ...members[0], count: sum(({ count }) => count), growth: sum(({ growth }) => growth), leaking: members.some(({ leaking }) => leaking), perHour: sum(({ perHour }) => perHour) };
}
