/** Owns what a condition tells about a value: that it is absent, has no body, or is at its end. */
import type { TSESTree } from '@typescript-eslint/utils';
import { asSibling, siblingOf, type ClientName, type Constant, type Shape, type Sibling } from '../clients/index.js';
import type { SourceUnit, Variable } from '../graph/index.js';
import { nameOf } from './callee.js';
import type { FunctionNode, FunctionRef } from './effect.js';
import { propertyName } from './pattern.js';
import { hasAlways, hasNever } from './presence.js';
import { childrenOf } from './scope.js';

/** The meaning of a condition's outcome for a path. */
export type Meaning =
  /** The path cannot be taken. */
  | 'impossible'
  /** On this path, nothing is left to finish. */
  | 'finished'
  /** Nothing is known. */
  | 'nothing';

export type Aliases = ReadonlyMap<Variable, Shape>;

/** What a condition is read with. */
export interface ConditionContext {
  readonly unit: SourceUnit;
  readonly aliases: Aliases;
  /** Variables that hold a response's status. */
  readonly statuses?: ReadonlyMap<Variable, ClientName>;
  /** The source of a called predicate. */
  readonly sourceOf: (unit: SourceUnit, call: TSESTree.CallExpression) => FunctionRef | null;
  readonly depth?: number;
}

/**
 * The statuses whose response has no body. The Fetch standard has null body statuses, and 100 and 102 never arrive. For `node:http` there is
 * none: a 204 holds its socket until the stream's end is read.
 */
const BODILESS: Readonly<Record<ClientName, ReadonlySet<unknown>>> = {
  fetch: new Set([100, 101, 102, 103, 204, 205, 304]),
  'node-fetch': new Set([204, 304]),
  undici: new Set([204, 304]),
  watertight: new Set([204, 304]),
  axios: new Set(),
  node: new Set(),
};

const ENDED: ReadonlySet<unknown> = new Set(['eof', 'closed', 'errored']);

/** The depth to which predicates are read. */
const MAX_DEPTH = 3;

/** The meaning of the outcome `outcome` of `test`. */
export function meaningOf(context: ConditionContext, test: TSESTree.Node, outcome: boolean): Meaning {
  // The other values of a record may tell that there is no response; what they tell is not known.
  if ([...context.aliases.values()].some(hasSiblings) && asksUnknown(context, test)) return 'finished';
  return knownMeaningOf(context, test, outcome);
}

function hasSiblings({ kind, index }: Shape): boolean {
  return kind === 'sibling' || kind === 'record' || (kind === 'list' && index !== null);
}

/** Whether a condition reads a value beside the response of which nothing is known, or asks in a way that is not understood. */
function asksUnknown(context: ConditionContext, test: TSESTree.Node, isAsked = true): boolean {
  const found = valueOf(context, test);
  if (found?.what === 'constant') return !isAsked;
  if (found !== null) return found.what === 'shape' && found.shape.kind === 'sibling';
  if (test.parent?.type === 'SwitchCase' && test.parent.test === test && asksUnknown(context, test.parent.parent.discriminant)) return true;
  switch (test.type) {
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return false;
    case 'BinaryExpression':
      if (/^[!=]==?$/.test(test.operator) && (test.right.type === 'Literal' || isUndefined(test.right))) return asksUnknown(context, test.left);
      break;
    case 'ChainExpression':
    case 'LogicalExpression':
    case 'TSNonNullExpression':
    case 'TSAsExpression':
      return childrenOf(test).some((child) => asksUnknown(context, child));
    case 'UnaryExpression':
      return asksUnknown(context, test.argument, test.operator === '!');
    default:
      break;
  }
  return childrenOf(test).some((child) => asksUnknown(context, child, false));
}

function knownMeaningOf(context: ConditionContext, test: TSESTree.Node, outcome: boolean): Meaning {
  const node = unwrapped(test);
  switch (node.type) {
    case 'UnaryExpression':
      return node.operator === '!' ? meaningOf(context, node.argument, !outcome) : 'nothing';
    case 'LogicalExpression':
      return logical(context, node, outcome);
    case 'Identifier':
      return truth(valueOf(context, node), outcome) === 'nothing' ? named(context, node, outcome) : truth(valueOf(context, node), outcome);
    case 'MemberExpression':
      return isPresent(context, node) !== null ? (isPresent(context, node) === outcome ? 'nothing' : 'impossible') : truth(valueOf(context, node), outcome);
    case 'BinaryExpression':
      return comparison(context, node, outcome);
    case 'CallExpression':
      return called(context, node, outcome);
    default:
      break;
  }
  if (node.parent?.type === 'SwitchCase' && node.parent.test === node && node.type === 'Literal') {
    const subject = valueOf(context, unwrapped(node.parent.parent.discriminant));
    if (subject?.what === 'status' && outcome && BODILESS[subject.client].has(node.value)) return 'finished';
    if (subject?.what === 'constant' && (subject.value === node.value) !== outcome) return 'impossible';
  }
  return 'nothing';
}

/** `a || b` is true if one of them is, so each must mean the same; if it is false, both are false. */
function logical(context: ConditionContext, node: TSESTree.LogicalExpression, outcome: boolean): Meaning {
  if (node.operator === '??') return 'nothing';
  const left = meaningOf(context, node.left, outcome);
  const right = meaningOf(context, node.right, outcome);
  const both = (node.operator === '&&') === outcome;
  if (both) return left === 'nothing' ? right : left;
  return left === right ? left : left === 'impossible' ? right : right === 'impossible' ? left : 'nothing';
}

/** `const isEmpty = res.status === 204; if (isEmpty)`. */
function named(context: ConditionContext, name: TSESTree.Identifier, outcome: boolean): Meaning {
  const definition = context.unit.variables.get(name)?.defs.at(0)?.node;
  if (definition?.type !== 'VariableDeclarator' || definition.parent.kind !== 'const' || definition.id.type !== 'Identifier' || definition.init === null) return 'nothing';
  const { type } = definition.init;
  return type === 'BinaryExpression' || type === 'LogicalExpression' || type === 'UnaryExpression' || type === 'CallExpression' ? meaningOf(context, definition.init, outcome) : 'nothing';
}

/** `[204, 304].includes(res.status)`, `EMPTY.has(res.status)`, `isEmpty(res)`, `Boolean(res)`. */
function called(context: ConditionContext, call: TSESTree.CallExpression, outcome: boolean): Meaning {
  const [argument] = call.arguments;
  if (argument === undefined || argument.type === 'SpreadElement') return 'nothing';
  const subject = valueOf(context, unwrapped(argument));
  if (subject === null) return 'nothing';
  if (call.callee.type === 'MemberExpression' && /^(includes|has)$/.test(propertyName(call.callee) ?? '')) {
    const values = listedIn(context.unit, call.callee.object);
    return subject.what === 'status' && outcome && values !== null && values.every((value) => BODILESS[subject.client].has(value)) ? 'finished' : 'nothing';
  }
  if (subject.what !== 'status' && subject.what !== 'shape') return 'nothing';
  const depth = context.depth ?? 0;
  const ref = depth < MAX_DEPTH ? context.sourceOf(context.unit, call) : null;
  const parameter = ref?.node.params[call.arguments.indexOf(argument)];
  const result = ref === null ? null : resultOf(ref.node);
  const variable = ref === null || parameter?.type !== 'Identifier' ? undefined : ref.unit.variables.get(parameter);
  if (ref === null || variable === undefined || result === null) return 'nothing';
  const inner: ConditionContext = {
    ...context,
    unit: ref.unit,
    depth: depth + 1,
    aliases: new Map(subject.what === 'shape' ? [[variable, subject.shape]] : []),
    statuses: new Map(subject.what === 'status' ? [[variable, subject.client]] : []),
  };
  return meaningOf(inner, result, outcome);
}

/** The value that a function returns, if that is all it does. */
function resultOf({ body }: FunctionNode): TSESTree.Node | null {
  if (body.type !== 'BlockStatement') return body;
  const [statement] = body.body;
  return body.body.length === 1 && statement.type === 'ReturnStatement' ? statement.argument : null;
}

/** The values of an array or a set that is written out; null if they are unknown. */
function listedIn(unit: SourceUnit, node: TSESTree.Node, depth = 0): unknown[] | null {
  if (depth > MAX_DEPTH) return null;
  switch (node.type) {
    case 'ArrayExpression':
      return node.elements.length > 0 && node.elements.every((element) => element?.type === 'Literal') ? node.elements.map((element) => (element).value) : null;
    case 'NewExpression':
    case 'CallExpression':
      return node.arguments.length === 1 ? listedIn(unit, node.arguments[0], depth + 1) : null;
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return listedIn(unit, node.expression, depth + 1);
    case 'Identifier': {
      const definition = unit.variables.get(node)?.defs.at(0)?.node;
      return definition?.type === 'VariableDeclarator' && definition.parent.kind === 'const' && definition.init !== null ? listedIn(unit, definition.init, depth + 1) : null;
    }
    default:
      return null;
  }
}

type Subject = { readonly what: 'shape'; readonly shape: Shape } | { readonly what: 'status'; readonly client: ClientName } | { readonly what: 'constant'; readonly value: Constant } | { readonly what: 'settled' | 'used' | 'body state' | 'length' | 'aborted' };

function unwrapped(node: TSESTree.Node): TSESTree.Node {
  switch (node.type) {
    case 'ChainExpression':
    case 'TSNonNullExpression':
    case 'TSAsExpression':
      return unwrapped(node.expression);
    case 'AssignmentExpression':
      return node.left;
    case 'AwaitExpression':
      return unwrapped(node.argument);
    default:
      return node;
  }
}

/** The part of the response that an expression names. */
function valueOf(context: ConditionContext, node: TSESTree.Node): Subject | null {
  const { unit, aliases } = context;
  if (node.type === 'Identifier') {
    const variable = unit.variables.get(node);
    const shape = variable === undefined ? undefined : aliases.get(variable);
    if (shape !== undefined) return shape.kind === 'sibling' ? ofSibling(shape.client, siblingOf(shape, '')) : { what: 'shape', shape };
    const client = variable === undefined ? undefined : context.statuses?.get(variable);
    if (client !== undefined) return { what: 'status', client };
    return variable === undefined ? null : takenFrom(context, variable);
  }
  if (node.type !== 'MemberExpression') return null;
  const of = valueOf(context, unwrapped(node.object));
  return of?.what === 'shape' ? propertyOf(of.shape, propertyName(node)) : null;
}

/** The part that a constant holds: in `const { status } = res`, it is like the member itself. */
function takenFrom(context: ConditionContext, variable: Variable): Subject | null {
  const definition = variable.defs.at(0);
  if (variable.defs.length !== 1 || definition?.node.type !== 'VariableDeclarator' || definition.node.parent.kind !== 'const') return null;
  const { id, init } = definition.node;
  if (init === null) return null;
  if (id.type === 'Identifier') return init.type === 'MemberExpression' ? valueOf(context, init) : null;
  if (id.type !== 'ObjectPattern') return null;
  const property = id.properties.find((each) => each.type === 'Property' && each.value === definition.name);
  const name = property?.type === 'Property' ? propertyName(property) : null;
  // In `const { statusCode, body } = await request(…)`, the status belongs to the response of the body.
  for (const binding of context.aliases) {
    const declared = binding[0].defs.at(0)?.node;
    if (declared === definition.node && (name === 'statusCode' || name === 'status')) return { what: 'status', client: binding[1].client };
  }
  const source = valueOf(context, unwrapped(init));
  return source?.what === 'shape' ? propertyOf(source.shape, name) : null;
}

/** Whether an expression names a member that is always there, `res.text`, or never; null if it may be. */
function isPresent(context: ConditionContext, node: TSESTree.Node): boolean | null {
  if (node.type !== 'MemberExpression') return null;
  const name = propertyName(node);
  const of = valueOf(context, unwrapped(node.object));
  if (of?.what !== 'shape' || of.shape.promised || name === null) return null;
  if (hasAlways(of.shape, name)) return true;
  return of.shape.kind === 'response' && of.shape.client === 'fetch' && hasNever(context.unit, node.object, name) ? false : null;
}

function propertyOf(shape: Shape, name: string | null): Subject | null {
  if (shape.promised) return null;
  if (shape.kind === 'canceller') return name === 'aborted' || name === 'destroyed' ? { what: 'aborted' } : name === 'signal' ? { what: 'shape', shape } : null;
  if (shape.kind === 'sibling') return { what: 'shape', shape };
  if (shape.kind === 'record' || shape.kind === 'list') return beside(shape, name);
  switch (name) {
    case 'status':
    case 'statusCode':
      if (shape.kind === 'settled') return { what: 'settled' };
      return shape.kind === 'response' ? { what: 'status', client: shape.client } : null;
    case 'bodyUsed':
    case 'destroyed':
    case 'readableEnded':
      return { what: 'used' };
    case 'state':
      return shape.kind === 'body' ? { what: 'body state' } : null;
    case 'contentLength':
      return shape.client === 'watertight' ? { what: 'length' } : null;
    case 'done':
      return shape.kind === 'read result' ? { what: 'shape', shape: { ...shape, kind: 'done flag' } } : null;
    case 'body':
    case 'data':
      return shape.kind === 'response' ? { what: 'shape', shape: { ...shape, kind: 'body' } } : null;
    default:
      return null;
  }
}

/** A property of a record, or an element of a tuple. */
function beside(shape: Shape, name: string | null): Subject | null {
  const own = shape.kind === 'record' ? shape.field : shape.index === null ? null : String(shape.index);
  if (name === null || own === null || shape.element === null || (shape.kind === 'list' && !/^\d+$/.test(name))) return null;
  if (name === own) return shape.element.promised ? null : { what: 'shape', shape: shape.element };
  return ofSibling(shape.client, siblingOf(shape, name));
}

function ofSibling(client: ClientName, sibling: Sibling): Subject | null {
  if (sibling.kind === 'free') return null;
  return sibling.kind === 'value' ? { what: 'constant', value: sibling.value } : { what: 'shape', shape: asSibling(client, sibling) };
}

function truth(subject: Subject | null, outcome: boolean): Meaning {
  if (subject === null) return 'nothing';
  if (subject.what === 'used' || subject.what === 'aborted') return outcome ? 'finished' : 'nothing';
  if (subject.what === 'constant') return Boolean(subject.value) === outcome ? 'nothing' : 'impossible';
  if (subject.what !== 'shape') return 'nothing';
  switch (subject.shape.kind) {
    case 'done flag':
      return outcome ? 'finished' : 'nothing';
    case 'chunk':
      return outcome ? 'nothing' : 'finished';
    case 'error':
      return outcome ? 'impossible' : 'nothing';
    case 'body':
      return outcome ? 'nothing' : 'finished'; // no body
    default:
      return outcome ? 'nothing' : 'impossible'; // there is a response on this path
  }
}

function comparison(context: ConditionContext, node: TSESTree.BinaryExpression, outcome: boolean): Meaning {
  const left = unwrapped(node.left);
  if (left.type === 'UnaryExpression' && left.operator === 'typeof' && constantOf(node.right) === 'undefined') {
    const of = valueOf(context, unwrapped(left.argument));
    return of?.what === 'shape' ? truth(of, node.operator.startsWith('=') !== outcome) : 'nothing';
  }
  // `typeof res.text === 'function'`
  if (left.type === 'UnaryExpression' && left.operator === 'typeof') return constantOf(node.right) === 'function' && isPresent(context, unwrapped(left.argument)) === true && node.operator.startsWith('=') !== outcome ? 'impossible' : 'nothing';
  if (node.operator === 'in') return has(context, node, outcome);
  const subject = valueOf(context, left);
  if (subject === null) return 'nothing';
  if (node.operator === 'instanceof') {
    // After `catch((error) => error)`, an Error means that there is no response.
    const isError = nameOf(node.right).endsWith('Error');
    return isError && outcome && subject.what === 'shape' ? 'impossible' : 'nothing';
  }
  if (!/^[!=]==?$/.test(node.operator)) return 'nothing';
  const equal = node.operator.startsWith('=') === outcome;
  const right = constantOf(node.right);
  if (right === undefined && !isUndefined(node.right)) return 'nothing';
  switch (subject.what) {
    case 'status':
      return equal && BODILESS[subject.client].has(right) ? 'finished' : 'nothing';
    case 'constant': {
      const same = /^[!=]==$/.test(node.operator) ? subject.value === right : (subject.value ?? null) === (right ?? null);
      return same === equal ? 'nothing' : 'impossible';
    }
    case 'settled':
      return (right === 'rejected' && equal) || (right === 'fulfilled' && !equal) ? 'impossible' : 'nothing';
    case 'length':
      return equal && right === 0 ? 'finished' : 'nothing';
    case 'body state':
      return equal && ENDED.has(right) ? 'finished' : 'nothing';
    case 'used':
    case 'aborted':
      return typeof right === 'boolean' ? truth(subject, right === equal) : 'nothing';
    case 'shape':
      if (typeof right === 'boolean') return truth(subject, right === equal);
      return right === null || right === undefined ? truth(subject, !equal) : 'nothing';
  }
}

/** `'value' in result`: a record has what is written out, and a response what every response has. */
function has(context: ConditionContext, { left, right }: TSESTree.BinaryExpression, outcome: boolean): Meaning {
  const of = valueOf(context, unwrapped(right));
  if (of?.what !== 'shape' || left.type !== 'Literal' || typeof left.value !== 'string') return 'nothing';
  if (of.shape.kind !== 'record') return !outcome && hasAlways(of.shape, left.value) ? 'impossible' : 'nothing';
  const { siblings, field } = of.shape;
  if (siblings === null) return 'nothing';
  const known = left.value === field || siblings.known.has(left.value) ? true : siblings.others.kind === 'value' ? false : null;
  return known === null ? 'finished' : known === outcome ? 'nothing' : 'impossible';
}

function constantOf(node: TSESTree.Node): unknown {
  return node.type === 'Literal' ? node.value : undefined;
}

function isUndefined(node: TSESTree.Node): boolean {
  return node.type === 'Identifier' && node.name === 'undefined';
}
