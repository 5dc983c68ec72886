// Owns a run of no-unread-body over files that share one TypeScript program: what both measuring scripts do.
import { basename, dirname } from 'node:path';
import { Linter } from 'eslint';
import plugin from 'eslint-plugin-watertight';
import tseslint from 'typescript-eslint';
import ts from 'typescript';
import { GraphRecorder, makeUnit } from '../dist/graph/index.js';
import { Analysis } from '../dist/paths/index.js';

/**
 * @param {readonly string[]} files
 * @param {{ typeRoots: string[], paths?: Record<string, string[]>, rule?: object }} options
 * @returns {{ requests: number, found: { file: string, line: number, column: number, message: string, source: string, suggestions: number, fixed: string | null }[] }}
 */
export function lintProgram(files, { typeRoots, paths = {}, rule = {} }) {
  const program = ts.createProgram(files, {
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
  });

  /** How many requests the rule sees: without that, "no findings" says nothing. */
  let requests = 0;
  const count = {
    create({ sourceCode, filename, languageOptions }) {
      const recorder = new GraphRecorder((node) => sourceCode.getText(node));
      return recorder.listeners(() => {
        const unit = makeUnit(filename, sourceCode, sourceCode.parserServices, recorder);
        requests += new Analysis({ parser: languageOptions.parser, releasedBy: new Set() }).requestsIn(unit).length;
      });
    },
  };

  const found = [];
  for (const file of files) {
    const text = program.getSourceFile(file)?.text ?? '';
    if (!/fetch|request|http|undici|axios|got|ky/i.test(text)) continue;
    // The rule reads other files of the program with the same parser, and then names them itself, with the program.
    const parser = { parseForESLint: (code, options) => tseslint.parser.parseForESLint(code, { ...options, filePath: options.programs ? options.filePath : file, programs: [program] }) };
    const config = {
      files: ['**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}'],
      languageOptions: { parser, parserOptions: { ecmaFeatures: { jsx: /x$/.test(file) } } },
      linterOptions: { reportUnusedDisableDirectives: 'off', noInlineConfig: true },
      plugins: { watertight: plugin, measured: { rules: { count } } },
      rules: { 'watertight/no-unread-body': ['error', rule], 'measured/count': 'error' },
    };
    const messages = new Linter({ configType: 'flat', cwd: dirname(file) }).verify(text, [config], { filename: basename(file) });
    for (const { ruleId, fatal, line, column, message, suggestions = [] } of messages) {
      // Their own comments for their own rules are none of this rule's business; a parse error is.
      if (ruleId === null && !fatal) continue;
      const fix = suggestions[0]?.fix;
      const fixed = fix === undefined ? null : text.slice(0, fix.range[0]) + fix.text + text.slice(fix.range[1]);
      found.push({ file, line, column, message, source: text.split('\n')[line - 1]?.trim().slice(0, 140), suggestions: suggestions.length, fixed });
    }
  }
  return { requests, found };
}
