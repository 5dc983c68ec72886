/**
 * Owns the question where a response goes that is passed to a parameter of the function around: the `resolve` of
 * `new Promise` gives it to the promise's awaiter, a callback to the caller. The `resolve` of
 * `Promise.withResolvers()` is treated as one, though it is no parameter.
 */
import { TSESLint, type TSESTree } from '@typescript-eslint/utils';
import { isNewPromise, type Call, type SourceUnit, type Variable } from '../graph/index.js';
import { callOfResolver, resolverOf } from './deferred.js';
import type { FunctionNode } from './effect.js';
import { isFunction } from './scope.js';

const { DefinitionType } = TSESLint.Scope;

/** The parameter that an expression names, if nothing else is ever assigned to it; null for anything else. */
export function parameterOf(unit: SourceUnit, node: TSESTree.Node): Variable | null {
  const resolver = resolverOf(unit, node);
  if (resolver !== null) return resolver;
  if (node.type !== 'Identifier') return null;
  const variable = unit.variables.get(node);
  const [definition] = variable?.defs ?? [];
  if (variable === undefined || variable.defs.length !== 1 || definition.type !== DefinitionType.Parameter) return null;
  return variable.references.some((reference) => reference.isWrite()) ? null : variable;
}

/** The function whose parameter it is, and the parameter's number; null if it is a part of a parameter. */
export function positionOfParameter(parameter: Variable): { readonly fn: FunctionNode; readonly index: number } | null {
  const fn = parameter.defs[0].node as TSESTree.Node;
  if (!isFunction(fn)) return null;
  const index = fn.params.findIndex((each) => each === parameter.identifiers[0]);
  return index < 0 ? null : { fn, index };
}

/** The promise that a call of the parameter fulfils: that of `new Promise((resolve) => …)` or of `Promise.withResolvers()`. */
export function promiseOfParameter(parameter: Variable): Call | null {
  const deferred = callOfResolver(parameter);
  if (deferred !== null) return deferred;
  const position = positionOfParameter(parameter);
  const made = position?.index === 0 ? position.fn.parent : undefined;
  return made !== undefined && isNewPromise(made) && made.arguments[0] === position?.fn ? made : null;
}
