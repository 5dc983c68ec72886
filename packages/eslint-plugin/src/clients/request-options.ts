/** Owns what the arguments of a request tell about it: literal options, and the objects that can abort it. */
import type { TSESTree } from '@typescript-eslint/utils';
import ts from 'typescript';
import type { Call, SourceUnit, Variable } from '../graph/index.js';

/** The possible string literals of a property of an options argument; empty if they are unknown. */
export function literalsOfProperty(unit: SourceUnit, argument: TSESTree.Node, name: string): string[] {
  const checker = unit.services.program.getTypeChecker();
  const symbol = unit.services.getTypeAtLocation(argument).getProperty(name);
  if (symbol === undefined) return [];
  const declaration = symbol.valueDeclaration;
  // In `{ method: 'HEAD' }`, if a string is expected, the literal's type is 'HEAD' but the property's type is string.
  const initializer = declaration !== undefined && ts.isPropertyAssignment(declaration) ? declaration.initializer : undefined;
  const variable = declaration !== undefined && ts.isShorthandPropertyAssignment(declaration) ? checker.getShorthandAssignmentValueSymbol(declaration) : undefined;
  const type = variable !== undefined ? checker.getTypeOfSymbol(variable) : initializer === undefined ? checker.getTypeOfSymbol(symbol) : checker.getTypeAtLocation(initializer);
  const parts = type.isUnion() ? type.types : [type];
  const literals = parts.filter((part) => part.isStringLiteral()).map((part) => part.value);
  return literals.length === parts.filter((part) => (part.flags & ts.TypeFlags.Undefined) === 0).length ? literals : [];
}

/** The variables that can end the request: an AbortController whose signal is in the arguments, a ClientRequest. */
export function abortControllers(unit: SourceUnit, args: readonly TSESTree.Node[]): Variable[] {
  const found = new Set<Variable>();
  const visit = (node: TSESTree.Node, depth: number): void => {
    if (depth > 6) return;
    switch (node.type) {
      case 'ObjectExpression':
        for (const property of node.properties) visit(property.type === 'Property' ? property.value : property.argument, depth + 1);
        break;
      case 'ArrayExpression':
        for (const element of node.elements) if (element !== null) visit(element, depth + 1);
        break;
      case 'CallExpression':
      case 'NewExpression':
        for (const argument of node.arguments) visit(argument, depth + 1);
        break;
      case 'MemberExpression':
        visit(node.object, depth + 1);
        break;
      case 'Identifier': {
        const variable = unit.variables.get(node);
        const name = unit.services.getTypeAtLocation(node).getSymbol()?.name;
        if (variable === undefined) break;
        if (name === 'AbortController') found.add(variable);
        else if (name === 'ClientRequest' || name === 'AbortSignal') {
          if (name === 'ClientRequest') found.add(variable);
          const definition = variable.defs.at(0)?.node;
          if (definition?.type === 'VariableDeclarator' && definition.init) visit(definition.init, depth + 1);
        }
        break;
      }
      default:
        break;
    }
  };
  for (const argument of args) visit(argument, 0);
  return [...found];
}

/** Whether the controller ends the request in any case: by an abort in a `finally` block or callback around the request. */
export function abortsFinally(controller: Variable, request: TSESTree.Node): boolean {
  return controller.references.some(({ identifier }) => {
    const { parent } = identifier;
    if (parent?.type !== 'MemberExpression' || parent.parent.type !== 'CallExpression' || parent.parent.callee !== parent) return false;
    if (parent.property.type !== 'Identifier' || parent.property.name !== 'abort') return false;
    for (let at: TSESTree.Node | undefined = parent.parent; at?.parent && at !== controller.scope.block; at = at.parent) {
      const around: TSESTree.Node = at.parent;
      if (around.type === 'TryStatement' && around.finalizer === at && isWithin(request, around.block)) return true;
      const isCallback = around.type === 'CallExpression' && around.arguments.includes(at as TSESTree.Expression);
      if (isCallback && around.callee.type === 'MemberExpression' && around.callee.property.type === 'Identifier' && around.callee.property.name === 'finally') return true;
    }
    return false;
  });
}

function isWithin(inner: TSESTree.Node, outer: TSESTree.Node): boolean {
  return outer.range[0] <= inner.range[0] && inner.range[1] <= outer.range[1];
}

/** The undici client, pool or agent that makes the request: its `destroy` ends the response. */
export function dispatchersOf(unit: SourceUnit, { callee }: Call): Variable[] {
  if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return [];
  const variable = unit.variables.get(callee.object);
  const name = unit.services.getTypeAtLocation(callee.object).getSymbol()?.name ?? '';
  return variable !== undefined && /^(Client|Pool|BalancedPool|RoundRobinPool|Agent|Dispatcher)$/.test(name) && callee.property.type === 'Identifier' && callee.property.name === 'request' ? [variable] : [];
}
