/** The corpus as one program, and the rule run on it. */
import { Linter } from 'eslint';
import plugin from 'eslint-plugin-watertight';
import { makeFolder, makeProgram, type CaseProgram } from '../fixtures/program.js';
import { bodycloseCases } from './bodyclose.cases.js';
import { controlFlowCases, generatorCases, moduleCases } from './control-flow.cases.js';
import { escapeCases, listCases } from './escape.cases.js';
import { fetchCases } from './fetch.cases.js';
import { closureCases, elsewhere, functionCases } from './function.cases.js';
import { givenFunctionCases } from './given-function.cases.js';
import { nodeHttpCases } from './node-http.cases.js';
import { noPathCases } from './no-path.cases.js';
import { promiseCases } from './promise.cases.js';
import { published, publishedCases } from './published.cases.js';
import { fieldCases, narrowedCases, recordCases } from './record.cases.js';
import { streamCases, transformCases } from './streams.cases.js';
import type { Group, Twin } from './twin.js';
import { untypedCases } from './untyped.cases.js';
import { undiciCases } from './undici.cases.js';
import { watertightCases } from './watertight.cases.js';

export const groups: readonly Group[] = [
  fetchCases,
  undiciCases,
  nodeHttpCases,
  watertightCases,
  streamCases,
  transformCases,
  controlFlowCases,
  generatorCases,
  moduleCases,
  escapeCases,
  listCases,
  functionCases,
  closureCases,
  bodycloseCases,
  noPathCases,
  publishedCases,
  promiseCases,
  recordCases,
  fieldCases,
  narrowedCases,
  untypedCases,
  givenFunctionCases,
];

export interface Case {
  readonly group: Group;
  readonly twin: Twin;
  /** Its file. */
  readonly name: string;
  readonly code: string;
  readonly isGood: boolean;
}

export const cases: readonly Case[] = groups.flatMap((group, g) =>
  group.twins.flatMap((twin, t) =>
    (['good', 'bad'] as const).map((which) => ({ group, twin, name: `case-${g}-${t}-${which}.ts`, code: group.head + twin[which], isGood: which === 'good' })),
  ),
);

/** A program of these files and the one that the cases import. */
export function programOf(files: readonly { readonly name: string; readonly code: string }[]): CaseProgram {
  makeFolder();
  return makeProgram(new Map([...files.map(({ name, code }) => [name, code] as const), ['elsewhere.ts', elsewhere], ['published.d.ts', published]]));
}

export function lint({ parser }: CaseProgram, name: string, code: string, options: object = {}): Linter.LintMessage[] {
  return new Linter({ configType: 'flat' }).verify(
    code,
    [{ files: ['**/*.ts'], languageOptions: { parser }, plugins: { watertight: plugin }, rules: { 'watertight/no-unread-body': ['error', options] } }],
    { filename: name },
  );
}

/** What TypeScript has to say of a file. */
export function problemsOf({ program, pathOf }: CaseProgram, name: string): string[] {
  const file = program.getSourceFile(pathOf(name));
  const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  return found.map(({ messageText }) => `${name}: ${typeof messageText === 'string' ? messageText : messageText.messageText}`);
}
