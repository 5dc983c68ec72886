/**
 * Owns a source file as the analysis needs it: syntax, variables, types and code paths. The linted file is
 * one; another file of the same program is one if it declares a function that is called.
 */
import { Linter } from 'eslint';
import type { ParserServicesWithTypeInformation, TSESLint, TSESTree } from '@typescript-eslint/utils';
import type * as ts from 'typescript';
import { GraphRecorder, type FileGraph } from './code-graph.js';

export type Variable = TSESLint.Scope.Variable;

export interface SourceUnit extends FileGraph {
  readonly filename: string;
  readonly sourceCode: Readonly<TSESLint.SourceCode>;
  readonly services: ParserServicesWithTypeInformation;
  /** Variables by the identifiers that refer to them or declare them. */
  readonly variables: ReadonlyMap<TSESTree.Node, Variable>;
  /** The identifiers that read their variable. */
  readonly reads: ReadonlySet<TSESTree.Node>;
}

export function makeUnit(filename: string, sourceCode: Readonly<TSESLint.SourceCode>, services: ParserServicesWithTypeInformation, graph: FileGraph): SourceUnit {
  const variables = new Map<TSESTree.Node, Variable>();
  const reads = new Set<TSESTree.Node>();
  for (const scope of sourceCode.scopeManager?.scopes ?? []) {
    for (const variable of scope.variables) for (const name of variable.identifiers) variables.set(name, variable);
    for (const reference of scope.references) {
      const { identifier, resolved } = reference;
      if (resolved !== null) variables.set(identifier, resolved);
      if (reference.isRead()) reads.add(identifier);
    }
  }
  return { filename, sourceCode, services, variables, reads, graphs: graph.graphs, places: graph.places, calls: graph.calls };
}

/** The form of a parser in ESLint's configuration. */
export interface Parser {
  parseForESLint: (text: string, options: object) => object;
}

/** By program: a file may be part of several, whose types differ. */
const units = new WeakMap<ts.Program, WeakMap<ts.SourceFile, SourceUnit | null>>();

/**
 * The unit of another file of the program; null if it cannot be read. The parser of the linted file parses
 * it, from the existing program.
 */
export function unitOf(file: ts.SourceFile, from: SourceUnit, parser: unknown): SourceUnit | null {
  let ofProgram = units.get(from.services.program);
  if (ofProgram === undefined) units.set(from.services.program, (ofProgram = new WeakMap<ts.SourceFile, SourceUnit | null>()));
  const known = ofProgram.get(file);
  if (known !== undefined) return known;
  const unit = isParser(parser) ? readUnit(file, from.services.program, parser) : null;
  ofProgram.set(file, unit);
  return unit;
}

function isParser(value: unknown): value is Parser {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Parser>).parseForESLint === 'function';
}

/** The unit of a file of `program`; null if the parser cannot read it. */
export function readUnit(file: ts.SourceFile, program: ts.Program, parser: Parser): SourceUnit | null {
  let unit: SourceUnit | null = null;
  const collect = {
    create(context: { sourceCode: Readonly<TSESLint.SourceCode> }) {
      const { sourceCode } = context;
      const recorder = new GraphRecorder((node) => sourceCode.getText(node));
      return recorder.listeners(() => {
        const services = sourceCode.parserServices as ParserServicesWithTypeInformation | undefined;
        if (services?.program) unit = makeUnit(file.fileName, sourceCode, services, recorder);
      });
    },
  };
  const ofProgram: Parser = {
    parseForESLint: (text, options) => parser.parseForESLint(text, { ...options, filePath: file.fileName, programs: [program], project: undefined, projectService: undefined }),
  };
  const config = {
    files: ['**/*.ts'],
    languageOptions: { parser: ofProgram },
    linterOptions: { reportUnusedDisableDirectives: 'off', noInlineConfig: true },
    plugins: { graph: { rules: { collect } } },
    rules: { 'graph/collect': 'error' },
  };
  try {
    // ESLint only matches this name against `files`; the parser has the real one.
    new Linter({ configType: 'flat' }).verify(file.text, [config as unknown as Linter.Config], { filename: 'unit.ts' });
  } catch {
    return null;
  }
  return unit;
}
