/** Owns the suggested fixes of the rule. Each leaves what the program does as it is, but for the leak; after it the rule reports nothing. */
import type { TSESLint, TSESTree } from '@typescript-eslint/utils';
import ts from 'typescript';
import type { ClientName, RequestCall, Shape } from '../clients/index.js';
import type { SourceUnit, Variable } from '../graph/index.js';
import { homeOf, isFunction, type Outcome, type Release } from '../paths/index.js';
import { Layout, type Edit } from './insertion.js';
import type { MessageId } from './message.js';

type Suggestion = TSESLint.SuggestionReportDescriptor<MessageId>;

/** `releasesOf` finds the points at which the response can be released on every leaking path. */
export function suggestionsFor(unit: SourceUnit, request: RequestCall, outcome: Outcome, releasesOf: () => readonly Release[]): Suggestion[] {
  const { leaks } = outcome;
  if (request.untyped || leaks.some((exit) => exit.unit !== unit) || isPolyfill(unit, request)) return [];
  if (leaks.every(({ kind }) => kind === 'dropped')) return droppedFix(unit, request);
  return [usingFix(unit, request, outcome), releaseFix(unit, releasesOf())].filter((each) => each !== null);
}

/** Packages with the platform's types, whose body is a stream of Node: it has no `cancel`. */
const POLYFILLS: ReadonlySet<string> = new Set(['cross-fetch', 'isomorphic-fetch', 'isomorphic-unfetch', 'unfetch', 'fetch-ponyfill', 'node-fetch-native', 'make-fetch-happen', 'minipass-fetch']);

function isPolyfill(unit: SourceUnit, { node }: RequestCall): boolean {
  let at: TSESTree.Node = node.callee;
  while (at.type === 'MemberExpression') at = at.object;
  const definition = unit.variables.get(at)?.defs.at(0);
  return definition?.parent?.type === 'ImportDeclaration' && POLYFILLS.has(definition.parent.source.value);
}

/** The fix for a dropped response: `await fetch(url);`, `const { statusCode } = await request(url);`. */
function droppedFix(unit: SourceUnit, { node, result }: RequestCall): Suggestion[] {
  if (result?.kind !== 'response' || node.parent.type !== 'AwaitExpression') return [];
  const awaiting = node.parent;
  const statement = awaiting.parent;
  if (statement.type === 'ExpressionStatement') {
    const code = callFor('response', result.client, `(${unit.sourceCode.getText(awaiting)})`, isNullable(unit, typeOf(unit, awaiting)));
    if (code === null || !hasEnd(unit, typeOf(unit, awaiting), 'response', result.client)) return [];
    const whole = result.client === 'fetch' || result.client === 'watertight' ? `await ${code}` : result.client === 'undici' ? `void ${code}` : code;
    return [{ messageId: 'finishDropped', data: { code: whole }, fix: (fixer) => fixer.replaceText(awaiting, whole) }];
  }
  if (statement.type !== 'VariableDeclarator' || statement.id.type !== 'ObjectPattern' || statement.parent.declarations.length !== 1) return [];
  const declaration = statement.parent;
  const last = statement.id.properties.at(-1);
  if (last === undefined || last.type === 'RestElement' || !isInBlock(declaration) || result.client === 'axios' || result.client === 'node' || result.client === 'node-fetch') return [];
  if (isTaken(unit, declaration, 'body') || !hasEnd(unit, typeOf(unit, awaiting), 'response', result.client)) return [];
  const code = releaseOf({ ...result, kind: 'body', promised: false }, 'body', false, declaration);
  const inserted = code === null ? null : new Layout(unit.sourceCode).after(declaration, `${code};`);
  if (code === null || inserted === null) return [];
  return [{ messageId: 'finishDropped', data: { code }, fix: (fixer) => [fixer.insertTextAfter(last, ', body'), ...inserted.map(({ range, text }) => fixer.replaceTextRange(range, text))] }];
}

/** The fix `await using res = await get(url)`: only if nothing else has the response, and each read is awaited, because the response is closed before the function's promise is settled. */
function usingFix(unit: SourceUnit, { node, result }: RequestCall, { handedOn }: Outcome): Suggestion | null {
  if (result?.client !== 'watertight' || result.kind !== 'response' || handedOn) return null;
  const declarator = node.parent.type === 'AwaitExpression' ? node.parent.parent : null;
  if (declarator?.type !== 'VariableDeclarator' || declarator.id.type !== 'Identifier' || declarator.id.typeAnnotation !== undefined) return null;
  const declaration = declarator.parent;
  const variable = unit.variables.get(declarator.id);
  const written = variable?.references.filter((reference) => reference.isWrite()).length;
  if (declaration.declarations.length !== 1 || written !== 1 || !isInBlock(declaration) || declaration.parent.type === 'SwitchCase') return null;
  if (declaration.parent.type === 'Program' || !variable!.references.every(({ identifier }) => isAwaited(identifier))) return null;
  const keyword = unit.sourceCode.getFirstToken(declaration);
  return keyword === null ? null : { messageId: 'using', fix: (fixer) => fixer.replaceText(keyword, 'await using') };
}

/** Whether a use of the response is over when its statement is: it reads a property, or it is awaited. */
function isAwaited(name: TSESTree.Node): boolean {
  let at = name;
  while (at.parent?.type === 'MemberExpression' && at.parent.object === at) at = at.parent;
  const { parent } = at;
  if (parent?.type === 'VariableDeclarator') return at === name ? parent.id === name : false;
  if (parent?.type === 'CallExpression' && parent.callee === at) return parent.parent.type === 'AwaitExpression';
  if (parent?.type === 'ForOfStatement') return parent.await;
  return at !== name && parent?.type !== 'AssignmentExpression' && !/\.body$/.test(textOfMember(at));
}

function textOfMember(node: TSESTree.Node): string {
  return node.type === 'MemberExpression' && node.property.type === 'Identifier' ? `.${node.property.name}` : '';
}

/** The fix that releases the response at the chosen points. */
function releaseFix(unit: SourceUnit, releases: readonly Release[]): Suggestion | null {
  const layout = new Layout(unit.sourceCode);
  const edits: Edit[] = [];
  const codes: string[] = [];
  for (const { point, variable, shape, mayBeEmpty } of releases) {
    const type = typeOf(unit, variable.identifiers[0]);
    if (!hasEnd(unit, typeOfVariable(unit, variable), shape.kind, shape.client)) return null;
    const at = point.kind === 'end' ? point.block : point.kind === 'else' ? point.of : point.statement;
    const code = releaseOf(shape, variable.name, mayBeEmpty || isNullable(unit, type), at);
    const condition = point.kind === 'guard' ? conditionOf(unit, point.test, point.outcome) : null;
    const insertion = code === null ? null : layout.insertionAt(point, `${code};`, condition);
    if (code === null || insertion === null) return null;
    edits.push(...insertion);
    codes.push(code);
  }
  // Two changes of one piece of text cannot both be made.
  if (edits.length === 0 || edits.some((a, index) => edits.some((b, other) => index < other && overlap(a, b)))) return null;
  return {
    messageId: 'finishBefore',
    data: { code: codes[0] },
    fix: (fixer) => edits.map(({ range, text }) => fixer.replaceTextRange(range, text)),
  };
}

function overlap({ range: a }: Edit, { range: b }: Edit): boolean {
  return (a[0] < b[1] && b[0] < a[1]) || (a[0] === b[0] && a[1] === b[1]);
}

function conditionOf(unit: SourceUnit, test: TSESTree.Expression, outcome: boolean): string {
  const text = unit.sourceCode.getText(test);
  if (outcome) return text;
  if (test.type === 'UnaryExpression' && test.operator === '!') return unit.sourceCode.getText(test.argument);
  if (test.type === 'BinaryExpression') return test.operator === '===' || test.operator === '!==' ? text.replace(/[!=]==/, (operator) => (operator === '===' ? '!==' : '===')) : `!(${text})`;
  return `!${text}`;
}

/**
 * The expression that releases a response. None of them changes how the function ends: a body that has failed
 * rejects the cancel, and undici's dump waits for the body's end.
 */
function releaseOf(shape: Shape, name: string, mayBeEmpty: boolean, at: TSESTree.Node): string | null {
  if (shape.promised) return null;
  const call = callFor(shape.kind, shape.client, name, mayBeEmpty);
  if (call === null || shape.client === 'node' || shape.client === 'axios' || shape.client === 'node-fetch') return call;
  return shape.client !== 'undici' && awaits(at) ? `await ${call}` : `void ${call}`;
}

function callFor(kind: Shape['kind'], client: ClientName, name: string, mayBeEmpty: boolean): string | null {
  const of = mayBeEmpty ? `${name}?` : name;
  if (kind === 'reader') return `${of}.cancel().catch(() => {})`;
  if (kind === 'body') return { fetch: `${name}?.cancel().catch(() => {})`, 'node-fetch': `${of}?.resume()`.replace('??', '?'), undici: `${of}.dump()`, watertight: `${of}.close()`, node: `${of}.resume()`, axios: `${of}.destroy()` }[client];
  if (kind !== 'response') return null;
  return { fetch: `${of}.body?.cancel().catch(() => {})`, 'node-fetch': `${of}.body?.resume()`, undici: `${of}.body.dump()`, watertight: `${of}.close()`, node: `${of}.resume()`, axios: `${of}.data.destroy()` }[client];
}

/** Whether the type has what the release calls: a response type of the program may have fewer members than the platform's. */
function hasEnd(unit: SourceUnit, type: ts.Type, kind: Shape['kind'], client: ClientName): boolean {
  const checker = unit.services.program.getTypeChecker();
  if ((type.flags & ts.TypeFlags.Any) !== 0) return true;
  const own = checker.getNonNullableType(type);
  const end = { fetch: 'cancel', 'node-fetch': 'resume', undici: 'dump', watertight: 'close', node: 'resume', axios: 'destroy' }[client];
  if (kind === 'response' && (client === 'fetch' || client === 'undici' || client === 'node-fetch')) {
    const body = own.getProperty('body');
    return body !== undefined && checker.getNonNullableType(checker.getTypeOfSymbol(body)).getProperty(end) !== undefined;
  }
  if (kind === 'response' && client === 'axios') return own.getProperty('data') !== undefined;
  return own.getProperty(end) !== undefined;
}

/** A variable without a type of its own has that of what was assigned to it: at its uses. */
function typeOfVariable(unit: SourceUnit, variable: Variable): ts.Type {
  const types = [...variable.identifiers, ...variable.references.map(({ identifier }) => identifier)].map((name) => typeOf(unit, name));
  return types.find(({ flags }) => (flags & MAY_BE_MISSING) === 0) ?? types[0];
}

function typeOf(unit: SourceUnit, node: TSESTree.Node): ts.Type {
  return unit.services.getTypeAtLocation(node);
}

const MAY_BE_MISSING = ts.TypeFlags.Null | ts.TypeFlags.Undefined | ts.TypeFlags.Void | ts.TypeFlags.Any | ts.TypeFlags.Unknown;

/** Whether a value may be missing. A program without strict null checks has types that do not say, and so has `any`. */
function isNullable({ services }: SourceUnit, type: ts.Type): boolean {
  const { strict, strictNullChecks } = services.program.getCompilerOptions();
  if (!(strictNullChecks ?? strict ?? false)) return true;
  const parts = type.isUnion() ? type.types : [type];
  return parts.some(({ flags }) => (flags & MAY_BE_MISSING) !== 0);
}

/** Whether the code at the node may use `await`. */
function awaits(node: TSESTree.Node): boolean {
  const home = homeOf(node);
  return isFunction(home) ? home.async : home.type === 'Program';
}

function isInBlock(statement: TSESTree.Node): boolean {
  const type = statement.parent?.type;
  return type === 'BlockStatement' || type === 'Program' || type === 'SwitchCase' || type === 'StaticBlock';
}

function isTaken(unit: SourceUnit, node: TSESTree.Node, name: string): boolean {
  for (let scope: TSESLint.Scope.Scope | null = unit.sourceCode.getScope(node); scope !== null; scope = scope.upper) {
    if ((scope.set.get(name) as Variable | undefined)?.defs.length) return true;
    if (scope.through.some(({ identifier }) => identifier.name === name)) return true;
  }
  return false;
}
