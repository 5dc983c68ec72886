/** Owns the stacks of a profile as a tree with the outermost frame at the root, as a flame graph draws it. Pure. */
import type { Frame } from 'watertight/pprof';

export interface FlameNode {
  readonly name: string;
  /** `file:line`; '' where it is not known. */
  readonly place: string;
  /** Includes everything below it. */
  readonly value: number;
  readonly children: readonly FlameNode[];
}

interface Growing {
  readonly name: string;
  readonly place: string;
  value: number;
  readonly children: Map<string, Growing>;
}

/** How many frames of one stack are drawn. Go itself cuts at 128 or fewer; JSON.stringify fails on a tree as deep as a profile may be. */
const DEEPEST = 512;

/** The tree of all stacks; the largest child comes first. Stacks with a count of 0 are left out, and so are the innermost frames of very deep stacks. */
export function flameTree(stacks: readonly { readonly frames: readonly Frame[]; readonly count: number }[]): FlameNode {
  const root: Growing = { name: 'all', place: '', value: 0, children: new Map() };
  for (const { frames, count } of stacks) {
    if (count <= 0) continue;
    root.value += count;
    let node = root;
    const cut = Math.max(0, frames.length - DEEPEST);
    for (let i = frames.length - 1; i >= (cut === 0 ? 0 : cut - 1); i--) {
      const { function: name, file, line, address } = i < cut ? { function: `… ${cut} frames more`, file: '', line: 0, address: '' } : frames[i];
      const place = file === '' ? '' : `${file}:${line}`;
      const key = `${name}\n${place}\n${name === '' ? address : ''}`;
      let child = node.children.get(key);
      if (child === undefined) node.children.set(key, (child = { name: name === '' ? address : name, place, value: 0, children: new Map() }));
      child.value += count;
      node = child;
    }
  }
  return settled(root);
}

function settled({ name, place, value, children }: Growing): FlameNode {
  return { name, place, value, children: [...children.values()].map(settled).sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1)) };
}
