/** Owns the question where the program itself ends: on every path from a place, so that nobody misses a connection, or at one call. */
import type { TSESTree } from '@typescript-eslint/utils';
import ts from 'typescript';
import { calledDeclaration, packageOf } from '../clients/index.js';
import type { CodeGraph, Segment, SourceUnit } from '../graph/index.js';
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

/** How the program continues after a call that never returns; null for a call that may return. */
export function neverReturns(unit: SourceUnit, call: TSESTree.CallExpression): 'ends' | 'throws' | null {
  if ((unit.services.getTypeAtLocation(call).flags & ts.TypeFlags.Never) === 0) return null;
  const declaration = calledDeclaration(unit, call);
  if (declaration === null) return null;
  const name = declaration.name?.getText();
  const owner = packageOf(declaration.getSourceFile(), unit.services.program);
  return owner === '@types/node' && (name === 'exit' || name === 'abort') ? 'ends' : 'throws';
}
