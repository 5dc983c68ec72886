/** Owns the search for the variables that have the ClientRequest of a call, by which its response can be ended. */
import type { TSESTree } from '@typescript-eslint/utils';
import type { Call, SourceUnit, Variable } from '../graph/index.js';

/** The methods of a ClientRequest that return it. */
const GIVES_ITSELF = /^(on|once|addListener|prependListener|prependOnceListener|off|removeListener|removeAllListeners|setMaxListeners|setTimeout|setNoDelay|end|setHeader)$/;

export interface RequestObject {
  readonly variable: Variable;
  /** The declaration that gives it to the variable after the call; null if it had it before. */
  readonly write: TSESTree.VariableDeclarator | null;
}

/** `req` in `const req = http.get(…).on('error', …)` and in `req.on('response', …)`. */
export function requestObjectsOf(unit: SourceUnit, call: Call): RequestObject[] {
  const found: RequestObject[] = [];
  let at: TSESTree.Node = call;
  while (at.parent?.type === 'MemberExpression' && at.parent.object === at && at.parent.property.type === 'Identifier' && GIVES_ITSELF.test(at.parent.property.name) && at.parent.parent.type === 'CallExpression') at = at.parent.parent;
  const { parent } = at;
  if (parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier') {
    const variable = unit.variables.get(parent.id);
    if (variable !== undefined) found.push({ variable, write: parent });
  }
  const of = call.callee.type === 'MemberExpression' && call.callee.object.type === 'Identifier' ? call.callee.object : null;
  if (of !== null && unit.services.getTypeAtLocation(of).getSymbol()?.name === 'ClientRequest') {
    const variable = unit.variables.get(of);
    if (variable !== undefined) found.push({ variable, write: null });
  }
  return found;
}
