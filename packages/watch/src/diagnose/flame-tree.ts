/** Owns stacks as a tree, the outermost frame at the root: what a flame graph draws. Pure. */
import type { Frame } from 'watertight/pprof';

export interface FlameNode {
  readonly name: string;
  /** `file:line`; '' where it is not known. */
  readonly place: string;
  /** All below it included. */
  readonly value: number;
  readonly children: readonly FlameNode[];
}

interface Growing {
  readonly name: string;
  readonly place: string;
  value: number;
  readonly children: Map<string, Growing>;
}

/** Frames of one stack that are drawn. Go cuts at 128 or fewer; a tree as deep as a profile may be is more than JSON can be made of. */
const DEEPEST = 512;

/** The tree of all stacks; children with most first. Stacks that are nowhere in the profile any more are left out, and of very deep ones the innermost frames. */
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
