/** Owns the constants that a path knows: `let done = false` is false until it is assigned again, so that `while (!done)` runs at least once. */
import type { TSESTree } from '@typescript-eslint/utils';
import type { Constant } from '../clients/index.js';
import type { SourceUnit, Variable } from '../graph/index.js';
import { contains, isFunction, namesIn } from './scope.js';

/** Changes the known constants by one event. */
export function applyConstants(unit: SourceUnit, event: TSESTree.Node, known: Map<Variable, Constant>): void {
  switch (event.type) {
    case 'VariableDeclarator':
      if (event.init === null && /^For(Of|In)/.test(event.parent.parent.type)) forget(unit, event.id, known);
      else write(unit, event.id, event.init, known);
      break;
    case 'AssignmentExpression':
      if (event.operator === '=') write(unit, event.left, event.right, known);
      else forget(unit, event.left, known);
      break;
    case 'UpdateExpression':
      forget(unit, event.argument, known);
      break;
    default:
      break;
  }
}

function write(unit: SourceUnit, pattern: TSESTree.Node, value: TSESTree.Node | null, known: Map<Variable, Constant>): void {
  forget(unit, pattern, known);
  const variable = pattern.type === 'Identifier' ? unit.variables.get(pattern) : undefined;
  if (variable === undefined || !isOwn(variable)) return;
  if (value === null) known.set(variable, undefined);
  else if (value.type === 'Literal' && (value.value === null || typeof value.value === 'boolean' || typeof value.value === 'number') && !('regex' in value)) known.set(variable, value.value);
}

function forget(unit: SourceUnit, pattern: TSESTree.Node, known: Map<Variable, Constant>): void {
  for (const name of namesIn(pattern)) {
    const variable = unit.variables.get(name);
    if (variable !== undefined) known.delete(variable);
  }
}

/** Whether only the variable's own function writes it: the time of other writes is unknown. */
function isOwn(variable: Variable): boolean {
  return variable.references.every((reference) => !reference.isWrite() || reference.from.variableScope === variable.scope.variableScope);
}

/** The constants that hold where a path begins: those that were declared before it and are assigned after it only. */
export function constantsAt(unit: SourceUnit, node: TSESTree.Node): Map<Variable, Constant> {
  const known = new Map<Variable, Constant>();
  const loops: TSESTree.Node[] = [];
  let home: TSESTree.Node | undefined = node.parent;
  for (; home && !isFunction(home) && home.type !== 'Program'; home = home.parent) if (/^(For|While|DoWhile)/.test(home.type)) loops.push(home);
  for (let scope: ReturnType<SourceUnit['sourceCode']['getScope']> | null = unit.sourceCode.getScope(node); scope !== null; scope = scope.upper) {
    for (const variable of scope.variables) {
      const declarator = variable.defs.at(0)?.node;
      if (declarator?.type !== 'VariableDeclarator' || declarator.range[1] > node.range[0]) continue;
      const early = variable.references.some((reference) => reference.isWrite() && reference.init !== true && (reference.identifier.range[0] < node.range[0] || loops.some((loop) => contains(loop, reference.identifier))));
      if (!early) applyConstants(unit, declarator, known);
    }
    if (scope.block === home) break;
  }
  return known;
}

/** Whether a condition is true with the known constants; null if they do not tell. */
export function truthOf(unit: SourceUnit, test: TSESTree.Node, known: ReadonlyMap<Variable, Constant>): boolean | null {
  const { parent } = test;
  if (known.size === 0 || parent?.type === 'SwitchCase' || parent?.type === 'MemberExpression' || parent?.type === 'CallExpression') return null;
  if (parent?.type === 'LogicalExpression' && parent.operator === '??') return null;
  const value = valueOf(unit, test, known);
  return value === null ? null : Boolean(value.value);
}

function valueOf(unit: SourceUnit, node: TSESTree.Node, known: ReadonlyMap<Variable, Constant>): { readonly value: Constant } | null {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'boolean' || typeof node.value === 'number' || typeof node.value === 'string' || node.raw === 'null' ? { value: node.value as Constant } : null;
    case 'Identifier': {
      const variable = unit.variables.get(node);
      return variable !== undefined && known.has(variable) ? { value: known.get(variable) } : null;
    }
    case 'UnaryExpression': {
      const of = node.operator === '!' ? valueOf(unit, node.argument, known) : null;
      return of === null ? null : { value: !of.value };
    }
    case 'BinaryExpression': {
      const [left, right] = [valueOf(unit, node.left, known), valueOf(unit, node.right, known)];
      return left === null || right === null ? null : compared(node.operator, left.value, right.value);
    }
    default:
      return null;
  }
}

function compared(operator: string, left: Constant, right: Constant): { readonly value: boolean } | null {
  if (operator === '===') return { value: left === right };
  if (operator === '!==') return { value: left !== right };
  if (typeof left !== 'number' || typeof right !== 'number') return null;
  switch (operator) {
    case '<':
      return { value: left < right };
    case '<=':
      return { value: left <= right };
    case '>':
      return { value: left > right };
    case '>=':
      return { value: left >= right };
    default:
      return null;
  }
}
