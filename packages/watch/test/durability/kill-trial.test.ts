// The small version of scripts/kill-watcher.mjs.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { removeBuilt, withoutGo } from '../fixtures/go-service.js';
import { killTrial } from './kill-trial.js';

after(removeBuilt);

test('a watcher and its services may be killed at any moment: nothing that was shown is lost, and the verdicts are those of a twin that was never killed', async (t) => {
  const seed = Date.now() % 1_000_000;
  const result = await killTrial({ seed, times: 4, go: withoutGo === null, settledAge: 3000 });
  t.diagnostic(`seed ${seed}: ${JSON.stringify({ ...result, comparisons: undefined })}`);
  assert.deepEqual(result.faults, [], `seed ${seed}`);
  assert.ok(result.kept.scrapes >= result.acknowledged.scrapes && result.acknowledged.scrapes > 0, JSON.stringify(result));
  assert.deepEqual(result.comparisons.map(({ name, killed }) => [name, killed.leaking]), result.comparisons.map(({ name }) => [name, name.endsWith('leaking')]));
});
