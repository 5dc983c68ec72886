/** Owns the search for the function behind `promisify(ask)`, which calls its callback with an error and a response. */
import type { TSESTree } from '@typescript-eslint/utils';
import ts from 'typescript';
import { packageOf } from '../clients/index.js';
import type { SourceUnit } from '../graph/index.js';
import { sourceOf } from './callee.js';
import type { FunctionRef } from './effect.js';

/** The function of the program that `util.promisify` wraps, for a call of the wrapper; null if there is none. */
export function promisifiedBy(unit: SourceUnit, call: TSESTree.CallExpression, parser: unknown): FunctionRef | null {
  const checker = unit.services.program.getTypeChecker();
  const callee = unit.services.esTreeNodeToTSNodeMap.get(call.callee);
  const made = ts.isCallExpression(callee) ? callee : initializerOf(checker, callee);
  if (made === null || made.arguments.length === 0) return null;
  const promisify = checker.getResolvedSignature(made)?.declaration;
  if (promisify === undefined || promisify.kind === ts.SyntaxKind.JSDocSignature || promisify.name?.getText() !== 'promisify' || packageOf(promisify.getSourceFile(), unit.services.program) !== '@types/node') return null;
  const [signature] = checker.getTypeAtLocation(made.arguments[0]).getCallSignatures();
  const wrapped = signature?.declaration;
  return wrapped === undefined || wrapped.kind === ts.SyntaxKind.JSDocSignature ? null : sourceOf(unit, wrapped, parser);
}

/** The call that gives a constant or a field its value, here or in another file. */
function initializerOf(checker: ts.TypeChecker, name: ts.Node): ts.CallExpression | null {
  const symbol = checker.getSymbolAtLocation(ts.isPropertyAccessExpression(name) ? name.name : name);
  const declaration = (symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol)?.valueDeclaration;
  const isConstant = declaration !== undefined && ((ts.isVariableDeclaration(declaration) && (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0) || ts.isPropertyDeclaration(declaration));
  const value = isConstant ? declaration.initializer : undefined;
  return value !== undefined && ts.isCallExpression(value) ? value : null;
}
