/** Owns which groups of two services belong together, and how they differ. Pure. */
import type { GroupReport } from '../monitor/index.js';

export interface GroupBeside {
  readonly key: string;
  /** The line of the program, or what they wait in. */
  readonly where: string;
  readonly what: string;
  /** Tasks of the first service and of the second. */
  readonly counts: readonly [number, number];
}

/** By meaning and line, the largest difference first. The paths of two machines may differ where the function is the same: the file's name counts. */
export function groupsBeside(first: readonly GroupReport[], second: readonly GroupReport[]): readonly GroupBeside[] {
  const found = new Map<string, { where: string; what: string; counts: [number, number] }>();
  for (const [side, groups] of [first, second].entries()) {
    for (const { rule, site, top, diagnosis, count } of groups) {
      const where = site === null ? top : `${site.function} ${site.file.slice(site.file.lastIndexOf('/') + 1)}${site.line > 0 ? `:${site.line}` : ''}`;
      const key = `${rule ?? top} ${where}`;
      const group = found.get(key) ?? { where, what: rule === null ? (diagnosis ?? '') : site === null ? rule : `${rule}: ${top}`, counts: [0, 0] };
      group.counts[side] += count;
      found.set(key, group);
    }
  }
  const difference = ({ counts: [here, there] }: GroupBeside): number => Math.abs(there - here);
  return [...found].map(([key, group]) => ({ key, ...group })).sort((a, b) => difference(b) - difference(a));
}
