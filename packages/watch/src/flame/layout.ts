/** Owns the geometry of a flame graph: where its bars lie, and which of them a search finds. Pure. */
import { hierarchy, partition, type HierarchyRectangularNode } from 'd3-hierarchy';
import type { FlameNode } from '../diagnose/index.js';

export type FlameBar = HierarchyRectangularNode<FlameNode>;

/** A bar as it is drawn: from 0 to 1 of the width that is seen. */
export interface PlacedBar {
  readonly bar: FlameBar;
  readonly left: number;
  readonly width: number;
}

/** Of the width that is seen: a narrower bar is less than a pixel on most screens. */
const NARROWEST = 1 / 1500;

/** The tree with a place for each node, siblings in the order they come in. */
export function layFlame(tree: FlameNode): FlameBar {
  const root = hierarchy(tree);
  // d3's own sum() adds up what the leaves have; here a node's value has its children's in it already.
  const valued = root.each((node) => Object.assign(node, { value: node.data.value }));
  return partition<FlameNode>()(valued);
}

/** The bars that are seen when `zoomed` has the whole width: those that lead to it, and those below it that are wide enough. */
export function visibleBars(zoomed: FlameBar): { readonly bars: readonly PlacedBar[]; readonly hidden: number } {
  const span = zoomed.x1 - zoomed.x0 || 1;
  const bars: PlacedBar[] = zoomed.ancestors().slice(1).reverse().map((bar) => ({ bar, left: 0, width: 1 }));
  let hidden = 0;
  const place = (bar: FlameBar): void => {
    const width = (bar.x1 - bar.x0) / span;
    // What an earlier profile had, and this one has not, has no width.
    if (bar.data.value === 0 && bar !== zoomed) return;
    if (width < NARROWEST) {
      hidden++;
      return;
    }
    bars.push({ bar, left: (bar.x0 - zoomed.x0) / span, width });
    bar.children?.forEach(place);
  };
  place(zoomed);
  return { bars, hidden };
}

export interface Found {
  readonly bars: ReadonlySet<FlameBar>;
  /** How many tasks have a matching frame; a task with several counts once. */
  readonly count: number;
}

/** The frames whose function or place contains the text, in either case; null without a text. */
export function findBars(root: FlameBar, text: string): Found | null {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return null;
  const bars = new Set<FlameBar>();
  let count = 0;
  const look = (bar: FlameBar, inFound: boolean): void => {
    const found = bar.depth > 0 && `${bar.data.name} ${bar.data.place}`.toLowerCase().includes(wanted);
    if (found) bars.add(bar);
    if (found && !inFound) count += bar.data.value;
    bar.children?.forEach((child) => look(child, inFound || found));
  };
  look(root, false);
  return { bars, count };
}

/** The same bar in another tree, by the names that lead to it; as far as there are such. */
export function sameBar(root: FlameBar, bar: FlameBar): FlameBar {
  let at = root;
  for (const { data } of bar.ancestors().reverse().slice(1)) {
    const next = at.children?.find(({ data: other }) => other.name === data.name && other.place === data.place);
    if (next === undefined) return at;
    at = next;
  }
  return at;
}
