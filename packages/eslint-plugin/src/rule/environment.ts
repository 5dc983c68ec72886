/** Owns the question where the code of a file runs: only in Node has the program a connection of its own that an unread body keeps. */
import type { TSESLint, TSESTree } from '@typescript-eslint/utils';
import { isBuiltin } from 'node:module';
import type * as ts from 'typescript';

export type Environment = 'node' | 'browser' | 'edge';

/** What tells where the code runs. */
export interface EnvironmentSource {
  readonly program: TSESTree.Program;
  /** The globals of ESLint's configuration. */
  readonly globals: Readonly<Record<string, unknown>>;
  /** The program of the project's own configuration; null if the rule has made one, with the types of Node and of browsers. */
  readonly types: ts.Program | null;
}

/**
 * The environment of a file. In this order: its directive (`'use client'`, `'use server'`), Next's `runtime`, an
 * import of a module of Node, ESLint's `globals`, the libraries and types of the TypeScript program.
 */
export function environmentOf({ program, globals, types }: EnvironmentSource): Environment {
  return ofSyntax(program) ?? ofGlobals(globals) ?? (types === null ? null : ofTypes(types)) ?? 'node';
}

function ofSyntax({ body }: TSESTree.Program): Environment | null {
  for (const statement of body) {
    if (statement.type !== 'ExpressionStatement' || statement.directive === undefined) break;
    if (statement.directive === 'use client') return 'browser';
    if (statement.directive === 'use server') return 'node';
  }
  for (const statement of body) {
    if (statement.type === 'ImportDeclaration' && statement.importKind !== 'type' && isBuiltin(statement.source.value)) return 'node';
    if (statement.type !== 'ExportNamedDeclaration' || statement.declaration?.type !== 'VariableDeclaration') continue;
    const [{ id, init }] = statement.declaration.declarations;
    if (id.type === 'Identifier' && id.name === 'runtime' && init?.type === 'Literal' && /^(experimental-)?edge$/.test(String(init.value))) return 'edge';
  }
  return null;
}

/** A configuration of browser code has `globals.browser`, one of Node `globals.node`; with both, nothing is told. */
function ofGlobals(globals: Readonly<Record<string, unknown>>): Environment | null {
  const has = (name: string): boolean => name in globals && globals[name] !== 'off';
  const isBrowser = has('document') || has('ServiceWorkerGlobalScope') || has('importScripts');
  const isNode = has('process') || has('Buffer') || has('require');
  return isBrowser === isNode ? null : isBrowser ? 'browser' : 'node';
}

const known = new WeakMap<ts.Program, Environment>();

function ofTypes(program: ts.Program): Environment {
  let found = known.get(program);
  if (found === undefined) {
    const names = program.getSourceFiles().map(({ fileName }) => fileName);
    const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
    if (has(/\/node_modules\/(@types\/(node|bun)|bun-types|@types\/deno)\//)) found = 'node';
    else if (has(/\/node_modules\/(@cloudflare\/workers-types|@edge-runtime\/types|@vercel\/edge)\//)) found = 'edge';
    else found = has(/\/lib\.(dom|webworker)\.d\.ts$/) ? 'browser' : 'node';
    known.set(program, found);
  }
  return found;
}

/** The globals that ESLint's configuration declares for a file. */
export function globalsOf({ languageOptions }: Readonly<TSESLint.RuleContext<string, readonly unknown[]>>): Readonly<Record<string, unknown>> {
  return languageOptions.globals ?? {};
}
