import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compare, formatLesson, formatProgress, formatTable, type Scenario } from '#lab';

const scenario: Scenario = { subject: '', id: 'a', why: 'because', transport: {}, steps: [], counts: [11, 1], errors: 2 };
const held = [[{ count: 5, kind: 'unread body', what: 'GET /bytes/5', site: 'src/load.ts:9' } as const], []];

describe('an experiment beside what Go does', () => {
  test('is the same when every count and the errors are', () => {
    assert.equal(compare({ scenario, outcome: { counts: [11, 1], errors: 2, held } }).same, true);
  });

  test('differs when a count differs', () => {
    assert.equal(compare({ scenario, outcome: { counts: [11, 3], errors: 2, held } }).same, false);
  });

  test('differs when a count is missing', () => {
    assert.equal(compare({ scenario, outcome: { counts: [11], errors: 2, held } }).same, false);
  });

  test('differs when the errors differ', () => {
    assert.equal(compare({ scenario, outcome: { counts: [11, 1], errors: 0, held } }).same, false);
  });

  test('differs when it gave nothing, and says why', () => {
    const { same, here, failure } = compare({ scenario, failure: 'its process ended early (SIGKILL)' });
    assert.deepEqual({ same, here, failure }, { same: false, here: null, failure: 'its process ended early (SIGKILL)' });
  });
});

describe('the report of the lab', () => {
  const same = compare({ scenario, outcome: { counts: [11, 1], errors: 2, held } });
  const different = compare({ scenario, outcome: { counts: [11, 3], errors: 2, held } });

  test('a row has the experiment in plain words, both counts, and who holds what at each', () => {
    const table = formatTable([same], 200, false);
    for (const text of ['because', 'a', '11, 1', '1: 5 × unread body GET /bytes/5, opened at src/load.ts:9', '2: nothing']) {
      assert.ok(table.includes(text), `${text} in\n${table}`);
    }
  });

  test('a failed experiment has its reason in the row', () => {
    assert.match(formatTable([compare({ scenario, failure: 'it did not end' })], 200, false), /failed.*it did not end/);
  });

  test('progress says which one ended and whether it is as Go', () => {
    assert.equal(formatProgress(same, 3, 21), '[ 3/21] a: 11, 1 and 2 errors, as Go');
    assert.equal(formatProgress(different, 21, 21), '[21/21] a: 11, 3 and 2 errors, NOT as Go, which has 11, 1 and 2 errors');
  });

  test('the lesson ends with the verdict', () => {
    assert.match(formatLesson([same]), /All 1 experiments count what Go counts\.\n$/);
    assert.match(formatLesson([same, different]), /1 of 2 experiments differ from Go: a\.\n$/);
  });
});
