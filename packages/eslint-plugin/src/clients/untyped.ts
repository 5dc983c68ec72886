/**
 * Owns the requests of which types say nothing: a call of something with fetch in its name, whose result is used
 * as only a response is. The name alone would not do, and neither would the uses.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import ts from 'typescript';
import type { SourceUnit, Variable } from '../graph/index.js';
import { namesHead, type RequestCall } from './request-call.js';
import { promiseOf, shape } from './shape.js';

const FETCH = /^_?(\w*fetch|fetch(fn|func|function|impl|er)?)$/i;
const STATUS: ReadonlySet<string> = new Set(['ok', 'status', 'statusText']);
const READS: ReadonlySet<string> = new Set(['json', 'text', 'arrayBuffer', 'blob', 'bytes', 'formData']);

/** The request of an untyped call; null if its result is typed, or not used as a response. */
export function untypedRequest(unit: SourceUnit, call: TSESTree.CallExpression): RequestCall | null {
  if (!FETCH.test(nameOf(call.callee)) || !isUntyped(unit, call) || namesHead(unit, call)) return null;
  const variable = receiverOf(unit, call);
  if (variable === null || !isUsedAsResponse(variable)) return null;
  return { node: call, result: promiseOf(shape('response', 'fetch')), callback: null, untyped: true };
}

function nameOf(callee: TSESTree.Node): string {
  if (callee.type === 'Identifier') return callee.name;
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

/** Whether its status is asked for as a property, and its body read by a method. */
function isUsedAsResponse(variable: Variable): boolean {
  let asked = false;
  let read = false;
  for (const { identifier } of variable.references) {
    const member = identifier.parent;
    if (member?.type !== 'MemberExpression' || member.object !== identifier) continue;
    const name = nameOf(member);
    const isCalled = member.parent.type === 'CallExpression' && member.parent.callee === member;
    if (STATUS.has(name)) {
      if (isCalled) return false;
      asked = true;
    } else if (READS.has(name) && isCalled) read = true;
  }
  return asked && read;
}
