/**
 * Owns the decision which calls return a response that must be finished. It is made by types, never by names
 * alone: by what the call returns, and by the package that declares the called function.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import ts from 'typescript';
import type { Call, SourceUnit } from '../graph/index.js';
import { packageOf, STANDARD, typeName } from './package-of.js';
import { literalsOfProperty } from './request-options.js';
import { responseOf } from './response-type.js';
import { listOf, promiseOf, shape, type Shape } from './shape.js';
import { specifiedResponse, type ClientSpecifier } from './specifier.js';

/** A call that returns a response. */
export interface RequestCall {
  readonly node: Call;
  /** The shape of the call's value; null if the response is passed only to a callback. */
  readonly result: Shape | null;
  /** The callback that receives the response: the argument, and the number of its parameter. */
  readonly callback: { readonly argument: TSESTree.Node; readonly parameter: number; readonly shape: Shape; readonly error: number | null } | null;
  /** Types say nothing of this call (`here`), or of one in a function that it calls (`deeper`): what its body is, nobody knows. Default: null. */
  readonly untyped?: 'here' | 'deeper' | null;
}

/** The packages that declare `fetch` and the WHATWG Response. */
const FETCH_PACKAGES: ReadonlySet<string | null> = new Set([STANDARD, '@types/node', 'undici', 'undici-types', 'watertight', 'bun-types']);

/** The declaration that a call resolves to. */
export function calledDeclaration(unit: SourceUnit, node: Call): ts.SignatureDeclaration | null {
  const signature = unit.services.program.getTypeChecker().getResolvedSignature(unit.services.esTreeNodeToTSNodeMap.get(node));
  const declaration = signature?.declaration;
  return declaration === undefined || declaration.kind === ts.SyntaxKind.JSDocSignature ? null : declaration;
}

/** The request that a call makes; null if it makes none, or if its response has no body. */
export function requestCallOf(unit: SourceUnit, node: TSESTree.CallExpression, specifiers: readonly ClientSpecifier[]): RequestCall | null {
  const { program } = unit.services;
  const specified = specifiedCall(unit, node, specifiers);
  if (specified !== null) return asksForHead(unit, node) ? null : specified;
  const declaration = calledDeclaration(unit, node);
  if (declaration === null) return null;
  const owner = packageOf(declaration.getSourceFile(), program);
  if (owner === '@types/node') {
    const http = nodeRequest(unit, node, declaration);
    if (http !== undefined) return http;
  }
  const name = declaration.name?.getText() ?? '';
  const result = responseShape(unit, node, declaration, owner);
  if (result !== null) {
    if (owner === 'watertight' && name === 'head') return null;
    return asksForHead(unit, node) || staysLocal(node) ? null : { node, result, callback: null };
  }
  if (owner === 'undici' && name === 'request') return undiciCallback(unit, node);
  return null;
}

/** The request of a client that the configuration names. */
function specifiedCall(unit: SourceUnit, node: TSESTree.CallExpression, specifiers: readonly ClientSpecifier[]): RequestCall | null {
  if (specifiers.length === 0) return null;
  const signature = unit.services.program.getTypeChecker().getResolvedSignature(unit.services.esTreeNodeToTSNodeMap.get(node));
  const result = signature === undefined ? null : specifiedResponse(unit, signature, specifiers);
  return result === null ? null : { node, result, callback: null };
}

/** Whether the arguments name the method HEAD: in an object of options, or, for a function of the program, as an argument of its own. */
export function namesHead(unit: SourceUnit, node: TSESTree.CallExpression): boolean {
  return asksForHead(unit, node) || node.arguments.some((argument) => {
    if (argument.type === 'SpreadElement') return false;
    const type = unit.services.getTypeAtLocation(argument);
    return type.isStringLiteral() && type.value.toUpperCase() === 'HEAD';
  });
}

function asksForHead(unit: SourceUnit, node: TSESTree.CallExpression): boolean {
  return node.arguments.some((argument) => {
    const inner = argument.type === 'NewExpression' ? argument.arguments.at(-1) : withoutCast(argument);
    const methods = inner === undefined ? [] : literalsOfProperty(unit, inner, 'method');
    return methods.length > 0 && methods.every((method) => method.toUpperCase() === 'HEAD');
  });
}

/** What is cast: `{ method: 'HEAD' } as any` has that method. */
function withoutCast(node: TSESTree.Node): TSESTree.Node {
  return node.type === 'TSAsExpression' || node.type === 'TSTypeAssertion' || node.type === 'TSNonNullExpression' || node.type === 'TSSatisfiesExpression' ? withoutCast(node.expression) : node;
}

/** The arguments of `axios.create({ … })` for the instance that is called. */
function instanceDefaults(unit: SourceUnit, node: TSESTree.CallExpression): readonly TSESTree.Node[] {
  const instance = node.callee.type === 'MemberExpression' ? node.callee.object : node.callee;
  const definition = unit.variables.get(instance)?.defs.at(0)?.node;
  return definition?.type === 'VariableDeclarator' && definition.init?.type === 'CallExpression' ? definition.init.arguments : [];
}

/** Whether the request uses no connection, like `fetch('data:…')`. */
function staysLocal(node: TSESTree.CallExpression): boolean {
  const [url] = node.arguments;
  return url?.type === 'Literal' && typeof url.value === 'string' && /^(about|blob|data|file):/i.test(url.value);
}

function responseShape(unit: SourceUnit, node: TSESTree.CallExpression, declaration: ts.SignatureDeclaration, owner: string | null): Shape | null {
  const checker = unit.services.program.getTypeChecker();
  const type = unit.services.getTypeAtLocation(node);
  if (owner === 'got') {
    // got.stream() returns a duplex stream; got's other calls read the response themselves.
    return typeName(type) === 'Request' ? shape('body', 'node') : null;
  }
  const published = publishedResponse(unit, declaration, owner, type);
  if (published !== null) return published;
  if (type.getSymbol()?.name !== 'Promise' && type.aliasSymbol?.name !== 'AxiosPromise') return null;
  const value = checker.getAwaitedType(type);
  const symbol = value?.getSymbol();
  if (value === undefined || symbol === undefined) return null;
  const home = symbol.declarations?.[0]?.getSourceFile();
  const from = home === undefined ? null : packageOf(home, unit.services.program);

  if (symbol.name === 'ResponseData' && (from === 'undici' || from === 'undici-types')) {
    return owner === 'undici' || owner === 'undici-types' ? promiseOf(shape('response', 'undici')) : null;
  }
  if (symbol.name === 'Response' && from === 'watertight') return owner === 'watertight' ? promiseOf(shape('response', 'watertight')) : null;
  if (symbol.name === 'Response' && FETCH_PACKAGES.has(from)) {
    // The declaration must return a Response; `then` and `all` do not, because they only pass on what they receive.
    const gives = FETCH_PACKAGES.has(owner) && (declaration.type?.getText().includes('Response') ?? false);
    return gives || takesFetch(unit, declaration) ? promiseOf(shape('response', 'fetch')) : null;
  }
  if (symbol.name === 'AxiosResponse' && from === 'axios' && owner === 'axios') {
    // The first that names a type decides. A whole `AxiosRequestConfig` names all of them, and says nothing.
    const named = [...node.arguments, ...instanceDefaults(unit, node)].map((argument) => literalsOfProperty(unit, argument, 'responseType')).find((literals) => literals.length > 0);
    return named?.every((literal) => literal === 'stream') === true ? promiseOf(shape('response', 'axios')) : null;
  }
  return null;
}

/**
 * The response of a call into a package that publishes its types: node-fetch, ky, aws4fetch and any other whose
 * declared result has the members of a fetch response. A function that gives what it is given (`T`) is none.
 */
function publishedResponse(unit: SourceUnit, declaration: ts.SignatureDeclaration, owner: string | null, type: ts.Type): Shape | null {
  if (!declaration.getSourceFile().isDeclarationFile || owner === null || FETCH_PACKAGES.has(owner) || owner === 'axios' || owner === 'got') return null;
  const checker = unit.services.program.getTypeChecker();
  const signature = checker.getSignatureFromDeclaration(declaration);
  const declared = signature === undefined ? undefined : checker.getAwaitedType(checker.getReturnTypeOfSignature(signature));
  if (declared === undefined || (declared.flags & ts.TypeFlags.TypeParameter) !== 0) return null;
  const client = responseOf(unit, type);
  return client === null ? null : promiseOf(shape('response', client));
}

/**
 * Whether the platform's fetch can be assigned to a function type of the program, such as `type Fetch = (url:
 * string, init?: RequestInit) => Promise<Response>`: a function of that type is taken to be a fetch.
 */
function takesFetch(unit: SourceUnit, declaration: ts.SignatureDeclaration): boolean {
  const isType = ts.isFunctionTypeNode(declaration) || ts.isCallSignatureDeclaration(declaration);
  if (!isType || declaration.parameters.length === 0) return false;
  const checker = unit.services.program.getTypeChecker();
  const first = checker.getTypeAtLocation(declaration.parameters[0]);
  const parts = first.isUnion() ? first.types : [first];
  return parts.some(({ flags }) => (flags & ts.TypeFlags.String) !== 0);
}

/** The request of `http.get`, `http.request`, `req.on('response', …)` or `once(req, 'response')`; undefined for any other call. */
function nodeRequest(unit: SourceUnit, node: TSESTree.CallExpression, declaration: ts.SignatureDeclaration): RequestCall | null | undefined {
  const type = unit.services.getTypeAtLocation(node);
  const file = declaration.getSourceFile().fileName;
  const name = declaration.name?.getText() ?? '';
  const response = shape('response', 'node');
  const given = node.arguments;

  if (/\/https?\.d\.ts$/.test(file) && (name === 'get' || name === 'request') && type.getSymbol()?.name === 'ClientRequest') {
    const callback = given.at(-1);
    if (given.length < 2 || callback === undefined || callback.type === 'SpreadElement' || asksForHead(unit, node)) return null;
    const isFunction = unit.services.getTypeAtLocation(callback).getCallSignatures().length > 0;
    return isFunction ? { node, result: null, callback: { argument: callback, parameter: 0, shape: response, error: null } } : null;
  }
  const event = given.find((argument) => argument.type === 'Literal');
  if (event?.type !== 'Literal' || event.value !== 'response') return undefined;
  if (node.callee.type === 'MemberExpression' && /^(on|once|addListener|prependListener|prependOnceListener)$/.test(name)) {
    const emitter = unit.services.getTypeAtLocation(node.callee.object).getSymbol()?.name;
    const listener = given.at(1);
    if (emitter !== 'ClientRequest' || listener === undefined) return null;
    return { node, result: null, callback: { argument: listener, parameter: 0, shape: response, error: null } };
  }
  if (name === 'once' && /\/events\.d\.ts$/.test(file)) {
    const emitter = given.at(0);
    if (emitter === undefined || unit.services.getTypeAtLocation(emitter).getSymbol()?.name !== 'ClientRequest') return null;
    return { node, result: promiseOf(listOf(response, 0)), callback: null };
  }
  return undefined;
}

/** The request of `client.request(options, (error, data) => …)`. */
function undiciCallback(unit: SourceUnit, node: TSESTree.CallExpression): RequestCall | null {
  const callback = node.arguments.at(1);
  if (callback === undefined || asksForHead(unit, node)) return null;
  const [signature] = unit.services.getTypeAtLocation(callback).getCallSignatures();
  if (signature === undefined) return null;
  return { node, result: null, callback: { argument: callback, parameter: 1, shape: shape('response', 'undici'), error: 0 } };
}
