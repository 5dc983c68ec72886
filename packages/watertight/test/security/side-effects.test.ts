/** Importing the library changes nothing and keeps nothing alive. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { compiledProgram } from '../fixtures/package-root.js';

test('importing an entry point that is not there to observe changes no global, agent, prototype or listener, and the process ends by itself', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [compiledProgram('security/import-everything.js')], { timeout: 20_000 });
  assert.deepEqual(JSON.parse(stdout), { changed: [], taskCount: 1 });
});
