/**
 * Owns the analysis of a program's responses: the outcome of each request and the summary of each function,
 * each computed once. Depth and size are limited; beyond the limits, the code is assumed to be correct.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import { abortControllers, abortsFinally, awaited, functionsGivenTo, listOf, mayCallBack, mayGiveResponse, namesHead, promiseOf, requestCallOf, responseOf, shape, shapeKey, takesFunction, untypedRequest, type RequestCall, type Shape } from '../clients/index.js';
import { isNewPromise, type Call, type SourceUnit, type Variable } from '../graph/index.js';
import { returnsBefore } from './argument.js';
import { calleeOf, functionOf, mapsArray, namesArguments, returnsAny, returnsResponse } from './callee.js';
import { Closures } from './closure.js';
import { callOfResolver, promiseOfResolver } from './deferred.js';
import { neverReturns } from './ending.js';
import type { Effect, Exit, FunctionNode, FunctionRef, Gift, Outcome } from './effect.js';
import { isHiddenParameter } from './field.js';
import { parameterOf, positionOfParameter, promiseOfParameter } from './gift.js';
import { PathState } from './path-state.js';
import { bindPattern } from './pattern.js';
import { promisifiedBy } from './promisified.js';
import { ReleaseFinder, type Release } from './release.js';
import { Releases, type PointPosition } from './release-point.js';
import { requestObjectsOf } from './request-object.js';
import { stateAt } from './request-state.js';
import { contains, homeOf, isFunction } from './scope.js';
import { flowOf, type FlowSettings } from './value-flow.js';
import { Walk, type Surroundings } from './walk.js';

/** The depth to which calls are followed. */
const MAX_DEPTH = 6;

const HANDED_ON: Outcome = { leaks: [], returned: null, given: [], isReadHere: false, passedOnRead: [], finishedOnReturn: true, handedOn: true, onlyLooked: [] };

/** The response that a function returns, and the call in it that requests it. */
interface Product {
  readonly shape: Shape;
  readonly request: Call;
  /** For a request of which types say nothing. */
  readonly untyped: 'deeper' | null;
}

interface UnitAnalysis {
  readonly surroundings: Surroundings;
  requests: readonly RequestCall[] | null;
}

export class Analysis {
  private readonly units = new Map<SourceUnit, UnitAnalysis>();
  private readonly summaries = new Map<TSESTree.Node, Map<string, Outcome | null>>();
  private readonly outcomes = new Map<TSESTree.Node, Outcome | null>();
  private readonly products: Map<TSESTree.Node, Product | null>;
  private readonly gifts: Map<TSESTree.Node, readonly Gift[]>;
  private readonly uses: Map<TSESTree.Node, Map<string, readonly Effect[]>>;
  private depth = 0;

  /**
   * @param without  with `releases`: the analysis without them. What they do not change is taken from there: the uses
   *   of each value, and the responses that functions return.
   */
  constructor(
    private readonly settings: FlowSettings,
    private readonly releases: Releases | null = null,
    private readonly without: Analysis | null = null,
  ) {
    this.products = without?.products ?? new Map<TSESTree.Node, Product | null>();
    this.gifts = without?.gifts ?? new Map<TSESTree.Node, readonly Gift[]>();
    this.uses = without?.uses ?? new Map<TSESTree.Node, Map<string, readonly Effect[]>>();
  }

  /** The calls in a file that return a response: requests, and calls of functions that return one. */
  requestsIn(unit: SourceUnit): readonly RequestCall[] {
    const own = this.of(unit);
    if (own.requests === null) {
      own.requests = []; // ends the recursion of functions that call each other
      own.requests = unit.calls.flatMap((call) => this.requestOf(unit, call) ?? []);
    }
    return own.requests;
  }

  /** What happens to a request's response; null while that is being computed. */
  outcomeOf(unit: SourceUnit, request: RequestCall): Outcome | null {
    const known = this.outcomes.get(request.node);
    if (known !== undefined) return known;
    this.outcomes.set(request.node, null);
    const outcome = this.withDeferred(unit, request, request.callback === null ? this.ofResult(unit, request.node, request.result!, request.node) : this.ofCallback(unit, request));
    this.outcomes.set(request.node, outcome);
    return outcome;
  }

  /** The releases after which the request leaks on no path; empty if there are none that are safe. */
  releasesOf(unit: SourceUnit, request: RequestCall, { leaks }: Outcome): Release[] {
    const { closures } = this.of(unit).surroundings;
    const found: Release[] = [];
    for (const graph of new Set(leaks.map((exit) => exit.graph))) {
      if (graph === null || leaks.some((exit) => exit.unit !== unit)) return [];
      const source = {
        unit,
        closures,
        effectsOf: (node: TSESTree.Node, value: Shape) => this.effectsOf(unit, node, value).filter((effect) => this.doesMore(effect)),
        requestOf: (call: Call) => this.requestOf(unit, call),
        leaksWith: (positions: readonly PointPosition[]) => {
          const changed = new Analysis(this.settings, new Releases(positions), this).outcomeOf(unit, request);
          return changed === null || changed.leaks.some((exit) => exit.graph === graph);
        },
      };
      const releases = new ReleaseFinder(source, graph).find(leaks.filter((exit) => exit.graph === graph));
      if (releases === null) return [];
      found.push(...releases);
    }
    return found;
  }

  private of(unit: SourceUnit): UnitAnalysis {
    let own = this.units.get(unit);
    if (own === undefined) {
      const effectsOf = (node: TSESTree.Node, value: Shape): readonly Effect[] => this.effectsOf(unit, node, value);
      const surroundings: Surroundings = {
        unit,
        closures: this.without?.of(unit).surroundings.closures ?? new Closures(unit, (node, value) => effectsOf(node, value).filter((effect) => this.doesMore(effect))),
        effectsOf,
        releases: this.releases,
        sourceOf: (of, call) => {
          const callee = calleeOf(of, call, this.settings.parser);
          return callee.kind === 'source' ? callee.ref : null;
        },
        enter: (effect) => this.enter(effect),
        neverReturns: (call) => neverReturns(unit, call),
      };
      this.units.set(unit, (own = { surroundings, requests: null }));
    }
    return own;
  }

  private effectsOf(unit: SourceUnit, node: TSESTree.Node, value: Shape): readonly Effect[] {
    let byShape = this.uses.get(node);
    if (byShape === undefined) this.uses.set(node, (byShape = new Map<string, readonly Effect[]>()));
    const key = shapeKey(value);
    let effects = byShape.get(key);
    if (effects === undefined) byShape.set(key, (effects = flowOf(unit, node, value, this.settings)));
    return effects;
  }

  /** Whether a use in a closure has an effect; a call of a function that only reads the value has none. */
  private doesMore(effect: Effect): boolean {
    if (effect.kind !== 'enters') return true;
    const outcome = this.enter(effect);
    return outcome === null || outcome.finishedOnReturn || outcome.returned !== null || outcome.leaks.length === 0;
  }

  private ofResult(unit: SourceUnit, node: TSESTree.Node, result: Shape, request: Call, toTheEnd = false): Outcome {
    const home = homeOf(node);
    const graph = unit.graphs.get(home) ?? unit.places.get(node)?.[0]?.graph;
    if (graph === undefined) return HANDED_ON;
    const { surroundings } = this.of(unit);
    if (abortControllers(unit, request.arguments).some((controller) => abortsFinally(controller, request))) return HANDED_ON;
    const state = stateAt(unit, graph, node, request);
    const outcome = new Walk(surroundings, graph, toTheEnd).fromNode(node, this.effectsOf(unit, node, result), state);
    return this.goingOn(unit, outcome, request);
  }

  /** Follows a response that resolves the promise of `Promise.withResolvers()` from the request on: from there, the promise leads to it. */
  private withDeferred(unit: SourceUnit, request: RequestCall, outcome: Outcome): Outcome {
    const home = homeOf(request.node);
    const graph = unit.graphs.get(home);
    for (const gift of outcome.given) {
      const call = callOfResolver(gift.to);
      if (call === null || graph === undefined || homeOf(call) !== home || this.passedOnReadOf(unit, request, outcome).includes(gift.to)) continue;
      const holder = promiseOfResolver(unit, gift.to, gift.shape);
      // Who has got the promise before the request is made, or in a function of its own, may end the response.
      const isTaken = holder?.variable.references.some(({ identifier }) => unit.reads.has(identifier) && (identifier.range[0] < request.node.range[1] || homeOf(identifier) !== home) && this.effectsOf(unit, identifier, holder.shape).length > 0);
      if (holder === null || isTaken === true) continue;
      const state = stateAt(unit, graph, request.node, request.node);
      state.aliases.set(holder.variable, holder.shape);
      for (const { variable, write } of requestObjectsOf(unit, request.node)) {
        const binding = { variable, shape: shape('canceller', 'node') };
        if (write === null) state.aliases.set(variable, binding.shape);
        else state.await({ kind: 'bound', write, bindings: [binding], maybe: false });
      }
      const rest = new Walk(this.of(unit).surroundings, graph, false).fromNode(request.node, [], state);
      return { ...outcome, leaks: [...outcome.leaks, ...rest.leaks], returned: rest.returned, given: [...outcome.given.filter((each) => each !== gift), ...rest.given] };
    }
    return outcome;
  }

  /** Follows a response that is returned from an inline function: `urls.map((url) => fetch(url))`. */
  private goingOn(unit: SourceUnit, outcome: Outcome, request: Call): Outcome {
    if (outcome.returned === null || !isFunction(outcome.returned.from)) return outcome;
    const fn = outcome.returned.from;
    const call = fn.parent;
    if (call.type !== 'CallExpression') return outcome;
    const value = fn.async ? promiseOf(awaited(outcome.returned.shape)) : outcome.returned.shape;
    let result: Shape | null = null;
    if (call.callee === fn) result = fn.generator ? null : value;
    else if (call.arguments[0] === fn && mapsArray(unit, call)) result = listOf(value);
    if (result === null) return outcome;
    const rest = this.ofResult(unit, call, result, request);
    return { ...rest, leaks: [...outcome.leaks, ...rest.leaks] };
  }

  private ofCallback(unit: SourceUnit, request: RequestCall, toTheEnd = false): Outcome {
    const { argument, parameter, shape: value, error } = request.callback!;
    const to = parameterOf(unit, argument);
    if (to !== null) return { ...HANDED_ON, given: [{ to, argument: parameter, shape: value }] };
    const callee = functionOf(unit, argument, this.settings.parser);
    if (callee === null) return HANDED_ON;
    if (callee.node.params.length <= parameter) {
      const uses = callee.node.params.at(-1)?.type === 'RestElement' || namesArguments(callee);
      return uses ? HANDED_ON : { ...HANDED_ON, leaks: [{ kind: 'dropped', node: argument, unit, graph: null, inPart: false, holders: [], via: null }] };
    }
    const more = new Map<Variable, Shape>();
    if (error !== null) {
      const name = callee.node.params[error];
      const variable = name.type === 'Identifier' ? callee.unit.variables.get(name) : undefined;
      if (variable !== undefined) more.set(variable, shape('error', value.client));
    }
    for (const { variable } of requestObjectsOf(unit, request.node)) more.set(variable, shape('canceller', 'node'));
    for (const controller of abortControllers(unit, request.node.arguments)) more.set(controller, shape('canceller', 'node'));
    return this.ofParameter(callee, parameter, value, more, toTheEnd) ?? HANDED_ON;
  }

  /** A function's summary for one of its parameters; null if it cannot be computed. */
  private enter({ callee, parameter, shape: value }: Extract<Effect, { kind: 'enters' }>): Outcome | null {
    let byParameter = this.summaries.get(callee.node);
    if (byParameter === undefined) this.summaries.set(callee.node, (byParameter = new Map<string, Outcome | null>()));
    const key = `${parameter} ${shapeKey(value)}`;
    const known = byParameter.get(key);
    if (known !== undefined) return known;
    if (this.depth >= MAX_DEPTH) return null;
    byParameter.set(key, null); // ends the recursion of a function that calls itself
    this.depth++;
    const outcome = this.ofParameter(callee, parameter, value, new Map(), true);
    this.depth--;
    byParameter.set(key, outcome);
    return outcome;
  }

  private ofParameter(callee: FunctionRef, parameter: number, value: Shape, more: ReadonlyMap<Variable, Shape>, toTheEnd: boolean): Outcome | null {
    const { unit, node } = callee;
    const graph = unit.graphs.get(node);
    if (graph === undefined || namesArguments(callee)) return null;
    const pattern = node.params.at(parameter);
    const end: Exit = { kind: 'end', node, unit, graph: null, inPart: false, holders: [], via: null };
    const ignored: Outcome = { leaks: [end], returned: null, given: [], isReadHere: false, passedOnRead: [], finishedOnReturn: false, handedOn: false, onlyLooked: [] };
    if (pattern === undefined) return node.params.at(-1)?.type === 'RestElement' ? null : ignored;
    if (pattern.type === 'RestElement') return null;
    const isField = pattern.type === 'TSParameterProperty';
    if (isField && (value.promised || !isHiddenParameter(pattern, (field) => this.effectsOf(unit, field, value).length > 0))) return null;
    const { bindings, stored } = bindPattern(unit, isField ? pattern.parameter : pattern, value);
    if (stored) return null;
    const state = new PathState(null);
    for (const [variable, of] of more) state.aliases.set(variable, of);
    for (const { variable, shape: of } of bindings) state.aliases.set(variable, of);
    if (!state.isHeld) return ignored;
    const outcome = new Walk(this.of(unit).surroundings, graph, toTheEnd).fromStart(state);
    return outcome;
  }

  private requestOf(unit: SourceUnit, call: Call): RequestCall | null {
    if (call.type === 'NewExpression') return isNewPromise(call) ? this.promised(unit, call) : null;
    if (!mayGiveResponse(unit, call, this.settings.clients)) return (mayCallBack(unit, call) ? this.calledBack(unit, call) : null) ?? this.untyped(unit, call);
    return requestCallOf(unit, call, this.settings.clients) ?? this.passedOn(unit, call) ?? this.untyped(unit, call);
  }

  /** A request of which only its uses or declarations tell; uses do not if there is a source, which tells more. */
  private untyped(unit: SourceUnit, call: TSESTree.CallExpression): RequestCall | null {
    const request = untypedRequest(unit, call);
    return request === null || (!request.isDeclared && calleeOf(unit, call, this.settings.parser).kind === 'source') ? null : request;
  }

  /** A promise of a response that its executor requests: the awaiter must finish it. */
  private promised(unit: SourceUnit, promise: TSESTree.NewExpression): RequestCall | null {
    const [executor] = promise.arguments;
    if (executor === undefined || !isFunction(executor)) return null;
    const gift = this.giftsOf({ unit, node: executor }).find(({ to, argument }) => argument === 0 && promiseOfParameter(to) === promise);
    return gift === undefined ? null : { node: promise, result: promiseOf(awaited(gift.shape)), callback: null };
  }

  /** What a call of `promisify(ask)` gives: the response that `ask` passes to its last parameter, after the error. */
  private promisified(unit: SourceUnit, call: TSESTree.CallExpression): Shape | null {
    const ref = promisifiedBy(unit, call, this.settings.parser);
    if (ref === null) return null;
    const gift = this.giftsOf(ref).find(({ to, argument }) => argument === 1 && positionOfParameter(to)?.fn === ref.node && positionOfParameter(to)?.index === ref.node.params.length - 1);
    return gift === undefined ? null : promiseOf(awaited(gift.shape));
  }

  /** A call of a function of the program that passes a response to its callback. */
  private calledBack(unit: SourceUnit, call: TSESTree.CallExpression): RequestCall | null {
    const callee = calleeOf(unit, call, this.settings.parser);
    if (callee.kind !== 'source') return null;
    for (const { to, argument, shape: value } of this.giftsOf(callee.ref)) {
      const position = positionOfParameter(to);
      const callback = position?.fn === callee.ref.node ? call.arguments[position.index] : undefined;
      if (callback === undefined || callback.type === 'SpreadElement' || value.promised) continue;
      return { node: call, result: null, callback: { argument: callback, parameter: argument, shape: value, error: argument === 1 ? 0 : null } };
    }
    return null;
  }

  /** The responses that a function requests and passes to parameters: its own, or those of functions around it. */
  private giftsOf({ unit, node }: FunctionRef): readonly Gift[] {
    const known = this.gifts.get(node);
    if (known !== undefined) return known;
    this.gifts.set(node, []);
    if (this.depth >= MAX_DEPTH || node.generator) return [];
    this.depth++;
    const found = this.requestsWithin(unit, node).flatMap((request) => {
      const outcome = this.outcomeOf(unit, request);
      if (outcome === null || outcome.given.length === 0) return [];
      const readBefore = this.passedOnReadOf(unit, request, outcome);
      return outcome.given.filter(({ to }) => !readBefore.includes(to));
    });
    this.depth--;
    this.gifts.set(node, found);
    return found;
  }

  private requestsWithin(unit: SourceUnit, node: FunctionNode): RequestCall[] {
    return unit.calls.flatMap((call) => (contains(node, call) ? (this.requestOf(unit, call) ?? []) : [])).filter(({ untyped }) => !untyped);
  }

  /** A call of a function of the program that returns a response, which the caller must finish. */
  private passedOn(unit: SourceUnit, call: TSESTree.CallExpression): RequestCall | null {
    if (namesHead(unit, call)) return null;
    const callee = calleeOf(unit, call, this.settings.parser);
    if (callee.kind === 'source') {
      const product = this.productOf(callee.ref);
      if (product !== null && returnsBefore(callee.ref, call, product.request)) return null;
      const result = product ?? this.ofCallbackArgument(unit, call);
      return result === null ? this.calledBack(unit, call) : { node: call, result: result.shape, callback: null, untyped: result.untyped };
    }
    if (callee.kind === 'unknown') {
      const given = this.ofCallbackArgument(unit, call);
      if (given !== null) return { node: call, result: given.shape, callback: null, untyped: given.untyped };
      const promisified = this.promisified(unit, call);
      if (promisified !== null) return { node: call, result: promisified, callback: null };
    }
    const [mapper] = call.arguments;
    if (mapper === undefined || mapper.type === 'SpreadElement' || isFunction(mapper) || !mapsArray(unit, call)) return null;
    const named = functionOf(unit, mapper, this.settings.parser);
    const product = named === null ? null : this.productOf(named);
    return product === null ? null : { node: call, result: listOf(product.shape), callback: null, untyped: product.untyped };
  }

  /** The response that a function requests and returns. */
  private productOf({ unit, node }: FunctionRef): Product | null {
    const known = this.products.get(node);
    if (known !== undefined) return known;
    this.products.set(node, null);
    if (this.depth >= MAX_DEPTH || node.generator) return null;
    this.depth++;
    const product = this.findProduct(unit, node);
    this.depth--;
    this.products.set(node, product);
    return product;
  }

  private findProduct(unit: SourceUnit, node: FunctionNode): Product | null {
    for (const call of unit.calls) {
      if (!contains(node, call)) continue;
      const request = this.requestOf(unit, call);
      if (request === null || (request.untyped === 'here' && !returnsResponse(unit, node))) continue;
      const outcome = this.outcomeOf(unit, request);
      if (outcome?.returned?.from !== node) continue;
      const { returned } = outcome;
      // Beside other values, a response may be there to be looked at only; and `any` may be what was read. The caller cannot know.
      if ((isCompound(returned.shape) || returnsAny(unit, node)) && this.isReadToo(unit, request)) return null;
      if (this.passedOnReadOf(unit, request, outcome).includes(null)) return null;
      return { shape: node.async ? promiseOf(awaited(returned.shape)) : returned.shape, request: call, untyped: request.untyped ? 'deeper' : null };
    }
    return null;
  }

  /** Whether a request's response is read on some path on which the function returns. */
  private isReadToo(unit: SourceUnit, request: RequestCall): boolean {
    return request.result === null || this.ofResult(unit, request.node, request.result, request.node, true).finishedOnReturn;
  }

  /** Who receives the response on a path on which it was read before: that it is read, the receiver may know or not. */
  private passedOnReadOf(unit: SourceUnit, request: RequestCall, { isReadHere }: Outcome): readonly (Variable | null)[] {
    if (!isReadHere) return [];
    const outcome = request.callback === null ? this.ofResult(unit, request.node, request.result!, request.node, true) : this.ofCallback(unit, request, true);
    return outcome.passedOnRead;
  }

  /** `retry(() => fetch(url))`: the call gives a response, and so does a function among its arguments or in an object of them. */
  private ofCallbackArgument(unit: SourceUnit, call: TSESTree.CallExpression): Product | null {
    if (call.callee.type === 'MemberExpression' && call.callee.property.type === 'Identifier' && /^(then|catch|finally)$/.test(call.callee.property.name)) return null;
    if (!takesFunction(call) || responseOf(unit, unit.services.getTypeAtLocation(call)) === null) return null;
    for (const callback of functionsGivenTo(call)) {
      const ref = functionOf(unit, callback, this.settings.parser);
      const product = ref === null ? null : this.productOf(ref);
      if (product?.shape.kind === 'response') return { ...product, shape: promiseOf(awaited(product.shape)) };
    }
    return null;
  }
}

function isCompound({ kind }: Shape): boolean {
  return kind === 'record' || kind === 'list';
}
