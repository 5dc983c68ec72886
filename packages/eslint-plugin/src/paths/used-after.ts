/** Owns the question whether the code after a node uses a value, on any path from there. */
import type { TSESTree } from '@typescript-eslint/utils';
import type { Shape } from '../clients/index.js';
import type { CodeGraph, Segment, SourceUnit } from '../graph/index.js';
import type { Closures } from './closure.js';
import type { Binding, Effect } from './effect.js';
import { isFunction, namedAs, namesIn } from './scope.js';

/** What the question needs from the analysis. */
interface Uses {
  readonly unit: SourceUnit;
  readonly closures: Closures;
  effectsOf: (node: TSESTree.Node, shape: Shape) => readonly Effect[];
}

/** Whether a use of the variable after `at` does more than look, before the variable gets another value. */
export function isUsedAfter({ unit, closures, effectsOf }: Uses, graph: CodeGraph, at: TSESTree.Node, { variable, shape }: Binding): boolean {
  const open: { segment: Segment; index: number }[] = (unit.places.get(at) ?? []).filter((place) => place.graph === graph).map(({ segment, index }) => ({ segment, index: index + 1 }));
  const seen = new Set<Segment>();
  const uses = (event: TSESTree.Node): boolean => {
    if (isFunction(event)) return namedAs(event) === null && closures.touches(event, variable, shape);
    if (event.type !== 'Identifier' || !unit.reads.has(event)) return false;
    if (unit.variables.get(event) === variable) return effectsOf(event, shape).length > 0;
    const named = closures.named(event);
    return named !== null && closures.touches(named, variable, shape);
  };
  const writes = (event: TSESTree.Node): boolean => {
    if (event.type !== 'VariableDeclarator' && event.type !== 'AssignmentExpression') return false;
    return namesIn(event.type === 'VariableDeclarator' ? event.id : event.left).some((name) => unit.variables.get(name) === variable);
  };
  next: for (let step = open.pop(); step !== undefined; step = open.pop()) {
    for (const event of step.segment.events.slice(step.index)) {
      if (uses(event)) return true;
      if (writes(event)) continue next;
    }
    for (const raw of step.segment.raw.nextSegments) {
      const segment = graph.segments.get(raw);
      if (segment === undefined || seen.has(segment)) continue;
      seen.add(segment);
      open.push({ segment, index: 0 });
    }
  }
  return false;
}
