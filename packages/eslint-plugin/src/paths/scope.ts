/** Owns the questions about a variable's home: whose it is, and which functions see it. */
import type { TSESTree } from '@typescript-eslint/utils';
import type { Variable } from '../graph/index.js';
import type { FunctionNode } from './effect.js';

export function isFunction(node: TSESTree.Node): node is FunctionNode {
  return node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';
}

/** The function, static block or program whose code path the node is on. */
export function homeOf(node: TSESTree.Node): TSESTree.Node {
  let at: TSESTree.Node | null | undefined = node.parent;
  while (at && !isFunction(at) && at.type !== 'Program' && at.type !== 'StaticBlock') at = at.parent;
  return at ?? node;
}

/** Does the variable belong to the function that the node is in? Else an assignment stores its value. */
export function isLocalAt(variable: Variable, node: TSESTree.Node): boolean {
  return variable.scope.variableScope.block === homeOf(node) && !isExported(variable);
}

export function isExported(variable: Variable): boolean {
  return variable.defs.some(({ node }) => {
    const statement = node.type === 'VariableDeclarator' ? node.parent : node;
    return statement.parent?.type === 'ExportNamedDeclaration' || statement.parent?.type === 'ExportDefaultDeclaration';
  });
}

export function contains(outer: TSESTree.Node, inner: TSESTree.Node): boolean {
  return outer.range[0] <= inner.range[0] && inner.range[1] <= outer.range[1];
}

/** The variable of a function that has a name to call it by: a declaration, or `const f = () => …`. */
export function namedAs(fn: TSESTree.Node): TSESTree.Identifier | null {
  if (fn.type === 'FunctionDeclaration') return fn.id;
  const { parent } = fn;
  if (parent?.type === 'VariableDeclarator' && parent.init === fn && parent.id.type === 'Identifier') return parent.id;
  return null;
}
