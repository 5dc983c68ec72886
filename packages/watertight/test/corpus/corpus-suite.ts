/** Turns a list of cases into tests: every case in each of the three ways in which its bytes can be cut into writes. */

import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { verifyNone } from 'watertight/leak';
import { taskCount } from 'watertight/tasks';
import { withWrites, type CorpusCase, type Writes } from './corpus-case.js';
import { play } from './case-player.js';
import { complaints } from './outcome-judge.js';

/** A case mostly waits: for the pause before its probe, and some for a deadline. */
const AT_ONCE = 32;

export function describeCorpus(title: string, cases: CorpusCase[]): void {
  describe(title, () => {
    for (const writes of ['as given', 'whole', 'byte by byte'] satisfies Writes[]) {
      describe(`written ${writes}`, { concurrency: AT_ONCE }, () => {
        for (const corpusCase of cases) {
          const cut = withWrites(corpusCase, writes);
          if (!cut) continue;
          it(`${cut.id}: ${cut.why}`, async () => {
            assert.deepEqual(complaints(cut, await play(cut)), []);
          });
        }
      });
    }

    after(async () => {
      await verifyNone();
      assert.equal(taskCount(), 1);
    });
  });
}
