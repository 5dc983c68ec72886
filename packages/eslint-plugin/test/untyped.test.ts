/** JavaScript without types, without typescript-eslint, without a tsconfig: as in a project that has none of them. Under ESLint 9 and 10. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Linter, SourceCode } from 'eslint';
import { Linter as Linter9, SourceCode as SourceCode9 } from 'eslint9';
import plugin from 'eslint-plugin-watertight';
import { cases, lint, programOf } from './no-unread-body/corpus.js';

/** Twins: the file's name, what both begin with, what is right, what is not, and what is said of it. */
const TWINS: readonly (readonly [name: string, head: string, good: string, bad: string, says: RegExp])[] = [
  ['the global fetch.js', '', 'async function a(url) { const res = await fetch(`${url}/a`); if (!res.ok) { await res.body?.cancel(); return null; } return res.json(); }', 'async function a(url) { const res = await fetch(`${url}/a`); if (!res.ok) return null; return res.json(); }', /neither read nor cancelled when the function returns/],
  ['undici, required.js', "const { request } = require('undici');", 'async function a(url) { const { body } = await request(url); return body.json(); }', 'async function a(url) { const { statusCode } = await request(url); return statusCode; }', /Nothing holds this response/],
  ['undici, required whole.cjs', "const undici = require('undici');", 'async function a(url) { const res = await undici.request(url); if (res.statusCode > 299) { await res.body.dump(); return null; } return res.body.text(); }', 'async function a(url) { const res = await undici.request(url); if (res.statusCode > 299) return null; return res.body.text(); }', /neither read nor dumped/],
  ['undici, imported.mjs', "import { fetch } from 'undici';", 'export async function a(url) { const res = await fetch(url); return res.text(); }', 'export async function a(url) { const res = await fetch(url); return res.status; }', /neither read nor cancelled/],
  ['http.get.js', "const http = require('http');", 'function a(url, done) { http.get(url, (res) => { res.resume(); done(res.statusCode); }); }', 'function a(url, done) { http.get(url, (res) => { done(res.statusCode); }); }', /neither read nor resumed/],
  ['https.request.mjs', "import https from 'node:https';", "export function a(url) { https.request(url, (res) => { res.on('data', console.log); }).end(); }", 'export function a(url) { https.request(url, (res) => { console.log(res.statusCode); }).end(); }', /neither read nor resumed/],
  ['watertight.mjs', "import { get } from 'watertight';", 'export async function a(url) { const res = await get(url); try { return res.status; } finally { await res.close(); } }', 'export async function a(url) { const res = await get(url); return res.status; }', /neither read nor closed/],
  ['a function of another file.js', "const { read, look } = require('./elsewhere');", 'async function a(url) { const res = await fetch(url); await read(res); }', 'async function a(url) { const res = await fetch(url); look(res); }', /`look` only looks at it/],
  ['a request of another file.js', "const { open } = require('./elsewhere');", 'async function a() { const res = await open(); return res.text(); }', 'async function a() { const res = await open(); return res.status; }', /neither read nor cancelled/],
  ['a property that no response has.js', '', 'async function a(url) { const res = await fetch(url); if (!res.ok) throw new Error(res.error ?? (await res.text())); return res.json(); }', "async function a(url) { const res = await fetch(url); if (!res.ok) throw new Error(res.error || 'failed'); return res.json(); }", /throws at line 2/],
  ['a parameter that is given a response.js', 'async function check(res) { if (!res.ok) { await res.body?.cancel(); throw new Error(String(res.status)); } return res.json(); } async function strict(res) { if (!res.ok) throw new Error(String(res.status)); return res.json(); }', 'async function a(url) { const res = await fetch(url); return check(res); }', 'async function a(url) { const res = await fetch(url); return strict(res); }', /`strict`, called at line 2, throws at line 1/],
  ['a parameter of another file.js', "const { check, strict } = require('./elsewhere');", 'async function a(url) { return check(await fetch(url)); }', 'async function a(url) { return strict(await fetch(url)); }', /`strict`, called at line 2, throws at elsewhere.js:5/],
  ['a method’s parameter.js', 'class Api { check(res) { if (!res.ok) throw new Error(); return res.json(); } look(res) { return res.text(); }', 'async load(url) { const res = await fetch(url); return this.look(res); } }', 'async load(url) { const res = await fetch(url); return this.check(res); } }', /`check`, called at line 2, throws at line 1/],
  ['a parameter that is destructured.js', 'function strict({ res, url }) { if (!res.ok) throw new Error(url); return res.json(); } function read({ res }) { return res.json(); }', 'async function a(url) { const res = await fetch(url); return read({ res, url }); }', 'async function a(url) { const res = await fetch(url); return strict({ res, url }); }', /`strict`, called at line 2, throws at line 1/],
  ['a chain of named functions.js', 'function status(res) { if (!res.ok) throw new Error(); return res; } function same(res) { return res; } function parse(res) { return res.json(); }', 'const a = (url) => fetch(url).then(same).then(parse);', 'const a = (url) => fetch(url).then(status).then(parse);', /throws at line 1/],
  ['a promise without a type.js', "const http = require('http'); function send(url) { return new Promise((resolve, reject) => { http.get(url, resolve).on('error', reject); }); }", 'async function a(url) { const res = await send(url); res.resume(); }', 'async function a(url) { const res = await send(url); return res.statusCode; }', /neither read nor resumed/],
  ['a callback without a type.js', "const http = require('http'); function send(url, done) { http.get(url, function (res) { done(null, res); }).on('error', done); }", 'function a(url) { send(url, (error, res) => { if (error) return; res.resume(); }); }', 'function a(url) { send(url, (error, res) => { if (error) return; console.log(res.statusCode); }); }', /neither read nor resumed/],
  ['an object without a type.js', 'async function send(url) { const res = await fetch(url); return { res, url }; }', 'async function a(url) { const { res } = await send(url); return res.json(); }', 'async function a(url) { const { res } = await send(url); return res.ok; }', /neither read nor cancelled/],
  ['a member without a type.js', 'class Api { constructor(options) { this.options = options; }', 'async load(url) { const res = await this.options.fetch(url); if (!res.ok) throw new Error(await res.text()); return res.json(); } }', 'async load(url) { const res = await this.options.fetch(url); if (!res.ok) throw new Error(res.statusText); return res.json(); } }', /throws at line 2/],
  ['a function of the same name.js', 'async function fetchAll(url) { return { ok: true, url }; }', 'async function a(url) { const res = await fetchAll(url); return res.ok; }', 'async function a(url) { const res = await fetch(url); return res.ok; }', /neither read nor cancelled/],
];

const ELSEWHERE = 'exports.read = (res) => res.text();\nexports.look = (res) => res.status;\nexports.open = () => fetch("http://127.0.0.1/");\nexports.check = (res) => { if (!res.ok) { res.body?.cancel(); throw new Error(); } return res.json(); };\nexports.strict = (res) => { if (!res.ok) throw new Error(); return res.json(); };\n';

const LINTERS = [
  ['ESLint 9', Linter9 as unknown as typeof Linter],
  ['ESLint 10', Linter],
] as const;

let folder: string;
before(() => {
  const shelf = fileURLToPath(new URL('.projects/', import.meta.url));
  mkdirSync(shelf, { recursive: true });
  folder = mkdtempSync(join(shelf, 'plain-'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "plain" }\n');
  writeFileSync(join(folder, 'elsewhere.js'), ELSEWHERE);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function lintPlain(linter: typeof Linter, name: string, code: string): Linter.LintMessage[] {
  const config: Linter.Config = { files: ['**/*'], languageOptions: { sourceType: name.endsWith('.mjs') ? 'module' : 'commonjs' }, ...plugin.configs.recommended };
  return new linter({ configType: 'flat', cwd: folder }).verify(code, [config], { filename: join(folder, name) });
}

for (const [version, linter] of LINTERS) {
  describe(`${version}: JavaScript without types`, () => {
    for (const [name, head, good, bad, says] of TWINS) {
      test(name, () => {
        assert.deepEqual(lintPlain(linter, name, `${head}\n${good}\n`), []);
        const messages = lintPlain(linter, name, `${head}\n${bad}\n`);
        assert.deepEqual(messages.map(({ line, ruleId }) => [line, ruleId]), [[2, 'watertight/no-unread-body']]);
        assert.match(messages[0].message, says);
      });
    }

    test('a suggestion leaves the file right', () => {
      const code = 'async function a(url) {\n  const res = await fetch(url);\n  if (!res.ok) return null;\n  return res.json();\n}\n';
      const [{ suggestions = [] }] = lintPlain(linter, 'fix.js', code);
      const [{ fix }] = suggestions;
      const fixed = code.slice(0, fix.range[0]) + fix.text + code.slice(fix.range[1]);
      assert.equal(fixed, 'async function a(url) {\n  const res = await fetch(url);\n  if (!res.ok) {\n    await res.body?.cancel().catch(() => {});\n    return null;\n  }\n  return res.json();\n}\n');
      assert.deepEqual(lintPlain(linter, 'fix.js', fixed), []);
    });

    test('a file that has changed is read again', () => {
      const code = "const { take } = require('./changing');\nasync function a(url) { const res = await fetch(url); take(res); }\n";
      const said = (source: string): number => {
        writeFileSync(join(folder, 'changing.js'), source);
        return lintPlain(linter, 'reads-changing.js', code).length;
      };
      writeFileSync(join(folder, 'reads-changing.js'), code);
      assert.equal(said('exports.take = (res) => res.status;\n'), 1);
      assert.equal(said('exports.take = (res) => res.text();\n// It reads.\n'), 0);
    });

    test('a file that is not JavaScript to TypeScript is passed over, and so is one that names no client', () => {
      assert.deepEqual(lintPlain(linter, 'nothing.js', 'module.exports = 1;\n'), []);
      assert.deepEqual(lintPlain(linter, 'script.js', 'with (fetch) { name }\n'), []);
    });
  });
}

test('under ESLint 9 the rule says the same of typed code as under ESLint 10', () => {
  assert.ok((SourceCode9 as unknown) !== SourceCode, 'two versions');
  const some = cases.filter((_each, at) => at % 30 < 2);
  const corpus = programOf(some);
  const under9 = (name: string, code: string): Linter.LintMessage[] =>
    new (Linter9 as unknown as typeof Linter)({ configType: 'flat' }).verify(code, [{ files: ['**/*.ts'], languageOptions: { parser: corpus.parser }, plugins: { watertight: plugin }, rules: { 'watertight/no-unread-body': 'error' } }], { filename: name });
  for (const { name, code } of some) assert.deepEqual(under9(name, code).map(({ message }) => message), lint(corpus, name, code).map(({ message }) => message), name);
});
