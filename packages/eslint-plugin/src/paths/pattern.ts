/** Owns the binding of a value and its parts to the names in a declaration or an assignment. */
import type { TSESTree } from '@typescript-eslint/utils';
import { asSibling, holds, memberUse, siblingOf, type Shape } from '../clients/index.js';
import type { SourceUnit, Variable } from '../graph/index.js';
import type { Binding } from './effect.js';
import { namesIn } from './scope.js';

export interface Bound {
  readonly bindings: Binding[];
  /** True if a part is assigned to something that is not a variable. */
  readonly stored: boolean;
}

/** A property's name; `@@asyncIterator` for a well-known symbol; null if it is computed. */
export function propertyName(node: TSESTree.MemberExpression | TSESTree.Property): string | null {
  const name = node.type === 'MemberExpression' ? node.property : node.key;
  if (!node.computed && name.type === 'Identifier') return name.name;
  if (name.type === 'Literal' && typeof name.value === 'string') return name.value;
  if (name.type === 'MemberExpression' && name.object.type === 'Identifier' && name.object.name === 'Symbol' && name.property.type === 'Identifier') return `@@${name.property.name}`;
  return null;
}

/** The variables that get a new value by a declaration or an assignment. */
export function variablesWrittenBy(unit: SourceUnit, node: TSESTree.VariableDeclarator | TSESTree.AssignmentExpression): Variable[] {
  const pattern = node.type === 'VariableDeclarator' ? node.id : node.left;
  const names = pattern.type === 'Identifier' ? [pattern] : namesIn(pattern);
  return names.flatMap((name) => unit.variables.get(name) ?? []);
}

export function bindPattern(unit: SourceUnit, pattern: TSESTree.Node, shape: Shape): Bound {
  const bindings: Binding[] = [];
  let stored = false;
  const bind = (target: TSESTree.Node, value: Shape): void => {
    switch (target.type) {
      case 'Identifier': {
        const variable = unit.variables.get(target);
        if (variable === undefined) stored = true;
        else bindings.push({ variable, shape: value });
        break;
      }
      case 'AssignmentPattern':
        bind(target.left, value);
        break;
      case 'ArrayPattern':
        bindElements(target, value);
        break;
      case 'ObjectPattern':
        bindProperties(target, value);
        break;
      case 'TSParameterProperty':
      default:
        stored = true;
    }
  };
  const bindElements = (target: TSESTree.ArrayPattern, value: Shape): void => {
    if (value.kind !== 'list' || value.element === null || value.promised) {
      stored = true;
      return;
    }
    for (const [index, element] of target.elements.entries()) {
      if (element === null) continue;
      if (value.siblings !== null && value.index !== index && element.type !== 'RestElement') {
        bindSibling(element, value, String(index));
        continue;
      }
      if (element.type === 'RestElement') {
        if (value.index === null || value.index >= index) bind(element.argument, { ...value, index: null, siblings: null });
      } else if (value.index === null || value.index === index) bind(element, value.element);
    }
  };
  const bindProperties = (target: TSESTree.ObjectPattern, value: Shape): void => {
    if (value.promised) return;
    let bodyTaken = false;
    for (const property of target.properties) {
      if (property.type === 'RestElement') {
        if (!bodyTaken && holds(value)) bind(property.argument, value);
        continue;
      }
      const name = propertyName(property);
      if (value.kind === 'record' && name !== null && name !== value.field) {
        bindSibling(property.value, value, name);
        continue;
      }
      const use = memberUse(value, name);
      if (use.kind === 'gives') {
        if (holds(use.shape)) bodyTaken = true;
        bind(property.value, use.shape);
      } else if (use.kind !== 'look') stored = true;
    }
  };
  const bindSibling = (target: TSESTree.Node, value: Shape, name: string): void => {
    const sibling = siblingOf(value, name);
    if (sibling.kind === 'free') return;
    // With a default, the name has a value even if the property has none.
    const isKnown = sibling.kind === 'value' && target.type === 'Identifier';
    for (const own of namesIn(target)) {
      const variable = unit.variables.get(own);
      if (variable !== undefined) bindings.push({ variable, shape: asSibling(value.client, isKnown ? sibling : { kind: 'unknown' }) });
    }
  };
  bind(pattern, shape);
  return { bindings, stored };
}
