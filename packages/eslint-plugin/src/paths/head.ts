/** Owns a request's method that is known only at run time: a path on which it is HEAD has no body to read. */
import type { TSESTree } from '@typescript-eslint/utils';
import type { Call, SourceUnit } from '../graph/index.js';
import { propertyName } from './pattern.js';

/** The text of the expression that gives the request's method; null if that is no variable or property. */
export function methodText(unit: SourceUnit, request: Call): string | null {
  for (const argument of request.arguments) {
    if (argument.type === 'ObjectExpression') {
      for (const property of argument.properties) {
        if (property.type !== 'Property' || propertyName(property) !== 'method') continue;
        return textOf(unit, property.value);
      }
    } else if (argument.type === 'Identifier' && argument !== request.arguments[0]) return `${argument.name}.method`;
  }
  return null;
}

/**
 * The outcome of the condition that means that the method is HEAD; null if the condition does not ask for that.
 * `method` is the text of the request's method; null if the request is made elsewhere: then any method may be it.
 */
export function asksForMethod(unit: SourceUnit, test: TSESTree.Node, method: string | null, depth = 0): boolean | null {
  switch (test.type) {
    case 'UnaryExpression': {
      const of = test.operator === '!' ? asksForMethod(unit, test.argument, method, depth) : null;
      return of === null ? null : !of;
    }
    case 'Identifier': {
      const definition = unit.variables.get(test)?.defs.at(0)?.node;
      const isConstant = definition?.type === 'VariableDeclarator' && definition.parent.kind === 'const' && definition.id.type === 'Identifier';
      return depth < 2 && isConstant && definition.init !== null ? asksForMethod(unit, definition.init, method, depth + 1) : null;
    }
    case 'BinaryExpression': {
      if (!/^[!=]==?$/.test(test.operator)) return null;
      const isHead = test.right.type === 'Literal' && typeof test.right.value === 'string' && test.right.value.toUpperCase() === 'HEAD';
      const asked = isHead ? textOf(unit, test.left) : null;
      return asked !== null && (method === null ? /(^|[._#])method$/i.test(asked) : asked === method) ? test.operator.startsWith('=') : null;
    }
    default:
      return null;
  }
}

/** The text of a variable or property, without a change of case. */
function textOf(unit: SourceUnit, node: TSESTree.Node): string | null {
  switch (node.type) {
    case 'Identifier':
      return node.name;
    case 'MemberExpression':
      return node.computed ? null : unit.sourceCode.getText(node).replaceAll('?.', '.');
    case 'ChainExpression':
      return textOf(unit, node.expression);
    case 'CallExpression':
      return node.callee.type === 'MemberExpression' && /^to(Upper|Lower)Case$/.test(propertyName(node.callee) ?? '') ? textOf(unit, node.callee.object) : null;
    case 'LogicalExpression':
      return node.operator === '&&' ? null : textOf(unit, node.left);
    default:
      return null;
  }
}
