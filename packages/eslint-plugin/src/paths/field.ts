/** Owns the question whether a response in a private field is of use to anybody: only its class can read it. */
import type { TSESTree } from '@typescript-eslint/utils';
import { propertyName } from './pattern.js';
import { childrenOf, isFunction, namesIn } from './scope.js';

/** A field of `this` by its name, with `#` if that is a part of it; null for another expression. */
export function fieldName(member: TSESTree.MemberExpression): string | null {
  return member.property.type === 'PrivateIdentifier' ? `#${member.property.name}` : propertyName(member);
}

/**
 * Whether `this.field` is private and no code of its class does more with the field than look at it.
 * `isUsed` tells that for one member expression.
 */
export function isHidden(member: TSESTree.MemberExpression, isUsed: (field: TSESTree.MemberExpression) => boolean): boolean {
  const name = fieldName(member);
  const body = member.object.type === 'ThisExpression' ? classOf(member) : null;
  return body !== null && name !== null && isPrivate(body, name) && !isUsedIn(body, name, isUsed);
}

/** The same for a constructor's parameter that is a field as well: `constructor(private readonly res: Response)`. */
export function isHiddenParameter(parameter: TSESTree.TSParameterProperty, isUsed: (field: TSESTree.MemberExpression) => boolean): boolean {
  const body = classOf(parameter);
  const { parameter: name } = parameter;
  return body !== null && parameter.accessibility === 'private' && parameter.decorators.length === 0 && name.type === 'Identifier' && !isUsedIn(body, name.name, isUsed);
}

function isUsedIn(body: TSESTree.ClassBody, name: string, isUsed: (field: TSESTree.MemberExpression) => boolean): boolean {
  const uses = (node: TSESTree.Node): boolean => {
    if (node.type === 'MemberExpression') {
      const found = fieldName(node);
      if (found === null && node.object.type === 'ThisExpression') return true; // `this[name]`
      if (found === name && !isTarget(node) && isUsed(node)) return true;
    } else if (node.type === 'VariableDeclarator' && node.init?.type === 'ThisExpression' && node.id.type === 'ObjectPattern' && namesIn(node.id).length > 0) return true;
    return childrenOf(node).some(uses);
  };
  return uses(body);
}

/** The class whose instance `this` is; null if that is not sure. */
function classOf(node: TSESTree.Node): TSESTree.ClassBody | null {
  for (let at: TSESTree.Node | undefined = node.parent; at; at = at.parent) {
    if (at.type === 'ClassBody') return at;
    if (isFunction(at) && at.type !== 'ArrowFunctionExpression' && at.parent.type !== 'MethodDefinition') return null;
  }
  return null;
}

function isPrivate(body: TSESTree.ClassBody, name: string): boolean {
  if (name.startsWith('#')) return true;
  return body.body.some((each) => each.type === 'PropertyDefinition' && each.accessibility === 'private' && each.decorators.length === 0 && each.key.type === 'Identifier' && each.key.name === name);
}

function isTarget(member: TSESTree.MemberExpression): boolean {
  return member.parent.type === 'AssignmentExpression' && member.parent.left === member;
}
