/**
 * Owns the choice of the points at which a suggestion releases a response. A point counts only if every path to
 * it holds an unread response that nobody else has, and if no code after it needs the response.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import ts from 'typescript';
import { awaited, memberUse, type RequestCall, type Shape } from '../clients/index.js';
import type { Call, CodeGraph, SourceUnit, Variable } from '../graph/index.js';
import type { Closures } from './closure.js';
import type { Effect, Exit } from './effect.js';
import { Holding, linksOf, Liveness, type LivenessSource } from './liveness.js';
import { bindPattern, propertyName } from './pattern.js';
import { positionOf, releasePointsIn, type PointPosition, type ReleasePoint } from './release-point.js';
import { isFunction } from './scope.js';

/** A release to insert: of the response that `variable` holds. */
export interface Release {
  readonly point: ReleasePoint;
  readonly variable: Variable;
  readonly shape: Shape;
  /** On some path to the point, the variable is null or undefined. */
  readonly mayBeEmpty: boolean;
}

export interface ReleaseSource {
  readonly unit: SourceUnit;
  readonly closures: Closures;
  effectsOf: (node: TSESTree.Node, shape: Shape) => readonly Effect[];
  requestOf: (call: Call) => RequestCall | null;
  /** Whether the request still leaks with releases at these positions. */
  leaksWith: (positions: readonly PointPosition[]) => boolean;
}

/** More points than this are not tried one by one. */
const MAX_POINTS = 60;

interface Candidate {
  readonly release: Release;
  readonly position: PointPosition;
}

export class ReleaseFinder {
  private readonly livenesses = new Map<Variable, Liveness | null>();

  constructor(
    private readonly source: ReleaseSource,
    private readonly graph: CodeGraph,
  ) {}

  /** The fewest releases, each as late as possible, after which no path leaks; null if there are none that are safe. */
  find(leaks: readonly Exit[]): Release[] | null {
    const held = new Map(leaks.flatMap(({ holders }) => holders.map(({ variable, shape }) => [variable, shape] as const)));
    let all: Candidate[] = [];
    for (const [variable, shape] of held) all.push(...this.candidates(variable, shape));
    if (all.length === 0 || all.length > MAX_POINTS || this.leaksWith(all)) return null;
    // The earliest go first, so that those close to the end of a path stay. Of two variables at a point, the first stays.
    for (const each of [...all].sort((a, b) => placeOf(a) - placeOf(b) || all.indexOf(b) - all.indexOf(a))) {
      const fewer = all.filter((other) => other !== each);
      if (!this.leaksWith(fewer)) all = fewer;
    }
    return all.map(({ release }) => release);
  }

  private leaksWith(candidates: readonly Candidate[]): boolean {
    return this.source.leaksWith(candidates.map(({ position }) => position));
  }

  private candidates(variable: Variable, shape: Shape): Candidate[] {
    const { unit } = this.source;
    if (shape.promised || (shape.kind !== 'response' && shape.kind !== 'body' && shape.kind !== 'reader')) return [];
    const liveness = this.livenessOf(variable, shape);
    if (liveness === null) return [];
    const sources = this.sourcesOf(variable);
    return releasePointsIn(this.graph.node, (test) => this.isGuard(test)).flatMap((point): Candidate[] => {
      if (!this.isVisible(variable, point)) return [];
      const position = positionOf(unit, this.graph, point);
      if (position === null) return [];
      const holding = liveness.at(position);
      if ((holding & Holding.live) === 0 || (holding & Holding.other) !== 0) return [];
      if ((holding & Holding.empty) !== 0 && isTypedAsFull(unit, variable)) return []; // TypeScript lets nobody read it before it is assigned
      if (liveness.usedAfter(position) || sources.some((other) => other.usedAfter(position))) return [];
      return [{ release: { point, variable, shape, mayBeEmpty: (holding & Holding.empty) !== 0 }, position }];
    });
  }

  private livenessOf(variable: Variable, shape: Shape): Liveness | null {
    const known = this.livenesses.get(variable);
    if (known !== undefined) return known;
    this.livenesses.set(variable, null); // ends the recursion of variables that are assigned to each other
    const links = linksOf(this.graph);
    const { unit, closures, effectsOf } = this.source;
    const source: LivenessSource = {
      unit,
      closures,
      effectsOf,
      written: (write, of) => this.written(write, of, shape),
      atStart: (of, fn) => this.atStart(of, fn),
    };
    const result = links === null ? null : new Liveness(source, this.graph, links, variable, shape);
    this.livenesses.set(variable, result);
    return result;
  }

  /** The variables through which this one got its value: the response of a body, the body of a reader. */
  private sourcesOf(variable: Variable): Liveness[] {
    return variable.defs.flatMap(({ node }) => {
      if (node.type !== 'VariableDeclarator' || node.init === null) return [];
      const base = baseOf(node.init);
      const found = base === null ? undefined : this.source.unit.variables.get(base);
      const liveness = found === undefined ? null : this.livenesses.get(found);
      return liveness === undefined || liveness === null ? [] : [liveness, ...this.sourcesOf(found!)];
    });
  }

  private atStart(variable: Variable, fn: TSESTree.Node): number {
    const parameter = variable.defs.find(({ type }) => (type as string) === 'Parameter');
    if (parameter === undefined) return variable.scope.variableScope.block === fn ? Holding.empty : Holding.other;
    // A function with a name may be called with a response that its caller still needs.
    const inline = isFunction(fn) && fn.parent.type === 'CallExpression' && fn.parent.arguments.includes(fn as TSESTree.Expression);
    return inline ? Holding.live : Holding.other;
  }

  private written(write: TSESTree.VariableDeclarator | TSESTree.AssignmentExpression, variable: Variable, shape: Shape): number {
    const isDeclarator = write.type === 'VariableDeclarator';
    if (!isDeclarator && write.operator !== '=') return Holding.other;
    const value = isDeclarator ? write.init : write.right;
    if (value === null) return /^For(Of|In)/.test(write.parent?.parent?.type ?? '') ? Holding.other : Holding.empty;
    if (this.source.closures.takenBefore(variable, shape, write)) return Holding.other;
    const given = this.valueOf(value);
    const pattern = isDeclarator ? write.id : write.left;
    if (given === 'empty') return pattern.type === 'Identifier' ? Holding.empty : Holding.other;
    if (given === null) return Holding.other;
    const { bindings, stored } = bindPattern(this.source.unit, pattern, given.shape);
    const holds = !stored && bindings.some((binding) => binding.variable === variable && binding.shape.kind === shape.kind && !binding.shape.promised);
    return holds ? Holding.live | (given.mayBeEmpty ? Holding.empty : 0) : Holding.other;
  }

  /** The response that an expression always gives, from a request or a variable of its own; null if it may give another value. */
  private valueOf(node: TSESTree.Node): { shape: Shape; mayBeEmpty: boolean } | 'empty' | null {
    switch (node.type) {
      case 'TSAsExpression':
      case 'TSNonNullExpression':
      case 'TSSatisfiesExpression':
      case 'ChainExpression':
        return this.valueOf(node.expression);
      case 'Literal':
        return node.value === null ? 'empty' : null;
      case 'Identifier':
        return node.name === 'undefined' ? 'empty' : this.heldBy(node);
      case 'AwaitExpression': {
        const value = this.valueOf(node.argument);
        return value === null || value === 'empty' ? value : { ...value, shape: awaited(value.shape) };
      }
      case 'ConditionalExpression': {
        const [one, other] = [this.valueOf(node.consequent), this.valueOf(node.alternate)];
        if (one === null || other === null) return null;
        if (one === 'empty') return other === 'empty' ? other : { ...other, mayBeEmpty: true };
        if (other === 'empty') return { ...one, mayBeEmpty: true };
        return one.shape.kind === other.shape.kind && one.shape.promised === other.shape.promised ? { ...one, mayBeEmpty: one.mayBeEmpty || other.mayBeEmpty } : null;
      }
      case 'MemberExpression':
        return this.part(this.valueOf(node.object), propertyName(node), 'gives');
      case 'NewExpression':
      case 'CallExpression': {
        const request = this.source.requestOf(node);
        if (request?.result) return { shape: request.result, mayBeEmpty: this.mayGiveNothing(node) };
        if (node.type === 'NewExpression' || node.callee.type !== 'MemberExpression') return null;
        const name = propertyName(node.callee);
        const of = this.valueOf(node.callee.object);
        if (of !== null && of !== 'empty' && of.shape.promised) return name === 'catch' && givesNothing(node.arguments.at(0)) ? { ...of, mayBeEmpty: true } : null;
        const made = this.part(of, name, 'makes');
        return made === null || made === 'empty' ? made : { ...made, mayBeEmpty: node.callee.optional };
      }
      default:
        return null;
    }
  }

  private part(of: ReturnType<ReleaseFinder['valueOf']>, name: string | null, kind: 'gives' | 'makes'): ReturnType<ReleaseFinder['valueOf']> {
    if (of === null || of === 'empty') return null;
    const use = memberUse(of.shape, name);
    return use.kind === kind && (use.shape.kind === 'body' || use.shape.kind === 'reader') ? { ...of, shape: use.shape } : null;
  }

  /** The response of another variable, if that holds nothing else here. */
  private heldBy(name: TSESTree.Identifier): ReturnType<ReleaseFinder['valueOf']> {
    const variable = this.source.unit.variables.get(name);
    const definition = variable?.defs.at(0)?.node;
    if (variable === undefined) return null;
    const shape = this.shapeOf(variable, definition);
    if (shape === null) return null;
    const liveness = this.livenessOf(variable, shape);
    const places = (this.source.unit.places.get(name) ?? []).filter(({ graph }) => graph === this.graph);
    if (liveness === null || places.length === 0) return null;
    const holding = liveness.at({ kind: 'places', event: name, places });
    return (holding & Holding.live) !== 0 && (holding & Holding.other) === 0 ? { shape, mayBeEmpty: (holding & Holding.empty) !== 0 } : null;
  }

  private shapeOf(variable: Variable, definition: TSESTree.Node | undefined): Shape | null {
    if (definition?.type !== 'VariableDeclarator' || definition.init === null) return null;
    if (this.livenesses.get(variable) === null) return null;
    const value = this.valueOf(definition.init);
    if (value === null || value === 'empty') return null;
    return bindPattern(this.source.unit, definition.id, value.shape).bindings.find((binding) => binding.variable === variable)?.shape ?? null;
  }

  private mayGiveNothing(call: Call): boolean {
    const { program } = this.source.unit.services;
    return isNullable(program.getTypeChecker().getAwaitedType(this.source.unit.services.getTypeAtLocation(call)));
  }

  /** Whether a condition has the same outcome when it is asked a moment earlier: of constants, and of the parts of a response that do not change. */
  private isGuard(test: TSESTree.Node): boolean {
    switch (test.type) {
      case 'Literal':
        return true;
      case 'Identifier': {
        const variable = this.source.unit.variables.get(test);
        return variable !== undefined && variable.defs.length === 1 && variable.references.filter((reference) => reference.isWrite() && reference.init !== true).length === 0;
      }
      case 'UnaryExpression':
        return test.operator === '!' && this.isGuard(test.argument);
      case 'BinaryExpression':
        return /^([!=]==?|[<>]=?)$/.test(test.operator) && this.isGuard(test.left) && this.isGuard(test.right);
      case 'ChainExpression':
        return false;
      case 'MemberExpression':
        return !test.computed && test.property.type === 'Identifier' && /^(ok|status|statusCode|redirected|statusText|url|type)$/.test(test.property.name) && test.object.type === 'Identifier' && this.isGuard(test.object);
      default:
        return false;
    }
  }

  /** Whether the variable's name means the variable at the point. */
  private isVisible(variable: Variable, point: ReleasePoint): boolean {
    const at = point.kind === 'end' ? point.block : point.kind === 'else' ? point.of : point.statement;
    const before = point.kind === 'end' ? point.block.range[1] : point.kind === 'else' ? point.of.range[1] : point.statement.range[0];
    if (variable.defs.some(({ node }) => node.type === 'VariableDeclarator') && variable.identifiers.some((name) => name.range[0] > before)) return false;
    for (let scope: ReturnType<SourceUnit['sourceCode']['getScope']> | null = this.source.unit.sourceCode.getScope(at); scope !== null; scope = scope.upper) {
      const found = scope.set.get(variable.name);
      if (found !== undefined) return found === variable;
    }
    return false;
  }
}

function isTypedAsFull(unit: SourceUnit, variable: Variable): boolean {
  const [name] = variable.identifiers;
  const definition = variable.defs.at(0)?.node;
  if (definition?.type !== 'VariableDeclarator' || definition.init !== null || definition.id.type !== 'Identifier' || definition.id.typeAnnotation === undefined) return false;
  return !isNullable(unit.services.getTypeAtLocation(name));
}

function isNullable(type: ts.Type | undefined): boolean {
  const parts = type?.isUnion() ? type.types : type === undefined ? [] : [type];
  return parts.some(({ flags }) => (flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)) !== 0);
}

function placeOf({ release: { point } }: Candidate): number {
  return point.kind === 'end' ? point.block.range[1] : point.kind === 'else' ? point.of.range[1] : point.statement.range[0];
}

/** The identifier at the root of `res.body!.getReader()`. */
function baseOf(node: TSESTree.Node): TSESTree.Identifier | null {
  switch (node.type) {
    case 'Identifier':
      return node;
    case 'MemberExpression':
      return baseOf(node.object);
    case 'CallExpression':
      return baseOf(node.callee);
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'ChainExpression':
      return baseOf(node.expression);
    default:
      return null;
  }
}

/** Whether a callback only gives null or undefined: `() => null`, `() => {}`. */
function givesNothing(callback: TSESTree.Node | undefined): boolean {
  if (callback?.type !== 'ArrowFunctionExpression') return false;
  const { body } = callback;
  if (body.type === 'BlockStatement') return body.body.length === 0;
  return (body.type === 'Literal' && body.value === null) || (body.type === 'Identifier' && body.name === 'undefined');
}
