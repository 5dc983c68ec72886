/** Owns the walk along a function's paths, from the place where a response appears to each end of the function. */
import type { TSESTree } from '@typescript-eslint/utils';
import ts from 'typescript';
import { awaited, holds, listOf, promiseOf, type Shape } from '../clients/index.js';
import { outcomeOf as testOutcomeOf, type CodeGraph, type Segment, type SourceUnit, type Variable } from '../graph/index.js';
import { nameOf } from './callee.js';
import type { Closures } from './closure.js';
import { meaningOf } from './condition.js';
import { catcherOf, edgesOf, finalizersPassed, jumpOf, type Edge } from './edge.js';
import { applyConstants, truthOf } from './constant.js';
import { programEndsAfter } from './ending.js';
import type { Binding, Effect, Exit, FunctionRef, Gift, Outcome } from './effect.js';
import { basesOf, factOf } from './fact.js';
import { parameterOf, positionOfParameter } from './gift.js';
import { asksForMethod } from './head.js';
import type { PathState } from './path-state.js';
import { variablesWrittenBy } from './pattern.js';
import { isAwaited, isInDefault, isStatement, isTimer } from './position.js';
import type { Releases } from './release-point.js';
import { isReadBeside, receiversAt } from './receiver.js';
import { contains, isFunction, namedAs } from './scope.js';
import { isUsedAfter } from './used-after.js';

/** What a walk needs from the analysis. */
export interface Surroundings {
  readonly unit: SourceUnit;
  readonly closures: Closures;
  effectsOf: (node: TSESTree.Node, shape: Shape) => readonly Effect[];
  /** What a function does with a parameter; null if it cannot be computed. */
  enter: (effect: Extract<Effect, { kind: 'enters' }>) => Outcome | null;
  /** The releases that are thought to be inserted in the code; null in the analysis of the code as it is. */
  readonly releases: Releases | null;
  /** The source of a called function; null if there is none. */
  sourceOf: (unit: SourceUnit, call: TSESTree.CallExpression) => FunctionRef | null;
  /** How the program continues after a call that never returns. */
  neverReturns: (call: TSESTree.CallExpression) => 'ends' | 'throws' | null;
}

/** The most states of one walk. If there are more, nothing is reported. */
const MAX_STATES = 4000;

const NOTHING: Outcome = { leaks: [], returned: null, given: [], isReadHere: false, passedOnRead: [], finishedOnReturn: true, handedOn: true, onlyLooked: [] };

interface Step {
  readonly segment: Segment;
  readonly index: number;
  readonly state: PathState;
}

export class Walk {
  private readonly leaks: Exit[] = [];
  private readonly onlyLooked = new Set<string>();
  private readonly seen = new Set<string>();
  private readonly steps: Step[] = [];
  /** Where the response appears: there a finished one is replaced by another. */
  private origin: TSESTree.Node | null = null;
  private returned: Shape | null = null;
  private readonly given: Gift[] = [];
  private isReadHere = false;
  private readonly passedOnRead = new Set<Variable | null>();
  private finishedOnReturn = false;
  private handedOn = false;

  constructor(
    private readonly around: Surroundings,
    private readonly graph: CodeGraph,
    /** Whether to continue after the response is finished, to see how the function ends. */
    private readonly toTheEnd: boolean,
  ) {}

  /** The outcome of the value of `origin`, with the given effects, from that node on. */
  fromNode(origin: TSESTree.Node, effects: readonly Effect[], state: PathState): Outcome {
    this.origin = origin;
    for (const place of this.around.unit.places.get(origin) ?? []) {
      if (place.graph !== this.graph) continue;
      const start = state.copy();
      this.apply(effects, start);
      if (!start.finished && !start.isHeld) {
        if (!this.endsAfter(place.segment, place.index + 1)) this.leak('dropped', origin, start);
      } else this.steps.push({ segment: place.segment, index: place.index + 1, state: start });
    }
    return this.run();
  }

  private endsAfter(segment: Segment, index: number): boolean {
    return programEndsAfter(this.graph, segment, index, (call) => isStatement(call) && this.around.neverReturns(call) === 'ends');
  }

  /** The outcome of a parameter. */
  fromStart(state: PathState): Outcome {
    const segment = this.graph.segments.get(this.graph.codePath.initialSegment);
    if (segment !== undefined) this.steps.push({ segment, index: 0, state });
    return this.run();
  }

  private run(): Outcome {
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      if (this.seen.size > MAX_STATES) return NOTHING;
      const { segment, index, state } = step;
      if (this.along(segment, index, state)) this.leave(segment, state);
    }
    return {
      leaks: this.leaks,
      returned: this.returned === null ? null : { shape: this.returned, from: this.graph.node },
      given: this.given,
      isReadHere: this.isReadHere,
      passedOnRead: [...this.passedOnRead],
      finishedOnReturn: this.finishedOnReturn,
      handedOn: this.handedOn,
      onlyLooked: [...this.onlyLooked],
    };
  }

  /** Walks along a segment; returns false if the path ends in it. */
  private along(segment: Segment, from: number, state: PathState): boolean {
    const { events } = segment;
    for (let index = from; index < events.length; index++) {
      const node = events[index];
      if (this.around.releases?.at.has(node)) state.finished = true;
      applyConstants(this.around.unit, node, state.constants);
      if (node.type === 'Identifier' && this.isNever(node)) return false;
      if (node.type === 'CallExpression' && isStatement(node)) {
        const never = this.around.neverReturns(node);
        if (never === 'throws' && !state.finished) this.throwFrom(node, null, state);
        if (never !== null) return false;
      }
      if (state.finished) {
        if (!this.toTheEnd || node === this.origin) return false;
        if (state.read) this.meetAfterRead(node, state);
        continue;
      }
      const holders = node.type === 'VariableDeclarator' || node.type === 'AssignmentExpression' ? state.holders() : [];
      this.meet(node, state);
      if (!state.finished && !state.isHeld) {
        if (!this.endsAfter(segment, index + 1)) this.leak('overwritten', node, state, null, holders);
        return false;
      }
    }
    return this.toTheEnd || !state.finished;
  }

  /** Whether TypeScript knows that a `default` is never reached: a name in it has the type never. */
  private isNever(name: TSESTree.Identifier): boolean {
    const { unit } = this.around;
    if (!unit.reads.has(name) || !isInDefault(name)) return false;
    return (unit.services.getTypeAtLocation(name).flags & ts.TypeFlags.Never) !== 0;
  }

  /** Processes one event. */
  private meet(node: TSESTree.Node, state: PathState): void {
    switch (node.type) {
      case 'Identifier':
        this.meetName(node, state);
        break;
      case 'VariableDeclarator':
      case 'AssignmentExpression':
        this.meetWrite(node, state);
        break;
      case 'BreakStatement':
      case 'ContinueStatement':
        for (const finalizer of finalizersPassed(node)) if (this.anyUse(finalizer, state)) state.finished = true;
        break;
      default:
        if (isFunction(node) && namedAs(node) === null) this.meetClosure(node, state);
    }
  }

  private meetName(node: TSESTree.Identifier, state: PathState): void {
    const { unit, closures } = this.around;
    const variable = unit.variables.get(node);
    if (variable === undefined || !unit.reads.has(node)) return;
    const shape = state.aliases.get(variable);
    if (shape !== undefined) {
      const effects = this.around.effectsOf(node, shape);
      this.apply(effects, state);
      this.meetAfterGiving(node, { variable, shape }, effects);
    } else {
      const fn = closures.named(node);
      if (fn !== null) this.meetClosure(fn, state);
    }
  }

  private meetAfterGiving(node: TSESTree.Identifier, holder: Binding, effects: readonly Effect[]): void {
    if (!effects.some(({ kind }) => kind === 'returned' || kind === 'given') || !isReadBeside(this.around, node, holder)) return;
    this.isReadHere = true;
    for (const effect of effects) if (effect.kind === 'returned' || effect.kind === 'given') this.passedOnRead.add(effect.kind === 'given' ? effect.gift.to : null);
  }

  private meetClosure(fn: TSESTree.Node, state: PathState): void {
    for (const [variable, shape] of state.aliases) {
      // A timer that aborts the request does so too late, and is usually cleared.
      if (shape.kind === 'canceller' && isTimer(fn)) continue;
      if (this.around.closures.touches(fn, variable, shape)) {
        state.finished = true;
        this.handedOn ||= shape.kind !== 'canceller';
      }
    }
  }

  /** After the response was read, the walk goes on to see who receives it. */
  private meetAfterRead(node: TSESTree.Node, state: PathState): void {
    if (node.type === 'VariableDeclarator' || node.type === 'AssignmentExpression') for (const variable of variablesWrittenBy(this.around.unit, node)) state.aliases.delete(variable);
    else for (const to of receiversAt(this.around, node, state.holders())) this.passedOnRead.add(to);
  }

  private meetWrite(node: TSESTree.VariableDeclarator | TSESTree.AssignmentExpression, state: PathState): void {
    const { closures } = this.around;
    const bound = state.pending.get(node);
    state.pending.delete(node);
    if (node.type === 'VariableDeclarator' || node.operator === '=') {
      for (const variable of variablesWrittenBy(this.around.unit, node)) state.aliases.delete(variable);
    }
    for (const { variable, shape } of bound?.bindings ?? []) {
      state.aliases.set(variable, shape);
      if (holds(shape) && closures.takenBefore(variable, shape, node)) {
        state.finished = true;
        this.handedOn = true;
      }
    }
  }

  private anyUse(block: TSESTree.Node, state: PathState): boolean {
    return [...state.aliases].some(([variable, shape]) => variable.references.some(({ identifier }) => contains(block, identifier) && this.around.unit.reads.has(identifier) && this.around.effectsOf(identifier, shape).length > 0));
  }

  private apply(effects: readonly Effect[], state: PathState): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'finished':
          state.finished = state.read = true;
          this.isReadHere = true;
          break;
        case 'handed on':
          state.finished = true;
          this.handedOn = true;
          break;
        case 'returned':
          this.returned ??= effect.shape;
          this.handedOn = true;
          state.finished = true;
          state.returned = true;
          break;
        case 'given':
          this.give(effect.gift, effect.at, state);
          state.finished = true;
          this.handedOn = true;
          break;
        case 'hidden':
          // A parameter that is kept so, as in an error's constructor, is still the caller's.
          if (this.origin === null) break;
          if (!state.finished) this.leak('hidden', effect.field, state);
          state.finished = true;
          break;
        case 'read in part':
          state.inPart = true;
          break;
        case 'bound':
          state.await(effect);
          break;
        case 'enters':
          this.enter(effect, state);
          break;
      }
    }
  }

  /** Who gets it must end it, unless this function itself goes on to use it. */
  private give(gift: Gift, at: TSESTree.Node, state: PathState): void {
    if (this.given.some(({ to }) => to === gift.to)) return;
    if (!state.holders().some((holder) => isUsedAfter(this.around, this.graph, at, holder))) this.given.push(gift);
  }

  private enter(effect: Extract<Effect, { kind: 'enters' }>, state: PathState): void {
    const outcome = this.around.enter(effect);
    if (outcome === null) {
      state.finished = true;
      this.handedOn = true;
      return;
    }
    const { call, callee, as } = effect;
    const { returned } = outcome;
    for (const name of outcome.onlyLooked) this.onlyLooked.add(name);
    for (const gift of outcome.given) this.give(this.passedThrough(gift, effect), effect.call, state);
    this.isReadHere ||= outcome.isReadHere;
    for (const to of outcome.passedOnRead) if (to !== null) this.passedOnRead.add(this.parameterThrough(to, effect));
    const open = outcome.leaks.some(({ kind }) => kind === 'return' || kind === 'end');
    if (as === 'then') {
      this.leaks.push(...outcome.leaks);
      if (returned === null || outcome.passedOnRead.includes(null)) state.finished = true;
      else this.goOnWith(call, promiseOf(returned.shape), state);
      return;
    }
    // The rejection of a promise that nobody awaits is nobody's throw.
    const throws = !callee.node.async || isAwaited(call);
    for (const exit of outcome.leaks) if (exit.kind === 'throw' && throws) this.throwFrom(call, { name: nameOf(call.callee), at: exit.node, unit: exit.unit }, state);
    const ofCall = returned === null ? null : callee.node.async ? promiseOf(awaited(returned.shape)) : returned.shape;
    if (as === 'element') {
      const method = nameOf(call.callee);
      if (ofCall !== null && (method === 'map' || method === 'flatMap')) this.goOnWith(call, listOf(ofCall), state);
      else if (outcome.finishedOnReturn && !open) state.finished = true;
      else if (method === 'filter') this.apply(this.around.effectsOf(call, listOf(effect.shape)), state);
      else if (method.startsWith('find')) this.apply(this.around.effectsOf(call, effect.shape), state);
      return;
    }
    if (outcome.finishedOnReturn) {
      state.finished = true;
      state.read = outcome.isReadHere;
      this.handedOn ||= outcome.handedOn;
    } else if (ofCall !== null) this.goOnWith(call, ofCall, state);
    else if (open) this.onlyLooked.add(nameOf(call.callee));
    else state.finished = true; // it never returns
  }

  /** A gift to a parameter of the called function, as one to the parameter of this function that is its argument. */
  private passedThrough(gift: Gift, effect: Extract<Effect, { kind: 'enters' }>): Gift {
    return { ...gift, to: this.parameterThrough(gift.to, effect) };
  }

  private parameterThrough(to: Variable, { callee, call }: Extract<Effect, { kind: 'enters' }>): Variable {
    const position = positionOfParameter(to);
    const argument = position?.fn === callee.node ? call.arguments[position.index] : undefined;
    return (argument === undefined ? null : parameterOf(this.around.unit, argument)) ?? to;
  }

  /** Continues with the value of a call as the response. */
  private goOnWith(call: TSESTree.CallExpression | TSESTree.NewExpression, shape: Shape, state: PathState): void {
    const inPart = state.inPart;
    this.apply(this.around.effectsOf(call, shape), state);
    state.inPart = inPart || state.inPart;
  }

  /** Follows a throw that the code path does not show: in a called function, or in a call that never returns. */
  private throwFrom(call: TSESTree.CallExpression | TSESTree.NewExpression, via: { name: string; at: TSESTree.Node; unit: SourceUnit } | null, state: PathState): void {
    const edge = catcherOf(this.graph, call);
    if (edge === null) this.leak('throw', call, state, via);
    else this.take(edge, state.copy());
  }

  /** Continues from the end of a segment to the next ones, or out of the function. */
  private leave(segment: Segment, state: PathState): void {
    const { graph } = this;
    if (graph.codePath.finalSegments.includes(segment.raw)) this.exit(segment, state);
    for (const edge of edgesOf(graph, segment, state.leaving)) {
      const next = state.copy();
      if (this.around.releases?.onEdge(segment, edge.to)) next.finished = true;
      if (!next.finished && segment.test !== null && !this.passes(segment.test, edge.to.start, next)) continue;
      if (next.finished && !this.toTheEnd) continue;
      this.take(edge, next);
    }
  }

  private take(edge: Edge, state: PathState): void {
    if (state.skipsLoop(edge.to.start)) return;
    state.leaving = edge.leaving;
    const key = `${edge.to.raw.id} ${state.key()}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.steps.push({ segment: edge.to, index: 0, state });
  }

  /** Applies a condition's outcome on this edge; returns false if the path cannot be taken. */
  private passes(test: TSESTree.Node, start: TSESTree.Node, state: PathState): boolean {
    const { unit } = this.around;
    const outcome = testOutcomeOf(test, start);
    if (outcome === null) return true;
    const known = truthOf(unit, test, state.constants);
    if (known !== null && known !== outcome) return false;
    if ((state.method !== null || this.origin === null) && outcome === asksForMethod(unit, test, state.method)) state.finished = state.hasNothing = true;
    const meaning = meaningOf({ unit, aliases: state.aliases, sourceOf: this.around.sourceOf }, test, outcome);
    if (meaning === 'impossible') return false;
    if (meaning === 'finished' && !state.finished) state.finished = state.hasNothing = true;
    const fact = factOf(unit, this.graph, test, outcome);
    if (fact === null) return true;
    const before = state.facts.get(fact.text);
    state.facts.set(fact.text, fact.outcome);
    if (fact.outcome && basesOf(fact.text).some((base) => state.facts.get(base) === false)) return false;
    return before === undefined || before === fact.outcome;
  }

  private exit(segment: Segment, state: PathState): void {
    const jump = state.leaving ?? jumpOf(segment);
    const throws = jump?.type === 'ThrowStatement' || jump?.type === 'CallExpression' || jump?.type === 'NewExpression';
    if (state.finished) {
      if (!throws && !state.returned && !state.hasNothing) this.finishedOnReturn = true;
      return;
    }
    if (state.skipsLoop(null)) return;
    if (jump === null) {
      const { node } = this.graph;
      if (node.type === 'ArrowFunctionExpression' && node.body.type !== 'BlockStatement') this.leak('return', node.body, state);
      else this.leak('end', node, state);
    } else if (throws) this.leak('throw', jump, state);
    else this.leak(jump.type === 'YieldExpression' ? 'yield' : 'return', jump, state);
  }

  private leak(kind: Exit['kind'], node: TSESTree.Node, state: PathState, via: Exit['via'] = null, holders: Exit['holders'] = state.holders()): void {
    if (this.leaks.some((known) => known.node === node && known.kind === kind)) return;
    this.leaks.push({ kind, node, unit: this.around.unit, graph: this.graph, inPart: state.inPart, holders, via });
  }
}
