// A suite over recorded scenarios: each runs in a process that does nothing else meanwhile, and must count
// what real Go counted. There is a file for each subject, so that none takes longer than the others. Four share
// a server, which a busy machine may keep from one of them for longer than a count waits: so what counts
// otherwise is run once more, alone.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { runScenarios, type Run, type Scenario } from '#lab';

export function describeParity(name: string, scenarios: readonly Scenario[]): void {
  describe(name, () => {
    let runs: Run[] = [];
    before(async () => {
      runs = await runScenarios(scenarios, { lanes: 4 });
    });
    for (const [index, { id, why, counts, errors }] of scenarios.entries()) {
      const seen = (run: Run): unknown => ('failure' in run ? run : { counts: run.outcome.counts, errors: run.outcome.errors });
      test(`${id}: ${why}`, async () => {
        const expected = { counts, errors };
        if (isDeepStrictEqual(seen(runs[index]), expected)) return;
        const [alone] = await runScenarios([scenarios[index]], { lanes: 1 });
        assert.deepEqual(seen(alone), expected);
      });
    }
  });
}
