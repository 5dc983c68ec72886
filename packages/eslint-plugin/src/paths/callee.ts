/** Owns the search for the function that a call calls, if its source is part of the program. */
import type { TSESTree } from '@typescript-eslint/utils';
import ts from 'typescript';
import { calledDeclaration, packageOf, responseOf, STANDARD, startsFlow } from '../clients/index.js';
import { unitOf, type Call, type SourceUnit } from '../graph/index.js';
import type { FunctionNode, FunctionRef } from './effect.js';

/** What is known of a callee. */
export type Callee =
  | { readonly kind: 'source'; readonly ref: FunctionRef }
  /** `Promise.all` and the others, by name. */
  | { readonly kind: 'promise'; readonly method: string }
  /** `Readable.fromWeb` or `Readable.toWeb`: the same body in the other kind of stream. */
  | { readonly kind: 'wrapper'; readonly client: 'fetch' | 'node' }
  /** It only reads its arguments. */
  | { readonly kind: 'looker' }
  | { readonly kind: 'unknown'; readonly name: string };

export function calleeOf(unit: SourceUnit, call: Call, parser: unknown): Callee {
  const declaration = calledDeclaration(unit, call);
  const name = nameOf(call.callee);
  if (declaration === null) return { kind: 'unknown', name };
  const ref = sourceOf(unit, declaration, parser);
  if (ref !== null) return { kind: 'source', ref };
  const owner = packageOf(declaration.getSourceFile(), unit.services.program);
  const holder = ts.isInterfaceDeclaration(declaration.parent) ? declaration.parent.name.text : '';
  if (owner === STANDARD) {
    if (holder === 'PromiseConstructor') return { kind: 'promise', method: declaration.name?.getText() ?? '' };
    if (onlyLooks(holder, declaration.name?.getText() ?? '')) return { kind: 'looker' };
  }
  if (owner === '@types/node' && /\/stream(\/.*)?\.d\.ts$/.test(declaration.getSourceFile().fileName)) {
    if (name === 'fromWeb') return { kind: 'wrapper', client: 'node' };
    if (name === 'toWeb') return { kind: 'wrapper', client: 'fetch' };
  }
  if (owner === '@types/node' && (looksInNode(declaration, holder) || waitsForEvent(declaration, call))) return { kind: 'looker' };
  return { kind: 'unknown', name };
}

/** The function that an expression stands for: an inline callback, or a function by its name. */
export function functionOf(unit: SourceUnit, node: TSESTree.Node, parser: unknown): FunctionRef | null {
  if (node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression') return { unit, node };
  const [signature, other] = unit.services.getTypeAtLocation(node).getCallSignatures();
  if (signature?.declaration === undefined || (other !== undefined && other.declaration?.parent !== signature.declaration.parent)) return null;
  return signature.declaration.kind === ts.SyntaxKind.JSDocSignature ? null : sourceOf(unit, signature.declaration, parser);
}

export function nameOf(callee: TSESTree.Node): string {
  switch (callee.type) {
    case 'Identifier':
      return callee.name;
    case 'MemberExpression':
      return callee.property.type === 'Identifier' || callee.property.type === 'PrivateIdentifier' ? callee.property.name : 'the callee';
    default:
      return 'the callee';
  }
}

/** Whether a call maps an array: `urls.map(load)`. */
export function mapsArray(unit: SourceUnit, { callee }: TSESTree.CallExpression): boolean {
  if (callee.type !== 'MemberExpression' || !/^(map|flatMap)$/.test(nameOf(callee))) return false;
  const checker = unit.services.program.getTypeChecker();
  const type = unit.services.getTypeAtLocation(callee.object);
  return checker.isArrayType(type) || checker.isTupleType(type);
}

/** Whether a function may use its parameters without their names. */
export function namesArguments({ unit, node }: FunctionRef): boolean {
  return node.type !== 'ArrowFunctionExpression' && /\barguments\b/.test(unit.sourceCode.getText(node));
}

/** Whether types do not say what a function gives. */
export function returnsAny(unit: SourceUnit, node: FunctionNode): boolean {
  const type = returnedBy(unit, node);
  const value = type === undefined ? undefined : unit.services.program.getTypeChecker().getAwaitedType(type);
  return value !== undefined && (value.flags & ts.TypeFlags.Any) !== 0;
}

/** Whether types say that a function gives a promise of a response. */
export function returnsResponse(unit: SourceUnit, node: FunctionNode): boolean {
  const type = returnedBy(unit, node);
  return type !== undefined && responseOf(unit, type) !== null;
}

function returnedBy(unit: SourceUnit, node: FunctionNode): ts.Type | undefined {
  const [signature] = unit.services.getTypeAtLocation(node).getCallSignatures();
  return signature === undefined ? undefined : unit.services.program.getTypeChecker().getReturnTypeOfSignature(signature);
}

function onlyLooks(holder: string, name: string): boolean {
  switch (holder) {
    case 'JSON':
    case 'Console':
    case 'BooleanConstructor':
    case 'StringConstructor':
    case 'NumberConstructor':
      return true;
    case 'ArrayConstructor':
      return name === 'isArray';
    case 'ObjectConstructor':
      return name === 'keys' || name === 'is' || name === 'getPrototypeOf';
    case 'Array':
    case 'ReadonlyArray':
      return name === 'includes' || name === 'indexOf';
    default:
      return false;
  }
}

/** Whether a call like `once(res, 'end')` only waits and does not make the stream flow. */
function waitsForEvent(declaration: ts.SignatureDeclaration, call: Call): boolean {
  if (declaration.name?.getText() !== 'once' || !/\/events\.d\.ts$/.test(declaration.getSourceFile().fileName)) return false;
  const event = call.arguments.at(1);
  return event?.type === 'Literal' && typeof event.value === 'string' && !startsFlow(event.value);
}

function looksInNode(declaration: ts.SignatureDeclaration, holder: string): boolean {
  const file = declaration.getSourceFile().fileName;
  // If `assert.rejects(get(url))` succeeds, there is no response.
  if (/\/assert(\/strict)?\.d\.ts$/.test(file)) return declaration.name?.getText() !== 'rejects';
  if (/\/console\.d\.ts$/.test(file) || holder === 'Console') return true;
  return /\/util\.d\.ts$/.test(file) && /^(inspect|format|isDeepStrictEqual|log|debuglog)$/.test(declaration.name?.getText() ?? '');
}

/** The function's node; for an overload, that of the implementation. */
export function sourceOf(unit: SourceUnit, declaration: ts.SignatureDeclaration, parser: unknown): FunctionRef | null {
  const withBody = hasBody(declaration) ? declaration : implementationOf(unit, declaration);
  if (withBody === null) return null;
  const file = withBody.getSourceFile();
  if (file.isDeclarationFile || unit.services.program.isSourceFileFromExternalLibrary(file)) return null;
  const own = unit.services.esTreeNodeToTSNodeMap.get(unit.sourceCode.ast).getSourceFile();
  const home = own === file ? unit : unitOf(file, unit, parser);
  if (home === null) return null;
  const node: TSESTree.Node | undefined = home.services.tsNodeToESTreeNodeMap.get(withBody);
  const ref = functionIn(node);
  return ref === null ? null : { unit: home, node: ref };
}

function functionIn(node: TSESTree.Node | undefined): FunctionNode | null {
  switch (node?.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return node;
    case 'MethodDefinition':
    case 'Property':
      return node.value.type === 'FunctionExpression' ? node.value : null;
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
      return node.declaration?.type === 'FunctionDeclaration' ? node.declaration : null;
    default:
      return null;
  }
}

function hasBody(declaration: ts.SignatureDeclaration): boolean {
  return 'body' in declaration && declaration.body !== undefined;
}

function implementationOf(unit: SourceUnit, declaration: ts.SignatureDeclaration): ts.SignatureDeclaration | null {
  if (declaration.name === undefined) return null;
  const symbol = unit.services.program.getTypeChecker().getSymbolAtLocation(declaration.name);
  const others = symbol?.declarations?.filter((other): other is ts.FunctionDeclaration | ts.MethodDeclaration => ts.isFunctionDeclaration(other) || ts.isMethodDeclaration(other));
  // With more than one body (a merged declaration), the called one is unknown.
  const bodies = others?.filter(hasBody) ?? [];
  return bodies.length === 1 ? bodies[0] : null;
}
