// A suite over recorded scenarios: each runs in a process that does nothing else meanwhile, and must count
// what real Go counted. There is a file for each subject, so that none takes longer than the others.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { runScenarios, type Run, type Scenario } from '#lab';

export function describeParity(name: string, scenarios: readonly Scenario[]): void {
  describe(name, () => {
    let runs: Run[] = [];
    before(async () => {
      runs = await runScenarios(scenarios, { lanes: 4 });
    });
    for (const [index, { id, why, counts, errors }] of scenarios.entries()) {
      test(`${id}: ${why}`, () => {
        const run = runs[index];
        if ('failure' in run) assert.fail(run.failure);
        assert.deepEqual({ counts: run.outcome.counts, errors: run.outcome.errors }, { counts, errors });
      });
    }
  });
}
