/**
 * Owns what an object or array literal says of the values beside a response: `{ ok: true, value: res }` has `ok`
 * only as true, so where it is false there is no response.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import type { Sibling, Siblings } from '../clients/index.js';
import type { SourceUnit, Variable } from '../graph/index.js';
import { parameterOf } from './gift.js';
import { propertyName } from './pattern.js';

const FREE: Sibling = { kind: 'free' };
const UNKNOWN: Sibling = { kind: 'unknown' };
const ABSENT: Sibling = { kind: 'value', value: undefined };

/** The depth to which constants are followed. */
const MAX_DEPTH = 3;

/** The properties of an object literal beside `own`. */
export function siblingsInObject(unit: SourceUnit, object: TSESTree.ObjectExpression, own: TSESTree.Property): Siblings {
  const known = new Map<string, Sibling>();
  let others = ABSENT;
  for (const property of object.properties) {
    if (property === own) continue;
    const name = property.type === 'Property' ? propertyName(property) : null;
    if (property.type !== 'Property' || name === null) others = UNKNOWN;
    else known.set(name, property.kind === 'init' ? siblingIn(unit, property.value, own.value, 0) : UNKNOWN);
  }
  // What a spread object has may come after a property.
  return others === UNKNOWN ? { known: new Map([...known].map(([name, sibling]) => [name, sibling.kind === 'value' ? UNKNOWN : sibling])), others } : { known, others };
}

/** The elements of an array literal beside `own`. */
export function siblingsInArray(unit: SourceUnit, array: TSESTree.ArrayExpression, own: TSESTree.Node): Siblings {
  const known = new Map<string, Sibling>();
  for (const [index, element] of array.elements.entries()) if (element !== own) known.set(String(index), element === null ? ABSENT : siblingIn(unit, element, own, 0));
  return { known, others: ABSENT };
}

function siblingIn(unit: SourceUnit, node: TSESTree.Node, own: TSESTree.Node, depth: number): Sibling {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'boolean' || typeof node.value === 'number' || typeof node.value === 'string' || node.raw === 'null' ? { kind: 'value', value: node.value as boolean | number | string | null } : FREE;
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'ChainExpression':
      return siblingIn(unit, node.expression, own, depth);
    case 'TemplateLiteral':
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
    case 'ObjectExpression':
    case 'ArrayExpression':
    case 'NewExpression':
      return FREE;
    case 'BinaryExpression':
      return /^[-+*/%]$/.test(node.operator) ? FREE : UNKNOWN;
    case 'MemberExpression':
      return isPartOf(unit, node.object, own) ? FREE : UNKNOWN;
    case 'Identifier': {
      if (node.name === 'undefined') return ABSENT;
      if (parameterOf(unit, node) !== null || isPartOf(unit, node, own)) return FREE;
      const declarator = unit.variables.get(node)?.defs.at(0)?.node;
      const isConstant = declarator?.type === 'VariableDeclarator' && declarator.parent.kind === 'const' && declarator.id.type === 'Identifier' && declarator.init !== null;
      return isConstant && depth < MAX_DEPTH ? siblingIn(unit, declarator.init!, own, depth + 1) : UNKNOWN;
    }
    default:
      return UNKNOWN;
  }
}

/** Whether a value comes from the same response: `res.status` beside `res`, `status` beside `body` of one declaration. */
function isPartOf(unit: SourceUnit, node: TSESTree.Node, own: TSESTree.Node): boolean {
  const [one, other] = [variableOf(unit, node), variableOf(unit, own)];
  if (one === undefined || other === undefined) return false;
  const declarator = one.defs.at(0)?.node;
  return one === other || (declarator?.type === 'VariableDeclarator' && declarator === other.defs.at(0)?.node);
}

function variableOf(unit: SourceUnit, node: TSESTree.Node): Variable | undefined {
  let at = node;
  while (at.type === 'MemberExpression' || at.type === 'TSNonNullExpression' || at.type === 'ChainExpression') at = at.type === 'MemberExpression' ? at.object : at.expression;
  return unit.variables.get(at);
}
