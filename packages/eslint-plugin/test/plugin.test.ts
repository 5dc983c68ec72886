import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import plugin from 'eslint-plugin-watertight';

test('the plugin names itself as its package does, at the same version', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    name: string;
    version: string;
  };
  assert.deepEqual(plugin.meta, { name: manifest.name, version: manifest.version });
});
