/** What keeps a process alive, as a leak check reports it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLeaks, formatLeaks, ignoreCurrent, LeakError, verifyNone } from 'watertight/leak';
import { markedLine } from '../tasks/marked-line.js';

test('a leak check asked for resources reports them with their line, and those from before are ignored', async (t) => {
  const early = setInterval(() => undefined, 41_000);
  t.after(() => clearInterval(early));
  const ignore = ignoreCurrent({ resources: true });
  assert.deepEqual(await findLeaks({ resources: true, ignore, retries: 1 }), []);

  const timer = setInterval(() => undefined, 42_000); // at: timer
  t.after(() => clearInterval(timer));
  const leaks = await findLeaks({ resources: true, ignore, retries: 1 });
  assert.deepEqual(
    leaks.map(({ kind, type, description, site }) => ({ kind, type, description, line: site?.line })),
    [{ kind: 'resource', type: 'timer', description: 'setInterval every 42000 ms', line: markedLine(import.meta.url, 'timer').line }],
  );
  assert.match(formatLeaks(leaks), /timer left open: setInterval every 42000 ms/);
  assert.match(formatLeaks(leaks), /made at .*resource-leaks\.test\.ts:\d+/);
  assert.deepEqual(await findLeaks({ retries: 1 }), [], 'only if asked');
  await assert.rejects(verifyNone(undefined, { resources: true, ignore, retries: 1 }), LeakError);

  clearInterval(timer);
  clearInterval(early);
  await verifyNone(undefined, { resources: true, ignore });
});
