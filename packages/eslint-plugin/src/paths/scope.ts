/** Owns the questions about a variable's scope: the function it belongs to, and the functions that can use it. */
import type { TSESTree } from '@typescript-eslint/utils';
import type { Variable } from '../graph/index.js';
import type { FunctionNode } from './effect.js';

export function isFunction(node: TSESTree.Node): node is FunctionNode {
  return node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';
}

/** The function, static block or program with the code path of the node. */
export function homeOf(node: TSESTree.Node): TSESTree.Node {
  let at: TSESTree.Node | null | undefined = node.parent;
  while (at && !isFunction(at) && at.type !== 'Program' && at.type !== 'StaticBlock') at = at.parent;
  return at ?? node;
}

/** Whether the variable belongs to the function around the node. Otherwise, an assignment stores the value elsewhere. */
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

/** The identifier by which a function can be called: of a declaration, or of `const f = () => …`. */
export function namedAs(fn: TSESTree.Node): TSESTree.Identifier | null {
  if (fn.type === 'FunctionDeclaration') return fn.id;
  const { parent } = fn;
  if (parent?.type === 'VariableDeclarator' && parent.init === fn && parent.id.type === 'Identifier') return parent.id;
  return null;
}

/** The names that a pattern binds. */
export function namesIn(pattern: TSESTree.Node): TSESTree.Identifier[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern];
    case 'AssignmentPattern':
      return namesIn(pattern.left);
    case 'RestElement':
      return namesIn(pattern.argument);
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element === null ? [] : namesIn(element)));
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) => namesIn(property.type === 'Property' ? property.value : property.argument));
    default:
      return [];
  }
}

/** The nodes directly below a node, in the order of its keys. */
export function childrenOf(node: TSESTree.Node): TSESTree.Node[] {
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) => (key === 'parent' ? [] : (Array.isArray(value) ? value : [value]).filter(isNode)));
}

function isNode(value: unknown): value is TSESTree.Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'range' in value && typeof value.type === 'string';
}
