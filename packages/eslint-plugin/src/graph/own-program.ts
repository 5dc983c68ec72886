/**
 * Owns the types of a JavaScript file for which ESLint's configuration has none: a TypeScript program made of
 * the file, the files it imports by relative paths, and the published types of the packages it imports. This
 * plugin brings Node's types for projects without them.
 */
import { statSync } from 'node:fs';
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

/** A file of the project as it was read. */
interface Source {
  /** Changes when the file does. */
  readonly stamp: string;
  readonly file: ts.SourceFile | undefined;
}

const sources = new Map<string, Source>();

/** A program that may serve for further files: those that it imports. */
interface Made {
  readonly program: ts.Program;
  readonly roots: string;
  /** Stamps by the paths of the project's files. */
  readonly stamps: ReadonlyMap<string, string>;
}

/** The last ones, the newest first. Files of one project import each other, so that a few are enough. */
const made: Made[] = [];
const MAX_MADE = 4;

/** The parser for files of such a program. */
export const ownParser = typescriptParser as unknown as Parser;

/**
 * The file as a unit with types; null if neither it nor a file it directly imports names a client, or if
 * TypeScript cannot parse it. `namesMore` knows further clients. `filename` is as in ESLint, `text` as in the editor.
 */
export function ownUnit(filename: string, text: string, namesMore: (text: string) => boolean): SourceUnit | null {
  const path = resolve(filename).replaceAll('\\', '/');
  if (!namesClient(path, text, namesMore)) return null;
  const program = programWith(path, text);
  const file = program.getSourceFile(path);
  return file === undefined ? null : readUnit(file, program, ownParser);
}

function programWith(path: string, text: string): ts.Program {
  const typeRoots = typeRootsFor(path);
  const roots = typeRoots.join();
  const before = made.find((each) => each.roots === roots && each.program.getSourceFile(path)?.text === text && isFresh(each, path));
  if (before !== undefined) return before.program;
  const program = makeProgram(path, text, typeRoots);
  const stamps = program.getSourceFiles().flatMap(({ fileName, isDeclarationFile }) => (isDeclarationFile ? [] : [[fileName, stampOf(fileName)] as const]));
  if (ts.sys.readFile(path) !== text) return program; // the editor's text is nobody else's
  made.unshift({ program, roots, stamps: new Map(stamps) });
  made.length = Math.min(made.length, MAX_MADE);
  return program;
}

/** Whether the files of a program, but for the linted one, are as they were. */
function isFresh({ stamps }: Made, path: string): boolean {
  return [...stamps].every(([name, stamp]) => name === path || stampOf(name) === stamp);
}

function stampOf(name: string): string {
  const found = statSync(name, { throwIfNoEntry: false });
  return found === undefined ? '' : `${found.mtimeMs} ${found.size}`;
}

function makeProgram(path: string, text: string, typeRoots: string[]): ts.Program {
  const options = { ...OPTIONS, typeRoots };
  const disk = ts.createCompilerHost(options, true);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (name) => name === path || disk.fileExists(name),
    readFile: (name) => (name === path ? text : disk.readFile(name)),
    getSourceFile(name, language) {
      if (name === path) return ts.createSourceFile(name, text, language, true);
      if (!DECLARATIONS.test(name)) {
        const stamp = stampOf(name);
        let source = sources.get(name);
        if (source?.stamp !== stamp) sources.set(name, (source = { stamp, file: disk.getSourceFile(name, language) }));
        return source.file;
      }
      if (!declarations.has(name)) declarations.set(name, disk.getSourceFile(name, language));
      return declarations.get(name);
    },
  };
  return ts.createProgram([path], options, host);
}

/** What a file that calls a client must contain. A program takes some hundred milliseconds, and most files need none. */
const CLIENT = /fetch|\b(?:undici|watertight|https?|axios|got|ky)\b/;

/** The suffixes of an imported file's name, in the order in which Node and bundlers try them. */
const SUFFIXES = ['', '.js', '.cjs', '.mjs', '.jsx', '/index.js'];

function namesClient(path: string, text: string, namesMore: (text: string) => boolean): boolean {
  if (CLIENT.test(text) || namesMore(text)) return true;
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles.some(({ fileName }) => {
    if (!/^\.{1,2}(?:\/|$)/.test(fileName)) return false;
    const imported = SUFFIXES.map((suffix) => join(dirname(path), fileName) + suffix).find((each) => ts.sys.fileExists(each));
    const other = imported === undefined ? '' : (ts.sys.readFile(imported) ?? '');
    return CLIENT.test(other) || namesMore(other);
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
