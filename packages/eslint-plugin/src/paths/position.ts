/** Owns what the place of a node in the code tells about it: who uses the value of a call, or when a function runs. */
import type { TSESTree } from '@typescript-eslint/utils';
import { isFunction } from './scope.js';
import { nameOf } from './callee.js';

/** Whether nothing but the statement around uses what the call gives. */
export function isStatement(call: TSESTree.CallExpression): boolean {
  const { parent } = call;
  return parent.type === 'ExpressionStatement' || parent.type === 'ReturnStatement' || parent.type === 'LogicalExpression' || parent.type === 'AwaitExpression';
}

/** Whether the function around waits for the call's promise, or passes it on. */
export function isAwaited(call: TSESTree.Node): boolean {
  const { parent } = call;
  switch (parent?.type) {
    case 'AwaitExpression':
    case 'ReturnStatement':
    case 'ArrowFunctionExpression':
      return true;
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'ChainExpression':
    case 'ConditionalExpression':
    case 'LogicalExpression':
      return isAwaited(parent);
    default:
      return false;
  }
}

/** Whether the name stands in the `default` of a switch. */
export function isInDefault(name: TSESTree.Node): boolean {
  for (let at: TSESTree.Node | undefined = name.parent; at && !isFunction(at); at = at.parent) if (at.type === 'SwitchCase') return at.test === null;
  return false;
}

/** Whether the function is given to a timer. */
export function isTimer(fn: TSESTree.Node): boolean {
  const { parent } = fn;
  return parent?.type === 'CallExpression' && /^set(Timeout|Interval|Immediate)$/.test(nameOf(parent.callee));
}

/** The statement around an expression, or the body of an arrow function without one. */
export function wholeOf(node: TSESTree.Node): TSESTree.Node {
  let at = node;
  while (at.parent && !/(Statement|Declaration|Program)$/.test(at.parent.type) && !isFunction(at.parent)) at = at.parent;
  return at;
}
