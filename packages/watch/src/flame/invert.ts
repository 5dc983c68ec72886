/** Owns the inverted flame graph: the innermost functions first, and below each the functions that called it. Pure. */
import type { FlameNode } from '../diagnose/index.js';

interface Growing {
  readonly name: string;
  readonly place: string;
  value: number;
  before: number;
  readonly children: Map<string, Growing>;
}

/** The same tasks by the function in which each of them is. Every task still counts once: the values of the first level add up to the whole. */
export function inverted(tree: FlameNode): FlameNode {
  const root: Growing = { name: tree.name, place: tree.place, value: tree.value, before: tree.before ?? 0, children: new Map() };
  const path: FlameNode[] = [];
  const walk = (node: FlameNode): void => {
    path.push(node);
    // What ends here, and not in a function that it called.
    const value = node.value - sum(node.children, (child) => child.value);
    const before = (node.before ?? 0) - sum(node.children, (child) => child.before ?? 0);
    if (value > 0 || before > 0) {
      let at = root;
      for (let i = path.length - 1; i >= 0; i--) {
        const { name, place } = path[i];
        const key = `${name}\n${place}`;
        let child = at.children.get(key);
        if (child === undefined) at.children.set(key, (child = { name, place, value: 0, before: 0, children: new Map() }));
        child.value += value;
        child.before += before;
        at = child;
      }
    }
    node.children.forEach(walk);
    path.pop();
  };
  tree.children.forEach(walk);
  return settled(root, tree.before !== undefined);
}

function sum(nodes: readonly FlameNode[], of: (node: FlameNode) => number): number {
  return nodes.reduce((total, node) => total + of(node), 0);
}

function settled({ name, place, value, before, children }: Growing, isCompared: boolean): FlameNode {
  return { name, place, value, ...(isCompared && { before }), children: [...children.values()].map((child) => settled(child, isCompared)).sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1)) };
}
