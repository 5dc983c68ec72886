/**
 * Owns the question whether a function of the program, with the arguments of one call, returns before it makes its
 * request: `record([])` sends nothing if `record` begins with `if (events.length === 0) return`.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import type { Constant } from '../clients/index.js';
import type { FunctionRef } from './effect.js';
import { propertyName } from './pattern.js';
import { contains } from './scope.js';

/** What a literal argument says: its value, or the values of its properties, of which all others are absent. */
type Known = { readonly kind: 'constant'; readonly value: Constant } | { readonly kind: 'object'; readonly properties: ReadonlyMap<string, Known | null> };

/** Whether one of the first statements of the function, before `request`, leaves it for these arguments. */
export function returnsBefore({ node }: FunctionRef, call: TSESTree.CallExpression, request: TSESTree.Node): boolean {
  if (node.body?.type !== 'BlockStatement' || call.arguments.some((argument) => argument.type === 'SpreadElement')) return false;
  const known = new Map<string, Known>();
  for (const [index, parameter] of node.params.entries()) {
    const argument = knownOf(call.arguments.at(index));
    const name = parameter.type === 'AssignmentPattern' ? parameter.left : parameter;
    if (name.type !== 'Identifier' || argument === null) continue;
    // A default takes the place of undefined.
    if (name === parameter || argument.kind === 'object' || argument.value !== undefined) known.set(name.name, argument);
  }
  if (known.size === 0) return false;
  for (const statement of node.body.body) {
    if (contains(statement, request)) return false;
    if (statement.type === 'IfStatement') {
      if (!leaves(statement.consequent)) return false; // it may assign to a parameter
      if (isTrue(statement.test, known)) return true;
    } else if (statement.type === 'VariableDeclaration') {
      for (const { id, init } of statement.declarations) {
        const of = init === null ? null : listIn(init, known);
        if (id.type === 'Identifier' && of !== null) known.set(id.name, of);
      }
    } else return false;
  }
  return false;
}

function knownOf(argument: TSESTree.Node | undefined): Known | null {
  if (argument === undefined || (argument.type === 'Identifier' && argument.name === 'undefined')) return { kind: 'constant', value: undefined };
  if (argument.type === 'ArrayExpression') return argument.elements.length === 0 ? { kind: 'object', properties: new Map([['length', { kind: 'constant', value: 0 }]]) } : null;
  if (argument.type === 'ObjectExpression') {
    const properties = new Map<string, Known | null>();
    for (const property of argument.properties) {
      const name = property.type === 'Property' ? propertyName(property) : null;
      if (property.type !== 'Property' || name === null) return null;
      properties.set(name, property.kind === 'init' ? knownOf(property.value) : null);
    }
    return { kind: 'object', properties };
  }
  if (argument.type !== 'Literal' || 'regex' in argument || 'bigint' in argument) return null;
  return { kind: 'constant', value: argument.value as Constant };
}

/** What `list` and `Array.isArray(list) ? list : [list]` are, if the list is known. */
function listIn(node: TSESTree.Node, known: ReadonlyMap<string, Known>): Known | null {
  const of = node.type === 'Identifier' ? known.get(node.name) : undefined;
  if (of !== undefined) return of;
  if (node.type !== 'ConditionalExpression' || node.test.type !== 'CallExpression' || node.test.callee.type !== 'MemberExpression' || propertyName(node.test.callee) !== 'isArray') return null;
  const list = listIn(node.consequent, known);
  return list?.kind === 'object' && list.properties.has('length') ? list : null;
}

function leaves(statement: TSESTree.Statement): boolean {
  const last = statement.type === 'BlockStatement' ? statement.body.at(-1) : statement;
  return last?.type === 'ReturnStatement' || last?.type === 'ThrowStatement';
}

/** Whether the condition is certainly true. */
function isTrue(test: TSESTree.Node, known: ReadonlyMap<string, Known>): boolean {
  if (test.type === 'LogicalExpression') {
    if (test.operator === '??') return false;
    return test.operator === '||' ? isTrue(test.left, known) || isTrue(test.right, known) : isTrue(test.left, known) && isTrue(test.right, known);
  }
  if (test.type === 'UnaryExpression' && test.operator === '!') {
    const of = valueOf(test.argument, known);
    return of !== null && !of.value;
  }
  if (test.type === 'BinaryExpression' && /^<=?$/.test(test.operator)) {
    const [less, more] = [valueOf(test.left, known)?.value, valueOf(test.right, known)?.value];
    return typeof less === 'number' && typeof more === 'number' && (less < more || (less === more && test.operator === '<='));
  }
  if (test.type !== 'BinaryExpression' || !/^[!=]==?$/.test(test.operator)) {
    const of = valueOf(test, known);
    return of !== null && Boolean(of.value);
  }
  const [left, right] = [valueOf(test.left, known), valueOf(test.right, known)];
  if (left === null || right === null) return false;
  const isNothing = (left.value ?? null) === null && (right.value ?? null) === null;
  const equal = left.value === right.value || (test.operator.length === 2 && isNothing);
  return equal === test.operator.startsWith('=');
}

function valueOf(node: TSESTree.Node, known: ReadonlyMap<string, Known>): { readonly value: Constant } | null {
  switch (node.type) {
    case 'Literal':
    case 'Identifier': {
      const of = node.type === 'Identifier' && node.name !== 'undefined' ? known.get(node.name) : knownOf(node);
      return of?.kind === 'constant' ? { value: of.value } : null;
    }
    case 'ChainExpression':
      return valueOf(node.expression, known);
    case 'MemberExpression': {
      const object = node.object.type === 'Identifier' ? known.get(node.object.name) : undefined;
      const name = propertyName(node);
      if (object?.kind !== 'object' || name === null) return null;
      const of = object.properties.get(name);
      if (of === undefined) return name in {} || name in [] ? null : { value: undefined };
      return of?.kind === 'constant' ? { value: of.value } : null;
    }
    default:
      return null;
  }
}
