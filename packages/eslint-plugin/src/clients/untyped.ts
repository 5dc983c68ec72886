/**
 * Owns the requests of which types say nothing: a call of something with fetch in its name, whose result is used
 * as only a response is, or is declared to be one. The name alone would not do, and neither would the uses.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import ts from 'typescript';
import type { SourceUnit, Variable } from '../graph/index.js';
import { namesHead, type RequestCall } from './request-call.js';
import { looksLikeResponse } from './response-type.js';
import { promiseOf, shape, type ClientName } from './shape.js';

const FETCH = /^_?(\w*fetch|fetch(fn|func|function|impl|er)?)$/i;
const STATUS: ReadonlySet<string> = new Set(['ok', 'status', 'statusText']);
const READS: ReadonlySet<string> = new Set(['json', 'text', 'arrayBuffer', 'blob', 'bytes', 'formData']);
const STREAMS: ReadonlySet<string> = new Set(['getReader', 'pipe', 'pipeTo', 'pipeThrough', 'tee']);

/** A request whose call is untyped. */
interface UntypedRequest extends RequestCall {
  readonly untyped: 'here';
  /** Whether the program declares what the call gives to be a response: by an annotation, a cast, or the type of the function that returns it. */
  readonly isDeclared: boolean;
}

/** The request of an untyped call; null if its result is typed, or neither used as a response nor declared to be one. */
export function untypedRequest(unit: SourceUnit, call: TSESTree.CallExpression): UntypedRequest | null {
  if (!FETCH.test(nameOf(call.callee)) || !isUntyped(unit, call) || namesHead(unit, call)) return null;
  const variable = receiverOf(unit, call);
  const declared = declaredAs(unit, call) ?? (variable === null ? null : declaredByUse(unit, variable));
  if (declared === null && (variable === null || !isUsedAsResponse(variable))) return null;
  return { node: call, result: promiseOf(shape('response', declared ?? 'fetch')), callback: null, untyped: 'here', isDeclared: declared !== null };
}

function nameOf(callee: TSESTree.Node): string {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type === 'CallExpression') return nameOf(callee.callee); // `customFetch(options)(url)`
  return callee.type === 'MemberExpression' && !callee.computed && callee.property.type === 'Identifier' ? callee.property.name : '';
}

function isUntyped(unit: SourceUnit, call: TSESTree.CallExpression): boolean {
  const type = unit.services.getTypeAtLocation(call);
  const value = (type.flags & ts.TypeFlags.Any) === 0 && type.getProperty('then') !== undefined ? unit.services.program.getTypeChecker().getAwaitedType(type) : type;
  return value !== undefined && (value.flags & ts.TypeFlags.Any) !== 0;
}

/** The variable that gets the result: `const res = await fetch(url)`, `fetch(url).then((res) => …)`. */
function receiverOf(unit: SourceUnit, call: TSESTree.CallExpression): Variable | null {
  const { parent } = call;
  if (parent.type === 'AwaitExpression') {
    const write = parent.parent;
    const name = write.type === 'VariableDeclarator' ? write.id : write.type === 'AssignmentExpression' && write.operator === '=' ? write.left : null;
    return name?.type === 'Identifier' ? (unit.variables.get(name) ?? null) : null;
  }
  if (parent.type !== 'MemberExpression' || nameOf(parent) !== 'then' || parent.parent.type !== 'CallExpression') return null;
  const [callback] = parent.parent.arguments;
  const name = callback?.type === 'ArrowFunctionExpression' || callback?.type === 'FunctionExpression' ? callback.params.at(0) : undefined;
  return name?.type === 'Identifier' ? (unit.variables.get(name) ?? null) : null;
}

/** The client whose response an untyped expression is declared to be: by a cast around it, or by what takes it; null if nothing says so. */
function declaredAs(unit: SourceUnit, node: TSESTree.Expression): Extract<ClientName, 'fetch' | 'node-fetch'> | null {
  const checker = unit.services.program.getTypeChecker();
  let at = node;
  let cast: ts.Type | null = null;
  for (let { parent } = at; parent.type === 'AwaitExpression' || parent.type === 'TSAsExpression' || parent.type === 'TSTypeAssertion' || parent.type === 'TSNonNullExpression'; { parent } = at) {
    at = parent;
    if (at.type === 'TSAsExpression' || at.type === 'TSTypeAssertion') cast = unit.services.getTypeAtLocation(at);
  }
  const type = cast ?? checker.getContextualType(unit.services.esTreeNodeToTSNodeMap.get(at) as ts.Expression);
  if (type === undefined) return null;
  for (const part of type.isUnion() ? type.types : [type]) {
    const value = part.getProperty('then') === undefined ? part : checker.getAwaitedType(part);
    const client = value === undefined ? null : looksLikeResponse(checker, value);
    if (client !== null) return client;
  }
  return null;
}

/** The client of a variable whose status is asked for and which is given on as a response: `if (!res.ok) …; return res as Response`. */
function declaredByUse(unit: SourceUnit, variable: Variable): Extract<ClientName, 'fetch' | 'node-fetch'> | null {
  if (!variable.references.some(({ identifier }) => asksStatus(identifier))) return null;
  for (const { identifier } of variable.references) {
    const isGiven = unit.reads.has(identifier) && identifier.parent.type !== 'MemberExpression';
    const client = isGiven ? declaredAs(unit, identifier as TSESTree.Identifier) : null;
    if (client !== null) return client;
  }
  return null;
}

/** `res` in `res.ok`, which is not called. */
function asksStatus(identifier: TSESTree.Node): boolean {
  const member = identifier.parent;
  return member?.type === 'MemberExpression' && member.object === identifier && STATUS.has(nameOf(member)) && !isCalled(member);
}

function isCalled(member: TSESTree.MemberExpression): boolean {
  return member.parent.type === 'CallExpression' && member.parent.callee === member;
}

/** Whether its status is asked for as a property, and its body read: by a method, as a stream, or in a loop. */
function isUsedAsResponse(variable: Variable): boolean {
  let asked = false;
  let read = false;
  for (const { identifier } of variable.references) {
    const member = identifier.parent;
    if (member?.type !== 'MemberExpression' || member.object !== identifier) continue;
    const name = nameOf(member);
    if (STATUS.has(name)) {
      if (isCalled(member)) return false;
      asked = true;
    } else if (READS.has(name) ? isCalled(member) : name === 'body' && isStream(member)) read = true;
  }
  return asked && read;
}

/** Whether a body is used as only a stream is: `for await (const chunk of res.body)`, `res.body.getReader()`. */
function isStream(body: TSESTree.MemberExpression): boolean {
  let at: TSESTree.Node = body;
  while (at.parent?.type === 'TSNonNullExpression' || at.parent?.type === 'TSAsExpression') at = at.parent;
  const { parent } = at;
  if (parent?.type === 'ForOfStatement') return parent.await && parent.right === at;
  return parent?.type === 'MemberExpression' && parent.object === at && STREAMS.has(nameOf(parent)) && isCalled(parent);
}
