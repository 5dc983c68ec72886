// Owns a run of no-unread-body over files that share one TypeScript program: what both measuring scripts do.
import { basename, dirname } from 'node:path';
import { Linter } from 'eslint';
import plugin from 'eslint-plugin-watertight';
import tseslint from 'typescript-eslint';
import ts from 'typescript';
import { Analysis } from '../dist/paths/index.js';

/** @param {{ typeRoots: string[], paths?: Record<string, string[]> }} where */
export function compilerOptions({ typeRoots, paths = {} }) {
  return {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.esnext.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
    typeRoots,
    types: ['node'],
    paths,
    jsx: ts.JsxEmit.Preserve,
    allowJs: true,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  };
}

/**
 * @param {readonly string[]} files
 * @param {{ typeRoots: string[], paths?: Record<string, string[]>, rule?: object }} options
 * @returns {{ lines: number, requests: number, unparsed: number, found: { file: string, line: number, column: number, message: string, source: string, suggestions: number, fix: { range: [number, number], text: string } | null, fixed: string | null }[] }}
 */
export function lintProgram(files, { typeRoots, paths = {}, rule = {} }) {
  const program = ts.createProgram(files, compilerOptions({ typeRoots, paths }));

  /** How many requests the rule sees: without that, "no findings" says nothing. */
  let requests = 0;
  const requestsIn = Reflect.get(Analysis.prototype, 'requestsIn');
  Analysis.prototype.requestsIn = function counted(unit) {
    const seen = requestsIn.call(this, unit);
    requests += seen.length;
    return seen;
  };
  let lines = 0;
  let unparsed = 0;
  const found = [];
  for (const file of files) {
    const text = program.getSourceFile(file)?.text ?? '';
    lines += text.split('\n').length;
    if (!/fetch|request|http|undici|axios|got|ky/i.test(text)) continue;
    // The rule reads other files of the program with the same parser, and then names them itself, with the program.
    const parser = { parseForESLint: (code, options) => tseslint.parser.parseForESLint(code, { ...options, filePath: options.programs ? options.filePath : file, programs: [program] }) };
    const config = {
      files: ['**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}'],
      languageOptions: { parser, parserOptions: { ecmaFeatures: { jsx: /x$/.test(file) } } },
      linterOptions: { reportUnusedDisableDirectives: 'off', noInlineConfig: true },
      plugins: { watertight: plugin },
      rules: { 'watertight/no-unread-body': ['error', rule] },
    };
    const messages = new Linter({ configType: 'flat', cwd: dirname(file) }).verify(text, [config], { filename: basename(file) });
    for (const { ruleId, fatal, line, column, message, suggestions = [] } of messages) {
      // Their own comments for their own rules are none of this rule's business, and a file that cannot be parsed (as with Flow's types) is no report.
      if (fatal) unparsed++;
      if (ruleId === null) continue;
      const fix = suggestions[0]?.fix;
      const fixed = fix === undefined ? null : text.slice(0, fix.range[0]) + fix.text + text.slice(fix.range[1]);
      found.push({ file, line, column, message, source: text.split('\n')[line - 1]?.trim().slice(0, 140), suggestions: suggestions.length, fix: fix ?? null, fixed });
    }
  }
  Analysis.prototype.requestsIn = requestsIn;
  return { lines, requests, unparsed, found };
}
