/** Owns the promises that are settled from outside: of `Promise.withResolvers()`, whose `resolve` is a variable or a property of one. */
import { TSESLint, type TSESTree } from '@typescript-eslint/utils';
import { awaited, promiseOf, recordOf, type Shape } from '../clients/index.js';
import type { SourceUnit, Variable } from '../graph/index.js';
import type { Binding } from './effect.js';
import { propertyName } from './pattern.js';

/** The variable that has the `resolve` of `Promise.withResolvers()`, or the object of which it is a property; null for another expression. */
export function resolverOf(unit: SourceUnit, node: TSESTree.Node): Variable | null {
  const isProperty = node.type === 'MemberExpression' && propertyName(node) === 'resolve';
  const variable = unit.variables.get(isProperty ? node.object : node);
  const pattern = variable === undefined ? null : (deferredOf(variable)?.pattern ?? null);
  if (variable === undefined || pattern === null) return null;
  return (isProperty ? pattern.type === 'Identifier' : namedIn(pattern, 'resolve') === variable.identifiers[0]) ? variable : null;
}

/** The call that makes the promise which the variable resolves. */
export function callOfResolver(resolver: Variable): TSESTree.CallExpression | null {
  return deferredOf(resolver)?.call ?? null;
}

/** The variable through which the promise is reached once it is resolved with a value; null if it has no name. */
export function promiseOfResolver(unit: SourceUnit, resolver: Variable, value: Shape): Binding | null {
  const pattern = deferredOf(resolver)?.pattern;
  const promise = promiseOf(awaited(value));
  if (pattern?.type === 'Identifier') return { variable: resolver, shape: recordOf(promise, 'promise', { known: new Map(), others: { kind: 'free' } }) };
  const name = pattern === undefined ? null : namedIn(pattern, 'promise');
  const variable = name === null ? undefined : unit.variables.get(name);
  return variable === undefined ? null : { variable, shape: promise };
}

function deferredOf(variable: Variable): { readonly call: TSESTree.CallExpression; readonly pattern: TSESTree.Node } | null {
  const [definition, other] = variable.defs;
  if (definition === undefined || other !== undefined || definition.type !== TSESLint.Scope.DefinitionType.Variable) return null;
  const { id, init } = definition.node;
  if (init?.type !== 'CallExpression' || !makesDeferred(init) || variable.references.some((reference) => reference.isWrite() && reference.init !== true)) return null;
  return { call: init, pattern: id };
}

function makesDeferred({ callee }: TSESTree.CallExpression): boolean {
  return callee.type === 'MemberExpression' && callee.object.type === 'Identifier' && callee.object.name === 'Promise' && propertyName(callee) === 'withResolvers';
}

/** The name that a pattern gives to a property. */
function namedIn(pattern: TSESTree.Node, name: string): TSESTree.Identifier | null {
  if (pattern.type !== 'ObjectPattern') return null;
  const value = pattern.properties.find((each): each is TSESTree.Property => each.type === 'Property' && propertyName(each) === name)?.value;
  return value?.type === 'Identifier' ? value : null;
}
