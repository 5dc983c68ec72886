/** Owns what a condition tells about a value: that it is absent, has no body, or is at its end. */
import type { TSESTree } from '@typescript-eslint/utils';
import type { Shape } from '../clients/index.js';
import type { SourceUnit, Variable } from '../graph/index.js';
import { nameOf } from './callee.js';
import { propertyName } from './pattern.js';

/** The meaning of a condition's outcome for a path. */
export type Meaning =
  /** The path cannot be taken. */
  | 'impossible'
  /** On this path, nothing is left to finish. */
  | 'finished'
  /** Nothing is known. */
  | 'nothing';

export type Aliases = ReadonlyMap<Variable, Shape>;

const BODILESS: ReadonlySet<unknown> = new Set([204, 304]);
const ENDED: ReadonlySet<unknown> = new Set(['eof', 'closed', 'errored']);

/** The meaning of the outcome `outcome` of `test`. */
export function meaningOf(unit: SourceUnit, test: TSESTree.Node, outcome: boolean, aliases: Aliases): Meaning {
  const node = unwrapped(test);
  switch (node.type) {
    case 'UnaryExpression':
      return node.operator === '!' ? meaningOf(unit, node.argument, !outcome, aliases) : 'nothing';
    case 'Identifier':
    case 'MemberExpression':
      return truth(valueOf(unit, node, aliases), outcome);
    case 'BinaryExpression':
      return comparison(unit, node, outcome, aliases);
    default:
      break;
  }
  if (node.parent?.type === 'SwitchCase' && node.parent.test === node && node.type === 'Literal') {
    const subject = valueOf(unit, unwrapped(node.parent.parent.discriminant), aliases);
    if (subject?.what === 'status' && outcome && BODILESS.has(node.value)) return 'finished';
  }
  return 'nothing';
}

type Subject = { readonly what: 'shape'; readonly shape: Shape } | { readonly what: 'status' | 'settled' | 'used' | 'body state' | 'length' | 'aborted' };

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
function valueOf(unit: SourceUnit, node: TSESTree.Node, aliases: Aliases): Subject | null {
  if (node.type === 'Identifier') {
    const variable = unit.variables.get(node);
    const shape = variable === undefined ? undefined : aliases.get(variable);
    if (shape !== undefined) return { what: 'shape', shape };
    const property = variable === undefined ? null : takenFrom(unit, variable, aliases);
    return property;
  }
  if (node.type !== 'MemberExpression') return null;
  const of = valueOf(unit, unwrapped(node.object), aliases);
  return of?.what === 'shape' ? propertyOf(of.shape, propertyName(node)) : null;
}

/** The part that a constant holds: in `const { status } = res`, it is like the member itself. */
function takenFrom(unit: SourceUnit, variable: Variable, aliases: Aliases): Subject | null {
  const definition = variable.defs.at(0);
  if (variable.defs.length !== 1 || definition?.node.type !== 'VariableDeclarator' || definition.node.parent.kind !== 'const') return null;
  const { id, init } = definition.node;
  if (init === null) return null;
  if (id.type === 'Identifier') return init.type === 'MemberExpression' ? valueOf(unit, init, aliases) : null;
  if (id.type !== 'ObjectPattern') return null;
  const property = id.properties.find((each) => each.type === 'Property' && each.value === definition.name);
  const name = property?.type === 'Property' ? propertyName(property) : null;
  // In `const { statusCode, body } = await request(…)`, the status belongs to the response of the body.
  for (const binding of aliases) {
    const declared = binding[0].defs.at(0)?.node;
    if (declared === definition.node && (name === 'statusCode' || name === 'status')) return { what: 'status' };
  }
  const source = valueOf(unit, unwrapped(init), aliases);
  return source?.what === 'shape' ? propertyOf(source.shape, name) : null;
}

function propertyOf(shape: Shape, name: string | null): Subject | null {
  if (shape.promised) return null;
  if (shape.kind === 'canceller') return name === 'aborted' || name === 'destroyed' ? { what: 'aborted' } : name === 'signal' ? { what: 'shape', shape } : null;
  switch (name) {
    case 'status':
    case 'statusCode':
      if (shape.kind === 'settled') return { what: 'settled' };
      return shape.kind === 'response' ? { what: 'status' } : null;
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

function truth(subject: Subject | null, outcome: boolean): Meaning {
  if (subject === null) return 'nothing';
  if (subject.what === 'used' || subject.what === 'aborted') return outcome ? 'finished' : 'nothing';
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

function comparison(unit: SourceUnit, node: TSESTree.BinaryExpression, outcome: boolean, aliases: Aliases): Meaning {
  const left = unwrapped(node.left);
  const subject = valueOf(unit, left, aliases);
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
      return equal && BODILESS.has(right) ? 'finished' : 'nothing';
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

function constantOf(node: TSESTree.Node): unknown {
  return node.type === 'Literal' ? node.value : undefined;
}

function isUndefined(node: TSESTree.Node): boolean {
  return node.type === 'Identifier' && node.name === 'undefined';
}
