/**
 * Owns the types of a JavaScript file for which ESLint's configuration has none: a TypeScript program made of
 * the file, the files it imports by relative paths, and the published types of the packages it imports. This
 * plugin brings Node's types for projects without them.
 */
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import * as typescriptParser from '@typescript-eslint/parser';
import ts from 'typescript';
import { readUnit, type Parser, type SourceUnit } from './source-unit.js';

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.esnext.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
  types: ['node'],
  allowJs: true,
  jsx: ts.JsxEmit.Preserve,
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};

const JAVASCRIPT = /\.[cm]?jsx?$/;
const DECLARATIONS = /\.d\.[cm]?ts$/;

export function isJavaScript(filename: string): boolean {
  return JAVASCRIPT.test(filename);
}

/** Declaration files by path: they do not change while a linter runs, and are nearly all of a program. */
const declarations = new Map<string, ts.SourceFile | undefined>();

/** The parser for files of such a program. */
export const ownParser = typescriptParser as unknown as Parser;

/**
 * The file as a unit with types; null if neither it nor a file it directly imports names a client, or if
 * TypeScript cannot parse it. `filename` is as in ESLint, `text` as in the editor.
 */
export function ownUnit(filename: string, text: string): SourceUnit | null {
  const path = resolve(filename).replaceAll('\\', '/');
  if (!namesClient(path, text)) return null;
  const options = { ...OPTIONS, typeRoots: typeRootsFor(path) };
  const disk = ts.createCompilerHost(options, true);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (name) => name === path || disk.fileExists(name),
    readFile: (name) => (name === path ? text : disk.readFile(name)),
    getSourceFile(name, language) {
      if (name === path) return ts.createSourceFile(name, text, language, true);
      if (!DECLARATIONS.test(name)) return disk.getSourceFile(name, language);
      if (!declarations.has(name)) declarations.set(name, disk.getSourceFile(name, language));
      return declarations.get(name);
    },
  };
  const program = ts.createProgram([path], options, host);
  const file = program.getSourceFile(path);
  return file === undefined ? null : readUnit(file, program, ownParser);
}

/** What a file that calls a client must contain. A program takes some hundred milliseconds, and most files need none. */
const CLIENT = /\b(?:fetch|undici|watertight|https?|axios|got)\b/;

/** The suffixes of an imported file's name, in the order in which Node and bundlers try them. */
const SUFFIXES = ['', '.js', '.cjs', '.mjs', '.jsx', '/index.js'];

function namesClient(path: string, text: string): boolean {
  if (CLIENT.test(text)) return true;
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles.some(({ fileName }) => {
    if (!/^\.{1,2}(?:\/|$)/.test(fileName)) return false;
    const imported = SUFFIXES.map((suffix) => join(dirname(path), fileName) + suffix).find((each) => ts.sys.fileExists(each));
    return imported !== undefined && CLIENT.test(ts.sys.readFile(imported) ?? '');
  });
}

/** The folders with types for packages that publish none: beside the file and above it, and last those of this plugin. */
function typeRootsFor(path: string): string[] {
  const roots: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    roots.push(join(folder, 'node_modules', '@types'));
    if (folder === dirname(folder)) break;
  }
  const own = createRequire(import.meta.url).resolve('@types/node/package.json');
  return [...roots, dirname(dirname(own))];
}
