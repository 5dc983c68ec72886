/** A process ends by itself: only what the program awaits keeps it alive. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startChildServer, type ChildServer } from '../fixtures/child-server.js';
import { compiledProgram } from '../fixtures/package-root.js';

const ENDINGS: [what: string, state: string, output: string][] = [
  ['an idle connection', 'idle', 'ended with 0 kept'],
  ['a response that nobody reads', 'pinned', 'ended with 1 kept'],
  ['a closed transport', 'closed', 'ended with 0 kept'],
  ['a transport closed while it was busy', 'closed while busy', 'ended with 0 kept'],
  ['a cancelled request', 'cancelled', 'ended with 0 kept'],
];

describe('the end of the process', () => {
  let server: ChildServer;
  before(async () => {
    server = await startChildServer('fixtures/slow-server.js');
  });
  after(() => server.stop());

  const end = async (state: string): Promise<string> =>
    (await promisify(execFile)(process.execPath, [compiledProgram('faults/process-end.js'), state, server.origin], { timeout: 10_000 })).stdout;

  for (const [what, state, output] of ENDINGS) {
    test(`${what} does not hold it up`, async () => {
      assert.equal(await end(state), output);
    });
  }

  test('a response that is awaited does hold it up', async () => {
    assert.equal(await end('waiting'), '/wait/300ended with 0 kept');
  });
});
