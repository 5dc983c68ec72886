/** The soak itself, for a few seconds: `npm run soak` goes on for as long as it is asked. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { compiledProgram } from '../fixtures/package-root.js';

test('five seconds of all faults at random leave nothing: no hang, nothing unheard, nothing held', () => {
  // A process of its own, for what other tests of this file hold is not its matter, and with the collector at hand.
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', compiledProgram('soak/main.js'), '--seed', '7', '--seconds', '5'], { encoding: 'utf8', timeout: 300_000 });
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.match(stdout, /^soak: seed 7, 5 s/);
  assert.match(stdout, /Nothing found/);
});

test('what is found ends it with status 1, the seed, and what it was', () => {
  // With no time at all for a request, every one hangs.
  const { stdout, status } = spawnSync(process.execPath, ['--expose-gc', compiledProgram('soak/main.js'), '--seed', '7', '--seconds', '1', '--only', '^http: plain', '--watchdog', '0'], { encoding: 'utf8', timeout: 300_000 });
  assert.equal(status, 1, stdout);
  assert.match(stdout, /FOUND with --seed 7:\n {2}\d+ × hang of http: plain; the first: request \d+ for http:/);
});
