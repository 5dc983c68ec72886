/**
 * Owns the choice of ESLint's edges that a path may take. ESLint lets a `try` throw at its first reference
 * and at its end. If any call could throw, every response would be a leak, so only explicit throws count.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import type { CodeGraph, Segment } from '../graph/index.js';
import { isFunction } from './scope.js';

export interface Edge {
  readonly to: Segment;
  /** The `return`, `throw` or `yield` that leaves through the `finally` that the edge enters. */
  readonly leaving: Jump | null;
}

/** The node that leaves the function; a call if the called function throws. */
export type Jump = TSESTree.ReturnStatement | TSESTree.ThrowStatement | TSESTree.YieldExpression | TSESTree.CallExpression | TSESTree.NewExpression;

/** The node that leaves at the end of a segment: its last event, or a yield whose consumer may never continue. */
export function jumpOf(segment: Segment): Jump | null {
  const last = segment.events.at(-1);
  if (last?.type === 'ReturnStatement' || last?.type === 'ThrowStatement') return last;
  return segment.end?.type === 'YieldExpression' ? segment.end : null;
}

export function edgesOf(graph: CodeGraph, from: Segment, leaving: Jump | null): Edge[] {
  const jump = jumpOf(from);
  const edges: Edge[] = [];
  for (const raw of from.raw.nextSegments) {
    const to = graph.segments.get(raw);
    if (to === undefined) continue;
    if (to.start.type === 'CatchClause') {
      if (jump?.type === 'ThrowStatement' || leaving?.type === 'ThrowStatement') edges.push({ to, leaving: null });
    } else if (isFinalizer(to.start)) {
      const copies = copiesOf(graph, to.start);
      const leaves = copies.length === 1 || copies.at(-1) === to;
      if (!leaves) {
        if (jump === null || jump.type === 'YieldExpression') edges.push({ to, leaving: null });
      } else if (jump !== null || leaving !== null) edges.push({ to, leaving: jump ?? leaving });
    } else edges.push({ to, leaving });
  }
  return edges;
}

/** The edge to the catch clause or `finally` block that a throw at the node reaches; null if it leaves the function. */
export function catcherOf(graph: CodeGraph, node: TSESTree.CallExpression | TSESTree.NewExpression): Edge | null {
  for (let at: TSESTree.Node = node; ; ) {
    const parent: TSESTree.Node | null | undefined = at.parent;
    if (parent === undefined || parent === null || isFunction(parent)) return null;
    if (parent.type === 'TryStatement' && parent.block === at && parent.handler !== null) {
      const [to] = copiesOf(graph, parent.handler);
      return to === undefined ? null : { to, leaving: null };
    }
    if (parent.type === 'TryStatement' && parent.finalizer !== null && parent.finalizer !== at) {
      const to = copiesOf(graph, parent.finalizer).at(-1);
      return to === undefined ? null : { to, leaving: node };
    }
    at = parent;
  }
}

/** The `finally` blocks that a break or continue runs first; ESLint's edges leave them out. */
export function finalizersPassed(jump: TSESTree.BreakStatement | TSESTree.ContinueStatement): TSESTree.BlockStatement[] {
  const passed: TSESTree.BlockStatement[] = [];
  let at: TSESTree.Node = jump;
  for (let parent: TSESTree.Node | null | undefined = at.parent; parent && !isFunction(parent); parent = parent.parent) {
    if (parent.type === 'TryStatement' && parent.finalizer !== null && parent.finalizer !== at) passed.push(parent.finalizer);
    if (isTarget(jump, parent)) break;
    at = parent;
  }
  return passed;
}

function isTarget(jump: TSESTree.BreakStatement | TSESTree.ContinueStatement, node: TSESTree.Node): boolean {
  if (jump.label !== null) return node.type === 'LabeledStatement' && node.label.name === jump.label.name;
  if (/^(For|While|DoWhile)/.test(node.type)) return true;
  return jump.type === 'BreakStatement' && node.type === 'SwitchStatement';
}

function isFinalizer(node: TSESTree.Node): boolean {
  return node.parent?.type === 'TryStatement' && node.parent.finalizer === node;
}

/** The segments that begin with the node, in the order of their creation. */
function copiesOf(graph: CodeGraph, start: TSESTree.Node): Segment[] {
  return [...graph.segments.values()].filter((segment) => segment.start === start);
}
