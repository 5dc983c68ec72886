/** Owns the outcomes of repeated conditions: a condition has the same outcome again unless a variable in it was written. */
import type { TSESTree } from '@typescript-eslint/utils';
import { conditionText, type CodeGraph, type SourceUnit } from '../graph/index.js';
import { isFunction } from './scope.js';

export interface Fact {
  readonly text: string;
  readonly outcome: boolean;
}

/** A condition's outcome as a fact; null if it may be different the next time. */
export function factOf(unit: SourceUnit, graph: CodeGraph, test: TSESTree.Node, outcome: boolean): Fact | null {
  if (test.parent?.type === 'SwitchCase') return null;
  const { text, negated } = conditionText(unit.sourceCode.getText(test));
  if ((graph.conditions.get(text) ?? 0) < 2 || !isStable(unit, test)) return null;
  return { text, outcome: outcome !== negated };
}

/** What must be there if a text with `?.` is true: `a` and `a?.b` for `a?.b?.c`. */
export function basesOf(text: string): string[] {
  if (!/^[\w$#?.]+$/.test(text)) return [];
  return [...text.matchAll(/\?\./g)].map(({ index }) => text.slice(0, index));
}

/** The facts that hold in the branches around a node. */
export function factsAt(unit: SourceUnit, graph: CodeGraph, node: TSESTree.Node): Fact[] {
  const facts: Fact[] = [];
  let at = node;
  for (let parent: TSESTree.Node | null | undefined = at.parent; parent && !isFunction(parent); parent = parent.parent) {
    if ((parent.type === 'IfStatement' || parent.type === 'ConditionalExpression') && parent.test !== at) {
      const fact = factOf(unit, graph, parent.test, parent.consequent === at);
      if (fact !== null) facts.push(fact);
    }
    at = parent;
  }
  return facts;
}

function isStable(unit: SourceUnit, node: TSESTree.Node): boolean {
  switch (node.type) {
    case 'Identifier': {
      const variable = unit.variables.get(node);
      return variable !== undefined && variable.references.filter((reference) => reference.isWrite()).length <= 1;
    }
    case 'Literal':
    case 'ThisExpression':
      return true;
    case 'MemberExpression':
      return !node.computed && isStable(unit, node.object);
    case 'ChainExpression':
    case 'TSNonNullExpression':
      return isStable(unit, node.expression);
    case 'UnaryExpression':
      return isStable(unit, node.argument);
    case 'BinaryExpression':
      return isStable(unit, node.left) && isStable(unit, node.right);
    default:
      return false;
  }
}
