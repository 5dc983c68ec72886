/**
 * Owns the outcome of a fork's condition on the edge from one segment to the next. ESLint's segments do not
 * have it, so it is read from the syntax around the condition.
 */
import type { TSESTree } from '@typescript-eslint/utils';

/** `true` also means "neither null nor undefined" if the condition tests for that. `null` means unknown. */
export type TestOutcome = true | false | null;

/** Whether the code path forks at this node; in `a && b`, it forks at a and at b. */
export function endsInTest(node: TSESTree.Node): boolean {
  if (node.type === 'LogicalExpression' && isTestPosition(node)) return false;
  return isTestPosition(node);
}

function isTestPosition(node: TSESTree.Node): boolean {
  const { parent } = node;
  switch (parent?.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
    case 'SwitchCase':
      return parent.test === node;
    case 'LogicalExpression':
      return parent.left === node || isTestPosition(parent);
    case 'MemberExpression':
      return parent.optional && parent.object === node;
    case 'CallExpression':
      return parent.optional && parent.callee === node;
    default:
      return false;
  }
}

/** The target of a fork: a node, or whatever follows. */
type Target = TSESTree.Node | 'after';

/** The outcome of `test` on the edge to the segment that starts at `start`; null if the syntax does not tell. */
export function outcomeOf(test: TSESTree.Node, start: TSESTree.Node): TestOutcome {
  const whenTrue = targetOf(test, true);
  const whenFalse = targetOf(test, false);
  if (start === whenTrue) return true;
  if (start === whenFalse) return false;
  if (whenTrue !== 'after') return false;
  if (whenFalse !== 'after') return true;
  return null;
}

function targetOf(node: TSESTree.Node, outcome: boolean): Target {
  const { parent } = node;
  switch (parent?.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      return outcome ? parent.consequent : (parent.alternate ?? 'after');
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
      return outcome ? parent.body : 'after';
    case 'SwitchCase':
      return outcome ? (parent.consequent[0] ?? 'after') : 'after';
    case 'MemberExpression':
      return outcome ? parent.property : 'after';
    case 'CallExpression':
      return outcome ? (parent.arguments[0] ?? 'after') : 'after';
    case 'LogicalExpression': {
      const decides = parent.operator === '&&' ? outcome : !outcome;
      if (parent.left === node && decides) return parent.right;
      return isTestPosition(parent) ? targetOf(parent, outcome) : 'after';
    }
    default:
      return 'after';
  }
}
