/** Generated code is shown as the line somebody wrote, with the engine's maps or without; a broken map breaks nothing. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'watertight-map-'));
after(() => rmSync(folder, { recursive: true }));

/** Maps line 2, column 1 on of the generated file to line 41, column 3 on of preview.ts. */
const MAP = JSON.stringify({ version: 3, sources: ['../src/preview.ts'], names: [], mappings: ';AAwCE' });
const inline = `data:application/json;base64,${Buffer.from(MAP).toString('base64')}`;
const percent = `data:application/json,${encodeURIComponent(MAP)}`;

/** Runs code whose second line makes a site, in a process of its own; `file:line:column`. */
function siteIn(name: string, comment: string, ...flags: string[]): string {
  const file = join(folder, name);
  const tasks = pathToFileURL(new URL(import.meta.resolve('watertight/tasks')).pathname).href;
  writeFileSync(file, `import { go, tasks } from ${JSON.stringify(tasks)};\nconst running = go(() => new Promise((done) => setImmediate(done)));\nconst { file, line, column } = tasks()[1].createdBy;\nconsole.log(\`\${file}:\${line}:\${column}\`);\nawait running;\n${comment}\n`);
  // Under coverage Node reads the maps itself, and ends at the ones that are broken.
  const env = { ...process.env, NODE_OPTIONS: '', NODE_V8_COVERAGE: '' };
  return execFileSync(process.execPath, [...flags, file], { encoding: 'utf8', env }).trim();
}

const generated = (name: string): RegExp => new RegExp(`${name.replace('.', '\\.')}:2:17$`);
const original = /src\/preview\.ts:41:3$/;

test('by a map in a file of its own', () => {
  writeFileSync(join(folder, 'beside.mjs.map'), MAP);
  assert.match(siteIn('beside.mjs', '//# sourceMappingURL=beside.mjs.map'), original);
});

test('by a map inside the file', () => {
  assert.match(siteIn('inline.mjs', `//# sourceMappingURL=${inline}`), original);
  assert.match(siteIn('percent.mjs', `//# sourceMappingURL=${percent}`), original);
});

test('by the map that the engine keeps, with --enable-source-maps', () => {
  assert.match(siteIn('engine.mjs', `//# sourceMappingURL=${inline}`, '--enable-source-maps'), original);
});

test('by the map that a loader put into the code it made in memory, which the file does not have', () => {
  // The file is TypeScript as somebody wrote it: what runs in its place has two lines less above, and a map.
  const load = `export const load = async (url, context, next) => {
  if (!url.includes('.ts')) return next(url, context);
  const { readFile } = await import('node:fs/promises');
  const source = String(await readFile(new URL(url))).replace(/interface[^}]*}\\n/, '') + '//# sourceMappingURL=${inline}';
  return { format: 'module', source, shortCircuit: true };
};`;
  const register = `import { register } from 'node:module'; register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(load)}));`;
  const imported = ['--no-warnings', `--import=data:text/javascript,${encodeURIComponent(register)}`];
  assert.match(siteIn('loaded.ts', 'interface Options {\n  readonly a: number;\n}', ...imported), original);
  assert.match(siteIn('bär baz.ts', '', ...imported), original, 'a path with a space and a letter beyond ASCII');
});

test('a file without a map is shown as it is', () => {
  assert.match(siteIn('none.mjs', ''), generated('none.mjs'));
});

for (const [what, comment] of [
  ['is missing', '//# sourceMappingURL=nowhere.map'],
  ['is no JSON', `//# sourceMappingURL=data:application/json;base64,${Buffer.from('{').toString('base64')}`],
  ['has no mapping for the line', `//# sourceMappingURL=data:application/json,${encodeURIComponent('{"version":3,"sources":[],"names":[],"mappings":""}')}`],
  ['is on another machine', '//# sourceMappingURL=http://127.0.0.1:9/preview.map'],
  ['has a name that is no URL', '//# sourceMappingURL=http://['],
] as const) {
  test(`a map that ${what} leaves the generated place`, () => {
    assert.match(siteIn('broken.mjs', comment), generated('broken.mjs'));
  });
}
