/** A process that has run out of descriptors. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startChildServer } from '../fixtures/child-server.js';
import { compiledProgram } from '../fixtures/package-root.js';

const skip = process.platform === 'win32' && 'there is no limit to set';

test('400 requests with 160 descriptors: all settle, those above the limit fail with EMFILE, the next request works', { skip }, async () => {
  const server = await startChildServer('fixtures/slow-server.js');
  try {
    const program = `ulimit -n 160; exec "${process.execPath}" "${compiledProgram('faults/few-descriptors.js')}" ${server.origin}`;
    const { stdout } = await promisify(execFile)('sh', ['-c', program], { timeout: 40_000 });
    const outcome = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(outcome, { settled: 400, failed: true, because: ['EMFILE'], works: true, tasks: 1 });
  } finally {
    await server.stop();
  }
});
