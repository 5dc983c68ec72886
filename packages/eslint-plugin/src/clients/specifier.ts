/** Owns the functions, methods and types that a user names as clients: which call is one of them. */
import { resolve } from 'node:path';
import ts from 'typescript';
import type { SourceUnit } from '../graph/index.js';
import { packageOf, typeName } from './package-of.js';
import { looksLikeResponse } from './response-type.js';
import { promiseOf, shape, type ClientName, type Shape } from './shape.js';

/** A function, a method, or the type of a response. */
export interface ClientSpecifier {
  /** Who declares it: an npm package, or a file of the program. */
  readonly from: 'package' | 'file';
  /** Its name or names in the declaration, whatever an import calls it. */
  readonly name: string | readonly string[];
  /** With `from: 'package'`: the package's name. */
  readonly package?: string;
  /** With `from: 'file'`: the file's path, relative to the current folder. Default: any file of the program. */
  readonly path?: string;
  /** The client whose response has the same members. Default: told by the type's members; `fetch` if they do not tell. */
  readonly response?: ClientName;
}

/** What is missing in a specifier, as a sentence; null if it is complete. */
export function specifierProblem({ from, package: owner, path }: ClientSpecifier): string | null {
  if (from === 'package' && owner === undefined) return '`from: "package"` needs `package`, the name of the package that declares it';
  if (from === 'package' && path !== undefined) return '`path` goes with `from: "file"`';
  if (from === 'file' && owner !== undefined) return '`package` goes with `from: "package"`';
  return null;
}

function namesOf({ name }: ClientSpecifier): readonly string[] {
  return typeof name === 'string' ? [name] : name;
}

/** Whether a text may have to do with one of the clients: it contains the name of a package or of a function. */
export function namesSpecified(specifiers: readonly ClientSpecifier[], text: string): boolean {
  return specifiers.some((each) => [each.package ?? '', ...namesOf(each)].some((word) => word !== '' && text.includes(word)));
}

/** The response of a call of a function with this signature; null if no specifier names it. */
export function specifiedResponse(unit: SourceUnit, signature: ts.Signature, specifiers: readonly ClientSpecifier[]): Shape | null {
  if (specifiers.length === 0) return null;
  const { program } = unit.services;
  const checker = program.getTypeChecker();
  const returned = checker.getReturnTypeOfSignature(signature);
  const isPromise = returned.getProperty('then') !== undefined || (returned.flags & ts.TypeFlags.Any) !== 0;
  const value = isPromise ? (checker.getAwaitedType(returned) ?? returned) : returned;
  const { declaration } = signature;
  for (const specifier of specifiers) {
    const names = namesOf(specifier);
    const isFunction = declaration !== undefined && names.includes(declaredName(declaration)) && isFrom(unit, declaration.getSourceFile(), specifier);
    if (!isFunction && !namesType(unit, value, names, specifier)) continue;
    const found = shape('response', specifier.response ?? looksLikeResponse(checker, value) ?? 'fetch');
    return isPromise ? promiseOf(found) : found;
  }
  return null;
}

function namesType(unit: SourceUnit, type: ts.Type, names: readonly string[], specifier: ClientSpecifier): boolean {
  return [type.aliasSymbol, type.getSymbol()].some((symbol) => {
    const declaration = symbol?.declarations?.[0];
    const name = symbol === type.aliasSymbol ? symbol?.name : typeName(type);
    return declaration !== undefined && name !== undefined && name !== null && names.includes(name) && isFrom(unit, declaration.getSourceFile(), specifier);
  });
}

/** The name of a function or method; that of the constant or property for a function without one. */
function declaredName(declaration: ts.SignatureDeclaration | ts.JSDocSignature): string {
  const { name } = declaration as ts.NamedDeclaration;
  if (name !== undefined) return name.getText();
  const { parent } = declaration as ts.Node;
  const holder = ts.isParenthesizedTypeNode(parent) ? parent.parent : parent;
  return (ts.isVariableDeclaration(holder) || ts.isPropertyAssignment(holder) || ts.isPropertySignature(holder) || ts.isPropertyDeclaration(holder) || ts.isTypeAliasDeclaration(holder)) ? holder.name.getText() : '';
}

function isFrom({ services: { program } }: SourceUnit, file: ts.SourceFile, { from, package: owner, path }: ClientSpecifier): boolean {
  if (from === 'package') return packageOf(file, program) === owner || packageOf(file, program) === typesOf(owner ?? '');
  if (program.isSourceFileDefaultLibrary(file) || program.isSourceFileFromExternalLibrary(file)) return false;
  return path === undefined || resolve(program.getCurrentDirectory(), path).replaceAll('\\', '/') === file.fileName;
}

/** The package with the types of one that publishes none: `@types/scope__name`. */
function typesOf(owner: string): string {
  return `@types/${owner.replace(/^@([^/]+)\//, '$1__')}`;
}
