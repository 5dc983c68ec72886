/** Owns the promise that each test that docs/reliability.md names is there. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { packageRoot } from '../fixtures/package-root.js';

const page = new URL('../../docs/reliability.md', packageRoot);

test('every test that the page names is in its file', () => {
  const rows = [...readFileSync(page, 'utf8').matchAll(/^\| .*?\| \[[^\]]+\]\(([^)]+\.test\.ts)\) \| (.*) \|$/gm)];
  assert.ok(rows.length > 90, `${rows.length} rows`);
  const absent = rows.filter(([, file, name]) => !readFileSync(new URL(file, page), 'utf8').includes(name));
  assert.deepEqual(absent.map(([, file, name]) => `${file}: ${name}`), []);
});
