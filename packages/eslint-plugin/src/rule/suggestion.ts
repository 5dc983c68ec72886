/** Owns the suggested fixes of the rule. After each of them the rule reports nothing; otherwise none is suggested. */
import type { TSESLint, TSESTree } from '@typescript-eslint/utils';
import ts from 'typescript';
import type { ClientName, RequestCall, Shape } from '../clients/index.js';
import type { SourceUnit, Variable } from '../graph/index.js';
import { contains, homeOf, isFunction, type Exit, type Outcome } from '../paths/index.js';
import type { MessageId } from './message.js';

type Suggestion = TSESLint.SuggestionReportDescriptor<MessageId>;

export function suggestionsFor(unit: SourceUnit, request: RequestCall, outcome: Outcome): Suggestion[] {
  const { leaks } = outcome;
  if (leaks.some((exit) => exit.unit !== unit)) return [];
  if (leaks.every(({ kind }) => kind === 'dropped')) return droppedFix(unit, request);
  return [usingFix(unit, request, outcome), finishFix(unit, leaks)].filter((each) => each !== null);
}

/** The fix for a dropped response: `await fetch(url);`, `const { statusCode } = await request(url);`. */
function droppedFix(unit: SourceUnit, { node, result }: RequestCall): Suggestion[] {
  if (result?.kind !== 'response' || node.parent.type !== 'AwaitExpression') return [];
  const awaiting = node.parent;
  const statement = awaiting.parent;
  if (statement.type === 'ExpressionStatement') {
    const code = finishing(result, `(${unit.sourceCode.getText(awaiting)})`, true);
    return code === null ? [] : [{ messageId: 'finishDropped', data: { code }, fix: (fixer) => fixer.replaceText(awaiting, code) }];
  }
  if (statement.type !== 'VariableDeclarator' || statement.id.type !== 'ObjectPattern' || statement.parent.declarations.length !== 1) return [];
  const declaration = statement.parent;
  const last = statement.id.properties.at(-1);
  if (last === undefined || last.type === 'RestElement' || !isInBlock(declaration) || result.client === 'axios' || result.client === 'node') return [];
  if (isTaken(unit, declaration, 'body')) return [];
  const code = finishing({ ...result, kind: 'body', promised: false }, 'body', true);
  if (code === null) return [];
  return [{ messageId: 'finishDropped', data: { code }, fix: (fixer) => [fixer.insertTextAfter(last, ', body'), fixer.insertTextAfter(declaration, ` ${code};`)] }];
}

/** The fix `await using res = await get(url)`; only if the response is not passed on, because the receiver would find it closed. */
function usingFix(unit: SourceUnit, { node, result }: RequestCall, { handedOn }: Outcome): Suggestion | null {
  if (result?.client !== 'watertight' || result.kind !== 'response' || handedOn) return null;
  const declarator = node.parent.type === 'AwaitExpression' ? node.parent.parent : null;
  if (declarator?.type !== 'VariableDeclarator' || declarator.id.type !== 'Identifier' || declarator.id.typeAnnotation !== undefined) return null;
  const declaration = declarator.parent;
  const written = unit.variables.get(declarator.id)?.references.filter((reference) => reference.isWrite()).length;
  if (declaration.declarations.length !== 1 || written !== 1 || !isInBlock(declaration)) return null;
  const keyword = unit.sourceCode.getFirstToken(declaration);
  return keyword === null ? null : { messageId: 'using', fix: (fixer) => fixer.replaceText(keyword, 'await using') };
}

/** The fix that finishes the response at the end of each leaking path. */
function finishFix(unit: SourceUnit, leaks: readonly Exit[]): Suggestion | null {
  const insertions: { before: TSESTree.Node; code: string }[] = [];
  for (const exit of leaks) {
    const before = statementOf(exit);
    const holder = before === null ? undefined : exit.holders.find(({ variable, shape }) => isVisible(variable, before) && finishing(shape, variable.name, true) !== null);
    if (before === null || holder === undefined) return null;
    const name = holder.shape.kind === 'body' && holder.shape.client === 'fetch' ? holder.variable.name : shownName(unit, holder.variable);
    const code = finishing(holder.shape, name, awaits(before));
    if (code === null) return null;
    insertions.push({ before, code });
  }
  const [first] = insertions;
  return {
    messageId: 'finishBefore',
    data: { code: first.code },
    fix: (fixer) => insertions.flatMap(({ before, code }) => insert(unit, fixer, before, code)),
  };
}

function insert(unit: SourceUnit, fixer: TSESLint.RuleFixer, before: TSESTree.Node, code: string): TSESLint.RuleFix[] {
  if (isFunction(before)) {
    // At the end of a function, the code goes before its closing brace.
    const brace = unit.sourceCode.getLastToken(before.body);
    return brace === null ? [] : [fixer.insertTextBefore(brace, `${code}; `)];
  }
  if (before.type === 'Program') return [fixer.insertTextAfterRange(before.range, `${code};\n`)];
  if (isInBlock(before)) return [fixer.insertTextBefore(before, `${code}; `)];
  return [fixer.insertTextBefore(before, `{ ${code}; `), fixer.insertTextAfter(before, ' }')];
}

/** The statement before which a path must finish the response; null if there is no such place. */
function statementOf({ kind, node, via }: Exit): TSESTree.Node | null {
  switch (kind) {
    case 'end':
      return isFunction(node) && node.body.type !== 'BlockStatement' ? null : node;
    case 'return':
      return node.type === 'ReturnStatement' ? node : null;
    case 'throw':
      return via === null && (node.type === 'ThrowStatement' || node.parent?.type === 'ExpressionStatement') ? (node.type === 'ThrowStatement' ? node : node.parent!) : null;
    case 'overwritten':
      // The new value may be computed from the old one, so only a plain statement is possible.
      return node.parent?.type === 'ExpressionStatement' ? node.parent : null;
    case 'yield':
    case 'dropped':
      return null;
  }
}

/** The expression that finishes it; null if there is none. */
function finishing(shape: Shape, name: string, mayAwait: boolean): string | null {
  if (shape.promised && shape.kind !== 'response') return null;
  const of = shape.promised && !name.startsWith('(') ? null : name;
  if (of === null) return null;
  const call = callFor(shape.kind, shape.client, of);
  if (call === null) return null;
  const isPromise = !(shape.client === 'node' || shape.client === 'axios');
  if (!isPromise) return call;
  return mayAwait ? `await ${call}` : `void ${call}`;
}

function callFor(kind: Shape['kind'], client: ClientName, of: string): string | null {
  if (kind === 'reader') return `${of}.cancel()`;
  if (kind === 'body') return { fetch: `${of}?.cancel()`, undici: `${of}.dump()`, watertight: `${of}.close()`, node: `${of}.resume()`, axios: `${of}.destroy()` }[client];
  if (kind !== 'response') return null;
  return { fetch: `${of}.body?.cancel()`, undici: `${of}.body.dump()`, watertight: `${of}.close()`, node: `${of}.resume()`, axios: `${of}.data.destroy()` }[client];
}

/** Whether the code at the node may use `await`. */
function awaits(node: TSESTree.Node): boolean {
  const home = isFunction(node) ? node : homeOf(node);
  return isFunction(home) ? home.async : home.type === 'Program';
}

function isInBlock(statement: TSESTree.Node): boolean {
  const type = statement.parent?.type;
  return type === 'BlockStatement' || type === 'Program' || type === 'SwitchCase' || type === 'StaticBlock';
}

/** The name, followed by a question mark if the variable may be empty. */
function shownName(unit: SourceUnit, { name, identifiers }: Variable): string {
  const [declared] = identifiers;
  const type = unit.services.getTypeAtLocation(declared);
  const parts = type.isUnion() ? type.types : [type];
  return parts.some(({ flags }) => (flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)) !== 0) ? `${name}?` : name;
}

/** Whether the variable's name is in scope at the node. */
function isVisible(variable: Variable, node: TSESTree.Node): boolean {
  const block = variable.scope.block;
  if (isFunction(node)) return variable.scope.variableScope.block === node && (block === node || variable.scope === variable.scope.variableScope);
  return contains(block, node) && variable.identifiers.every((name) => name.range[0] < node.range[0]);
}

function isTaken(unit: SourceUnit, node: TSESTree.Node, name: string): boolean {
  for (let scope: TSESLint.Scope.Scope | null = unit.sourceCode.getScope(node); scope !== null; scope = scope.upper) {
    if (scope.set.get(name)?.defs.length) return true;
  }
  return false;
}
