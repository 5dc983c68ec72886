/** A small run of `npm run fuzz`, with a seed. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('3,000 cases over all targets hold', () => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(new URL('main.js', import.meta.url)), '--seed', '1', '--cases', '3000'], { encoding: 'utf8', timeout: 300_000 });
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.match(stdout, /\d+ cases, all of which held\./);
});
