/**
 * Owns the quick test whether a call can return a response. It reads only the type of the callee, because
 * resolving the call with its arguments is what makes typed rules slow.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import ts from 'typescript';
import type { SourceUnit } from '../graph/index.js';
import { packageOf, typeName } from './package-of.js';
import { looksLikeResponse, responseOf } from './response-type.js';
import { specifiedResponse, type ClientSpecifier } from './specifier.js';

/** The types of a response, or of a value through which one is finished; for these, the callee's declaration decides. */
const CARRIERS: ReadonlySet<string> = new Set([
  'Response',
  'ResponseData',
  'IncomingMessage',
  'AxiosResponse',
  'ReadableStream',
  'ReadableStreamDefaultReader',
  'BodyReadable',
  'Readable',
  'Body',
  'Request',
  'ClientRequest',
]);

/** The depth to which wrapped types are examined: a promise of an array of unions is about the deepest in practice. */
const MAX_DEPTH = 5;

export function mayGiveResponse(unit: SourceUnit, call: TSESTree.CallExpression, specifiers: readonly ClientSpecifier[]): boolean {
  const { callee } = call;
  if (call.arguments.some((argument) => argument.type === 'Literal' && argument.value === 'response')) return true;
  const signatures = unit.services.getTypeAtLocation(callee).getCallSignatures();
  if (signatures.length === 0) return false;
  if (specifiers.length > 0 && signatures.some((signature) => specifiedResponse(unit, signature, specifiers) !== null)) return true;
  if (callee.type === 'MemberExpression' && callee.property.type === 'Identifier' && /^(map|flatMap)$/.test(callee.property.name)) {
    const [mapper] = call.arguments;
    return mapper?.type === 'Identifier' || mapper?.type === 'MemberExpression';
  }
  const checker = unit.services.program.getTypeChecker();
  // `retry(() => fetch(url))` and `run({ request })` give what their function gives; if it is only named, the call's type must depend on it.
  const depends = call.arguments.some((argument) => /Function/.test(argument.type)) || (signatures.some(({ typeParameters }) => typeParameters !== undefined) && functionsGivenTo(call).some((given) => isFunctionType(unit, given)));
  if (depends && responseOf(unit, unit.services.getTypeAtLocation(call)) !== null) return true;
  return signatures.some((signature) => carries(unit, checker, checker.getReturnTypeOfSignature(signature), signature, 0));
}

/** The arguments, and the properties of objects among them, that may be functions: written here, or by a name. */
export function functionsGivenTo(call: TSESTree.CallExpression): TSESTree.Node[] {
  return call.arguments.flatMap((argument) => {
    const given = argument.type === 'ObjectExpression' ? argument.properties.flatMap((each) => (each.type === 'Property' ? [each.value] : [])) : [argument];
    return given.filter(({ type }) => /Function/.test(type) || type === 'Identifier' || type === 'MemberExpression');
  });
}

function isFunctionType(unit: SourceUnit, node: TSESTree.Node): boolean {
  return /Function/.test(node.type) || unit.services.getTypeAtLocation(node).getCallSignatures().length > 0;
}

/** Whether one of the arguments may be a function, or an object with one. */
export function takesFunction(call: TSESTree.CallExpression): boolean {
  return functionsGivenTo(call).length > 0;
}

/** Whether a call passes a function to a function of the program, which may call it with a response. */
export function mayCallBack(unit: SourceUnit, call: TSESTree.CallExpression): boolean {
  if (call.arguments.length === 0) return false;
  if (!unit.services.getTypeAtLocation(call.callee).getCallSignatures().some(isOfProgram)) return false;
  return call.arguments.some((argument) => /Function/.test(argument.type) || (argument.type === 'Identifier' && unit.services.getTypeAtLocation(argument).getCallSignatures().length > 0));
}

/** Whether the signature is that of a function whose source is at hand. */
function isOfProgram({ declaration }: ts.Signature): boolean {
  return declaration !== undefined && 'body' in declaration && declaration.body !== undefined && !declaration.getSourceFile().isDeclarationFile;
}

function carries(unit: SourceUnit, checker: ts.TypeChecker, type: ts.Type, signature: ts.Signature, depth: number): boolean {
  if (depth > MAX_DEPTH) return false; // a type of arrays of itself
  if (type.isUnion()) return type.types.some((part) => carries(unit, checker, part, signature, depth + 1));
  if (type.isIntersection()) return true;
  const { declaration } = signature;
  // undici's callback form returns nothing, and the type of axios' methods depends on the call.
  if ((type.flags & ts.TypeFlags.Void) !== 0) return declaration?.kind !== ts.SyntaxKind.JSDocSignature && declaration?.name?.getText() === 'request';
  if ((type.flags & (ts.TypeFlags.TypeParameter | ts.TypeFlags.Conditional)) !== 0) return declaration !== undefined && packageOf(declaration.getSourceFile(), unit.services.program) === 'axios';
  // `new Promise((resolve) => …)` tells no type, in JavaScript never.
  if (depth > 0 && (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0) return isOfProgram(signature);
  const name = typeName(type);
  if (name === 'Promise' || checker.isArrayType(type)) {
    const [inner] = checker.getTypeArguments(type as ts.TypeReference);
    return inner !== undefined && carries(unit, checker, inner, signature, depth + 1);
  }
  if (checker.isTupleType(type)) return checker.getTypeArguments(type as ts.TypeReference).some((inner) => carries(unit, checker, inner, signature, depth + 1));
  if (name !== null && (CARRIERS.has(name) || (depth > 0 && looksLikeResponse(checker, type) !== null))) return true;
  return isOfProgram(signature) && (isNarrowed(type) || hasCarrier(unit, checker, type, signature, depth));
}

/** Whether a type has some of a response's members, enough to read it. The function's source then tells whether it is one. */
function isNarrowed(type: ts.Type): boolean {
  if (!['status', 'statusCode', 'ok'].some((name) => type.getProperty(name) !== undefined)) return false;
  return ['json', 'text', 'body', 'arrayBuffer', 'blob', 'bytes'].some((name) => type.getProperty(name) !== undefined);
}

/** The most properties of an object that a function returns beside a response. */
const MAX_PROPERTIES = 20;

/** Whether one of an object's properties can be a response: `{ res, took }`. */
function hasCarrier(unit: SourceUnit, checker: ts.TypeChecker, type: ts.Type, signature: ts.Signature, depth: number): boolean {
  const symbol = type.getSymbol();
  if ((type.flags & ts.TypeFlags.Object) === 0 || symbol === undefined || (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Function)) !== 0) return false;
  if (symbol.declarations?.some((each) => each.getSourceFile().isDeclarationFile) === true) return false;
  const properties = type.getProperties();
  if (properties.length > MAX_PROPERTIES) return false;
  return properties.some((property) => carriesAlone(unit, checker, checker.getTypeOfSymbol(property), signature, depth + 1));
}

/** Whether a property's type is one of a response: of an untyped one nobody can tell. */
function carriesAlone(unit: SourceUnit, checker: ts.TypeChecker, type: ts.Type, signature: ts.Signature, depth: number): boolean {
  return (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) === 0 && carries(unit, checker, type, signature, depth);
}
