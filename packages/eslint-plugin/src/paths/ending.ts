/** Owns the question whether the program itself ends on every path from a place: then nobody misses a connection. */
import type { TSESTree } from '@typescript-eslint/utils';
import type { CodeGraph, Segment } from '../graph/index.js';
import { edgesOf } from './edge.js';

/**
 * `ends`: whether a call ends the program, as `process.exit()` does. Throws of other calls do not count, as in the walk.
 * A loop around the place leaks once a round, so it does not count as an end.
 */
export function programEndsAfter(graph: CodeGraph, from: Segment, index: number, ends: (call: TSESTree.CallExpression) => boolean): boolean {
  let found = false;
  const seen = new Set<Segment>();
  const open: { segment: Segment; index: number }[] = [{ segment: from, index }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { segment } = at;
    if (segment.events.slice(at.index).some((node) => node.type === 'CallExpression' && ends(node))) {
      found = true;
      continue;
    }
    if (graph.codePath.finalSegments.includes(segment.raw)) return false;
    for (const { to } of edgesOf(graph, segment, null)) {
      if (to === from) return false;
      if (seen.has(to)) continue;
      seen.add(to);
      open.push({ segment: to, index: 0 });
    }
  }
  return found;
}
