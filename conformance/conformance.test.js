// The comparison's own rules. That docs/strictness.md says what the clients do is checked by `npm run conformance -- --check`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disagreements, rowsOf, unexplained, unused } from './comparison.js';
import { differences, pageOf, withPage } from './page.js';
import { reasons } from './reasons.js';

const cases = ['a/1', 'a/2', 'b/1'].map((id) => ({ id, why: id, kind: 'once', method: 'GET', chunks: [], gapMs: 0, end: 'open' }));
const played = [
  { name: 'watertight', version: '', outcomes: ['refused', '200 5 aa', '200 5 aa'] },
  { name: 'curl', version: '8.1.0', outcomes: ['200 5 aa', '200 5 bb', '200 5 aa'] },
  { name: 'undici', version: '7.1.0', outcomes: ['refused', 'waits', 'not offered'] },
];
const a = { cases: /^a\//, input: 'A', why: 'because' };

test('clients disagree where one that offers it does otherwise', () => {
  assert.deepEqual(disagreements(cases, played).map(({ id }) => id), ['a/1', 'a/2']);
});

test('a disagreement that no reason covers is found, and a reason that covers none', () => {
  const found = disagreements(cases, played);
  assert.deepEqual(unexplained(found, [a]), []);
  assert.deepEqual(unexplained(found, [{ ...a, cases: /^a\/1$/ }]).map(({ id }) => id), ['a/2']);
  assert.deepEqual(unused(found, [a, { ...a, cases: /^b\// }]).map(({ cases: { source } }) => source), ['^b\\/']);
});

test('a row says in words what each client does', () => {
  const [row] = rowsOf(cases, played, [a]);
  assert.deepEqual([...row.cells], [['watertight', 'accepts 1 of 2'], ['curl', 'accepts, reads it otherwise'], ['undici', 'waits']]);
  assert.equal(pageOf([row], played).split('\n')[2], '| A | accepts 1 of 2 | accepts, reads it otherwise | waits | because |');
});

test('a page that says otherwise is found, except of another major version', () => {
  const rows = rowsOf(cases, played, [a]);
  const page = withPage('<!-- table: made by npm run conformance --><!-- end of the table -->', pageOf(rows, played));
  assert.deepEqual(differences(page, rows, played), []);
  assert.equal(differences(page.replace('| waits', '| refuses'), rows, played).length, 1);
  assert.equal(differences(page.replace('| waits', '| refuses').replace('undici 7.1.0', 'undici 6.0.0'), rows, played).length, 0);
  assert.equal(differences(page, [], played).length, 1);
});

test('each reason has its words and a table can hold them', () => {
  for (const { input, why } of reasons) {
    assert.ok(input.length > 0 && why.length > 20, input);
    assert.doesNotMatch(input + why, /[|\n]/);
  }
});
