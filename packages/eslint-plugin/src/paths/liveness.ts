/**
 * Owns what a variable may hold at each point of a function, on all paths that lead there: whether a release
 * inserted at a point would always meet an unread response that nobody else has, and whether code after it
 * still needs the response. Other than the walk, it lets every call in a `try` throw, since it must be sure.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import type { Shape } from '../clients/index.js';
import type { CodeGraph, Segment, SourceUnit, Variable } from '../graph/index.js';
import type { Closures } from './closure.js';
import { finalizersPassed } from './edge.js';
import type { Effect } from './effect.js';
import type { PointPosition } from './release-point.js';
import { contains, isFunction, namedAs, namesIn } from './scope.js';

/** The values that a variable may hold, as a set of bits. */
export const Holding = {
  /** An unread response of the program's own request, which nothing else holds. */
  live: 1,
  /** Nothing: undefined or null. */
  empty: 2,
  /** A response that was read, locked or given to other code; or any other value. */
  other: 4,
} as const;

/** What the liveness of a variable needs from the analysis. */
export interface LivenessSource {
  readonly unit: SourceUnit;
  readonly closures: Closures;
  /** The effects of a use; none for a function that only looks at the value. */
  effectsOf: (node: TSESTree.Node, shape: Shape) => readonly Effect[];
  /** What a write gives to the variable. */
  written: (write: TSESTree.VariableDeclarator | TSESTree.AssignmentExpression, variable: Variable) => number;
  /** What the variable holds when the function begins. */
  atStart: (variable: Variable, fn: TSESTree.Node) => number;
}

interface Link {
  readonly to: Segment;
  /** A throw: it can leave the segment at any of its events in `within`. Null for an edge from its end. */
  readonly within: TSESTree.Node | null;
}

/** A function's edges with those of every possible throw; null if `break` or `continue` leave through a `finally`, which ESLint's edges do not show. */
export function linksOf(graph: CodeGraph): ReadonlyMap<Segment, readonly Link[]> | null {
  const tries = new Set<TSESTree.TryStatement>();
  const links = new Map<Segment, Link[]>();
  for (const segment of graph.segments.values()) {
    const own = segment.raw.nextSegments.flatMap((raw): Link[] => {
      const to = graph.segments.get(raw);
      return to === undefined ? [] : [{ to, within: null }];
    });
    links.set(segment, own);
    for (const event of segment.events) {
      if ((event.type === 'BreakStatement' || event.type === 'ContinueStatement') && finalizersPassed(event).length > 0) return null;
      for (let at: TSESTree.Node | undefined = event; at && at !== graph.node; at = at.parent) if (at.type === 'TryStatement') tries.add(at);
    }
  }
  for (const statement of tries) {
    const { block, handler, finalizer } = statement;
    for (const [segment, own] of links) {
      const { start } = segment;
      for (const to of graph.segments.values()) {
        if (handler !== null && to.start === handler && touches(segment, block)) own.push({ to, within: block });
        if (finalizer !== null && to.start === finalizer) {
          if (touches(segment, block)) own.push({ to, within: block });
          if (handler !== null && (touches(segment, handler) || start === handler)) own.push({ to, within: handler });
        }
      }
    }
  }
  return links;
}

function touches({ start, events }: Segment, node: TSESTree.Node): boolean {
  return start === node || events.some((event) => contains(node, event));
}

export class Liveness {
  private readonly entry = new Map<Segment, number>();

  constructor(
    private readonly source: LivenessSource,
    private readonly graph: CodeGraph,
    private readonly links: ReadonlyMap<Segment, readonly Link[]>,
    readonly variable: Variable,
    private readonly shape: Shape,
  ) {
    this.run();
  }

  /** What the variable may hold at a position: a set of `Holding`. */
  at(position: PointPosition): number {
    if (position.kind === 'edges') return position.from.reduce((all, segment) => all | this.along(segment, segment.events.length), 0);
    return position.places.reduce((all, { segment, index }) => all | this.along(segment, index), 0);
  }

  /** Whether code after a position may use the response: anything but a look at its status and headers. */
  usedAfter(position: PointPosition): boolean {
    const seen = new Set<Segment>();
    const next: Segment[] = [];
    const follow = (segment: Segment, from: number): boolean => {
      for (let index = from; index < segment.events.length; index++) {
        const event = segment.events[index];
        if (this.needs(event)) return true;
        if (this.isWrite(event)) return false;
        for (const { to, within } of this.links.get(segment) ?? []) if (within !== null && contains(within, event)) next.push(to);
      }
      for (const { to, within } of this.links.get(segment) ?? []) if (within === null) next.push(to);
      return false;
    };
    if (position.kind === 'places') {
      for (const { segment, index } of position.places) if (follow(segment, index)) return true;
    } else {
      for (const from of position.from) for (const { to, within } of this.links.get(from) ?? []) if (within === null && position.takes(from, to)) next.push(to);
    }
    for (let segment = next.pop(); segment !== undefined; segment = next.pop()) {
      if (seen.has(segment)) continue;
      seen.add(segment);
      if (follow(segment, 0)) return true;
    }
    return false;
  }

  private run(): void {
    const { graph } = this;
    const first = graph.segments.get(graph.codePath.initialSegment);
    if (first === undefined) return;
    this.entry.set(first, this.source.atStart(this.variable, graph.node));
    const open = [first];
    for (let segment = open.pop(); segment !== undefined; segment = open.pop()) {
      let holding = this.entry.get(segment)!;
      const give = (to: Segment): void => {
        const before = this.entry.get(to) ?? 0;
        if ((before | holding) === before && this.entry.has(to)) return;
        this.entry.set(to, before | holding);
        open.push(to);
      };
      const links = this.links.get(segment) ?? [];
      const onThrow = (event: TSESTree.Node): void => {
        for (const { to, within } of links) if (within !== null && contains(within, event)) give(to);
      };
      for (const event of segment.events) {
        onThrow(event);
        holding = this.after(event, holding);
        onThrow(event);
      }
      for (const { to, within } of links) if (within === null) give(to);
    }
  }

  private along(segment: Segment, end: number): number {
    let holding = this.entry.get(segment) ?? 0;
    for (const event of segment.events.slice(0, end)) holding = this.after(event, holding);
    return holding;
  }

  private after(event: TSESTree.Node, holding: number): number {
    if (this.isWrite(event)) return this.source.written(event as TSESTree.VariableDeclarator, this.variable);
    if ((holding & Holding.live) === 0) return holding;
    return this.takes(event) ? (holding & ~Holding.live) | Holding.other : holding;
  }

  private isWrite(event: TSESTree.Node): boolean {
    if (event.type !== 'VariableDeclarator' && event.type !== 'AssignmentExpression') return false;
    const pattern = event.type === 'VariableDeclarator' ? event.id : event.left;
    return namesIn(pattern).some((name) => this.source.unit.variables.get(name) === this.variable);
  }

  /** Whether the event reads the response, locks it, or gives it to other code. */
  private takes(event: TSESTree.Node): boolean {
    const { unit, closures } = this.source;
    if (event.type === 'Identifier') {
      if (!unit.reads.has(event)) return false;
      if (unit.variables.get(event) !== this.variable) return this.namesUser(event);
      const effects = this.source.effectsOf(event, this.shape);
      // A reader that reads can still cancel.
      return this.shape.kind === 'reader' ? effects.some(({ kind }) => kind === 'finished' || kind === 'handed on' || kind === 'returned' || kind === 'enters') || isReleased(event) : effects.length > 0;
    }
    return isFunction(event) && namedAs(event) === null && closures.touches(event, this.variable, this.shape);
  }

  /** Whether a name of something else means a function that uses the response. */
  private namesUser(name: TSESTree.Identifier): boolean {
    const { closures } = this.source;
    const fn = closures.named(name);
    return fn !== null && closures.touches(fn, this.variable, this.shape);
  }

  /** Whether the event would find out that the response has been released. */
  private needs(event: TSESTree.Node): boolean {
    const { unit } = this.source;
    if (event.type === 'Identifier') {
      if (!unit.reads.has(event)) return false;
      if (unit.variables.get(event) !== this.variable) return this.namesUser(event);
      return !onlyLooks(event);
    }
    return isFunction(event) && this.variable.references.some(({ identifier }) => contains(event, identifier) && !onlyLooks(identifier));
  }
}

/** What a released response still tells as before. */
const KEPT: ReadonlySet<string> = new Set(['status', 'ok', 'headers', 'url', 'redirected', 'statusText', 'type', 'statusCode', 'statusMessage', 'httpVersion', 'rawHeaders', 'proto', 'contentLength', 'request', 'config', 'releaseLock']);

function onlyLooks(name: TSESTree.Node): boolean {
  let at = name;
  while (at.parent?.type === 'TSNonNullExpression' || at.parent?.type === 'TSAsExpression' || at.parent?.type === 'ChainExpression') at = at.parent;
  const { parent } = at;
  switch (parent?.type) {
    case 'MemberExpression':
      return parent.object === at && !parent.computed && parent.property.type === 'Identifier' && KEPT.has(parent.property.name);
    case 'UnaryExpression':
    case 'BinaryExpression':
    case 'IfStatement':
      return true;
    case 'VariableDeclarator':
      return parent.id.type === 'ObjectPattern' && parent.id.properties.every((property) => property.type === 'Property' && property.key.type === 'Identifier' && KEPT.has(property.key.name));
    default:
      return false;
  }
}

function isReleased(reader: TSESTree.Node): boolean {
  const { parent } = reader;
  return parent?.type === 'MemberExpression' && parent.property.type === 'Identifier' && parent.property.name === 'releaseLock';
}
