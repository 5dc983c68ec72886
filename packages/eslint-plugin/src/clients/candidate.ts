/**
 * Owns the quick test whether a call can return a response. It reads only the type of the callee, because
 * resolving the call with its arguments is what makes typed rules slow.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import ts from 'typescript';
import type { SourceUnit } from '../graph/index.js';
import { packageOf, typeName } from './package-of.js';
import { looksLikeResponse, responseOf } from './response-type.js';

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

export function mayGiveResponse(unit: SourceUnit, call: TSESTree.CallExpression): boolean {
  const { callee } = call;
  if (call.arguments.some((argument) => argument.type === 'Literal' && argument.value === 'response')) return true;
  const signatures = unit.services.getTypeAtLocation(callee).getCallSignatures();
  if (signatures.length === 0) return false;
  if (callee.type === 'MemberExpression' && callee.property.type === 'Identifier' && /^(map|flatMap)$/.test(callee.property.name)) {
    const [mapper] = call.arguments;
    return mapper?.type === 'Identifier' || mapper?.type === 'MemberExpression';
  }
  const checker = unit.services.program.getTypeChecker();
  // `retry(() => fetch(url))` gives what its callback gives.
  if (call.arguments.some((argument) => /Function/.test(argument.type)) && responseOf(unit, unit.services.getTypeAtLocation(call)) !== null) return true;
  return signatures.some((signature) => carries(unit, checker, checker.getReturnTypeOfSignature(signature), signature, 0));
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
  if (name === null) return false;
  return CARRIERS.has(name) || (depth > 0 && looksLikeResponse(checker, type) !== null);
}
