/** Owns the places in a function where a release can be inserted, and what they mean on the code path. */
import type { TSESTree } from '@typescript-eslint/utils';
import { outcomeOf, type CodeGraph, type Place, type Segment, type SourceUnit } from '../graph/index.js';
import { childrenOf, contains, isFunction } from './scope.js';

export type ReleasePoint =
  /** Before a statement. */
  | { readonly kind: 'before'; readonly statement: TSESTree.Statement }
  /** After the last statement of a block. */
  | { readonly kind: 'end'; readonly block: TSESTree.BlockStatement }
  /** In an `else` that the statement does not have yet. */
  | { readonly kind: 'else'; readonly of: TSESTree.IfStatement }
  /** Before a statement, in an `if` that asks a condition inside the statement before the statement does. */
  | { readonly kind: 'guard'; readonly statement: TSESTree.Statement; readonly test: TSESTree.Expression; readonly outcome: boolean };

/** The places of a function, in the order of its text. Those in nested functions belong to the nested function. */
export function releasePointsIn(fn: TSESTree.Node, isGuard: (test: TSESTree.Node) => boolean): ReleasePoint[] {
  const points: ReleasePoint[] = [];
  const visit = (node: TSESTree.Node, statement: TSESTree.Statement | null): void => {
    if (isFunction(node) || node.type === 'ClassBody') return;
    switch (node.type) {
      case 'ReturnStatement':
      case 'ThrowStatement':
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'ExpressionStatement':
      case 'VariableDeclaration':
        // The head of a loop and an export are no place for a statement.
        if (!/^(BlockStatement|Program|StaticBlock|SwitchCase|IfStatement|For.*|While.*|DoWhile.*)$/.test(node.parent.type)) break;
        if (node.type === 'VariableDeclaration' && /^For/.test(node.parent.type)) break;
        points.push({ kind: 'before', statement: node });
        statement = node;
        break;
      case 'ConditionalExpression':
        addGuards(node.test, statement);
        break;
      case 'LogicalExpression':
        addGuards(node.left, statement);
        break;
      default:
        break;
    }
    for (const child of childrenOf(node)) visit(child, statement);
    if (node.type === 'BlockStatement') points.push({ kind: 'end', block: node });
    if (node.type === 'IfStatement' && node.alternate === null) points.push({ kind: 'else', of: node });
  };
  const addGuards = (test: TSESTree.Expression, statement: TSESTree.Statement | null): void => {
    if (statement === null || !isGuard(test)) return;
    points.push({ kind: 'guard', statement, test, outcome: true }, { kind: 'guard', statement, test, outcome: false });
  };
  const body = isFunction(fn) ? fn.body : fn;
  if (body !== null && (body.type === 'BlockStatement' || body.type === 'Program')) visit(body, null);
  return points;
}

/** Where a point is on the code path: a place in a segment, or some of the edges out of segments. */
export type PointPosition = { readonly kind: 'places'; readonly event: TSESTree.Node; readonly places: readonly Place[] } | { readonly kind: 'edges'; readonly from: readonly Segment[]; readonly takes: (from: Segment, to: Segment) => boolean };

/** The position of a point in the graph; null if no path reaches it, or if it cannot be told. */
export function positionOf(unit: SourceUnit, graph: CodeGraph, point: ReleasePoint): PointPosition | null {
  switch (point.kind) {
    case 'before': {
      const event = firstEventIn(unit, graph, point.statement);
      return event === null ? null : placesOf(unit, graph, event);
    }
    case 'end':
      return placesOf(unit, graph, point.block);
    case 'else': {
      const { of } = point;
      const takes = ({ test }: Segment, to: Segment): boolean => test !== null && contains(of.test, test) && !contains(of.test, to.start) && to.start !== of.consequent;
      return edges(graph, takes);
    }
    case 'guard': {
      const event = firstEventIn(unit, graph, point.statement);
      const takes = ({ test }: Segment, to: Segment): boolean => test === point.test && outcomeOf(point.test, to.start) === point.outcome;
      // The condition must be the first one that the statement asks: the `if` asks it in any case.
      const isFirst = event !== null && (unit.places.get(event) ?? []).some(({ segment }) => segment.test === point.test);
      return isFirst ? edges(graph, takes) : null;
    }
  }
}

function placesOf(unit: SourceUnit, graph: CodeGraph, event: TSESTree.Node): PointPosition | null {
  const places = (unit.places.get(event) ?? []).filter((place) => place.graph === graph);
  return places.length === 0 ? null : { kind: 'places', event, places };
}

function edges(graph: CodeGraph, takes: (from: Segment, to: Segment) => boolean): PointPosition | null {
  const from = [...graph.segments.values()].filter((segment) => segment.raw.nextSegments.some((raw) => {
    const to = graph.segments.get(raw);
    return to !== undefined && takes(segment, to);
  }));
  return from.length === 0 ? null : { kind: 'edges', from, takes };
}

/** The first event of a statement: places are in the order of evaluation. */
function firstEventIn(unit: SourceUnit, graph: CodeGraph, statement: TSESTree.Node): TSESTree.Node | null {
  for (const [node, places] of unit.places) if (contains(statement, node) && places.some((place) => place.graph === graph)) return node;
  return null;
}

/** Points at which the code is thought to end the response, for a second look at the paths. */
export class Releases {
  readonly at: ReadonlySet<TSESTree.Node>;
  private readonly edges: readonly ((from: Segment, to: Segment) => boolean)[];

  constructor(positions: readonly PointPosition[]) {
    this.at = new Set(positions.flatMap((position) => (position.kind === 'places' ? [position.event] : [])));
    this.edges = positions.flatMap((position) => (position.kind === 'edges' ? [position.takes] : []));
  }

  onEdge(from: Segment, to: Segment): boolean {
    return this.edges.some((takes) => takes(from, to));
  }
}
