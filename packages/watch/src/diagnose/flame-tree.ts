/** Owns the stacks of a profile as a tree with the outermost frame at the root, as a flame graph draws it. Pure. */
import type { Frame } from 'watertight/pprof';

export interface FlameNode {
  readonly name: string;
  /** `file:line`; '' where it is not known. */
  readonly place: string;
  /** Includes everything below it. */
  readonly value: number;
  /** The same in the earlier profile; left out where there is none to compare with. What is gone has a value of 0. */
  readonly before?: number;
  readonly children: readonly FlameNode[];
}

interface Growing {
  readonly name: string;
  readonly place: string;
  value: number;
  before: number;
  readonly children: Map<string, Growing>;
}

/** How many frames of one stack are drawn. Go itself cuts at 128 or fewer; JSON.stringify fails on a tree as deep as a profile may be. */
const DEEPEST = 512;

interface FlameStack {
  readonly frames: readonly Frame[];
  readonly count: number;
}

/**
 * The tree of all stacks, compared with those of an earlier profile; the largest child comes first. Stacks with a
 * count of 0 are left out, and so are the innermost frames of very deep stacks.
 */
export function flameTree(stacks: readonly FlameStack[], earlier: readonly FlameStack[] | null = null): FlameNode {
  const root: Growing = { name: 'all', place: '', value: 0, before: 0, children: new Map() };
  grow(root, stacks, 'value');
  if (earlier !== null) grow(root, earlier, 'before');
  return settled(root, earlier !== null);
}

function grow(root: Growing, stacks: readonly FlameStack[], field: 'value' | 'before'): void {
  for (const { frames, count } of stacks) {
    if (count <= 0) continue;
    root[field] += count;
    let node = root;
    const cut = Math.max(0, frames.length - DEEPEST);
    for (let i = frames.length - 1; i >= (cut === 0 ? 0 : cut - 1); i--) {
      const { function: name, file, line, address } = i < cut ? { function: `… ${cut} frames more`, file: '', line: 0, address: '' } : frames[i];
      const place = file === '' ? '' : `${file}:${line}`;
      const key = `${name}\n${place}\n${name === '' ? address : ''}`;
      let child = node.children.get(key);
      if (child === undefined) node.children.set(key, (child = { name: name === '' ? address : name, place, value: 0, before: 0, children: new Map() }));
      child[field] += count;
      node = child;
    }
  }
}

function settled({ name, place, value, before, children }: Growing, isCompared: boolean): FlameNode {
  return { name, place, value, ...(isCompared && { before }), children: [...children.values()].map((child) => settled(child, isCompared)).sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1)) };
}
