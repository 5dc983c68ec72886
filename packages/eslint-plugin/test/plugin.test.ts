import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Linter } from 'eslint';
import plugin from 'eslint-plugin-watertight';
import tseslint from 'typescript-eslint';
import { lint, programOf } from './no-unread-body/corpus.js';

test('the plugin names itself as its package does, at the same version', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    name: string;
    version: string;
  };
  assert.deepEqual(plugin.meta, { name: manifest.name, version: manifest.version });
});

test('the recommended configuration is a flat one with every rule as an error', () => {
  const { plugins, rules } = plugin.configs.recommended;
  assert.equal(plugins?.watertight, plugin);
  assert.deepEqual(rules, Object.fromEntries(Object.keys(plugin.rules).map((name) => [`watertight/${name}`, 'error'])));
});

test('without type information the rule says what is missing', () => {
  const config = { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser as Linter.Parser }, ...plugin.configs.recommended };
  assert.throws(() => new Linter({ configType: 'flat' }).verify('void fetch("a");', [config], { filename: 'a.ts' }), /requires? .*type information|parserServices/i);
});

test('a function named in releasedBy ends the response, even where its source only looks at it', () => {
  const code = 'function drain(res: Response) { return res.status; }\nexport async function load(url: string) { const res = await fetch(url); drain(res); }\n';
  const corpus = programOf([{ name: 'released.ts', code }]);
  assert.equal(lint(corpus, 'released.ts', code).length, 1);
  assert.deepEqual(lint(corpus, 'released.ts', code, { releasedBy: ['drain'] }), []);
});

test('an option that does not exist is refused', () => {
  const code = 'export {};\n';
  const corpus = programOf([{ name: 'option.ts', code }]);
  assert.throws(() => lint(corpus, 'option.ts', code, { ignore: [] }), /ignore|additional properties/i);
});
