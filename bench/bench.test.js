// Owns the tests of the arithmetic behind the figures: medians, ratios, version ranges, core lists, tables.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selectClients } from './clients/index.js';
import { Comparison } from './comparison.js';
import { parseCpuList } from './cores.js';
import { parseOptions } from './options.js';
import { ANSWER_TEXT, ORDER_TEXT } from './payloads.js';
import { median, ratioWithinRounds } from './statistics.js';
import { alignedTable, markdownTable } from './table.js';
import { satisfies } from './versions.js';

test('the median of an even number of values is the middle of the two in the middle', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test('a ratio compares values of the same round and leaves out a round that lacks one', () => {
  const values = new Map([[0, 10], [1, 40], [2, 7]]);
  const baseline = new Map([[0, 20], [1, 80]]);
  assert.deepEqual(ratioWithinRounds(values, baseline), { median: 0.5, min: 0.5, max: 0.5 });
  assert.equal(ratioWithinRounds(values, undefined), null);
  assert.equal(ratioWithinRounds(values, new Map()), null);
});

test('the raw baseline is the faster of the two forms', () => {
  const scenario = { primary: 'cost', columns: [{ metric: 'cost', title: 'cost', digits: 0 }] };
  const samples = new Map([
    ['raw-onread', [{ round: 0, metrics: { cost: 6 } }]],
    ['raw-data', [{ round: 0, metrics: { cost: 5 } }]],
    ['go', [{ round: 0, metrics: { cost: 10 } }]],
    ['got', []],
  ]);
  const comparison = new Comparison({ id: 'x' }, scenario, selectClients(['raw', 'go', 'got']), samples);
  assert.equal(comparison.rawBaseline, 'raw-data');
  assert.equal(comparison.ratio('go', 'raw').median, 2);
  assert.deepEqual(comparison.rows.map((row) => row.client), ['raw-onread', 'raw-data', 'go']);
  assert.equal(comparison.rows[2].toUndici, null);
});

test('a ratio may be of another metric than the first, and to the best form of undici', () => {
  const scenario = { primary: 'p50', best: 'undici-pool', columns: [{ metric: 'p50', title: 'p50', digits: 0 }] };
  const samples = new Map([
    ['undici-pool', [{ round: 0, metrics: { p50: 10, p99: 100 } }]],
    ['ours-adaptive', [{ round: 0, metrics: { p50: 5, p99: 25 } }]],
  ]);
  const comparison = new Comparison({ id: 'x' }, scenario, selectClients(['undici-pool', 'ours-adaptive']), samples);
  assert.equal(comparison.ratio('ours-adaptive', 'undici-pool', 'p99').median, 0.25);
  assert.equal(comparison.rows.find(({ client }) => client === 'ours-adaptive').toUndici.median, 0.5);
});

test('the order and the answer to it have the sizes that the scenario names', () => {
  assert.deepEqual([ORDER_TEXT, ANSWER_TEXT].map((text) => Buffer.byteLength(text)), [1024, 2048]);
});

test('a version is in the range that a package declares, or is not', () => {
  assert.equal(satisfies('v24.1.0', '>=22.19.0'), true);
  assert.equal(satisfies('v22.18.9', '>=22.19.0'), false);
  assert.equal(satisfies('v20.20.2', '^20.9 || >= 22'), true);
  assert.equal(satisfies('v21.0.0', '^20.9 || >=22'), false);
  assert.equal(satisfies('v18.0.0', '>=16 <18'), false);
  assert.equal(satisfies('v18.0.0', ''), true);
});

test('a list of CPUs is read with its ranges', () => {
  assert.deepEqual(parseCpuList('0-2,8\n'), [0, 1, 2, 8]);
  assert.deepEqual(parseCpuList(''), []);
});

test('clients are chosen by id and by group, and a wrong name is an error', () => {
  assert.deepEqual(selectClients(['ours']).map((c) => c.id), ['ours-off', 'ours-adaptive', 'ours-all', 'ours-fetch']);
  assert.deepEqual(selectClients(['go']).map((c) => c.id), ['go']);
  assert.throws(() => selectClients(['curl']), /no such client: curl/);
});

test('only a whole run writes results.md unless it is told to', () => {
  assert.equal(parseOptions([]).writesResults, true);
  assert.equal(parseOptions(['--quick']).writesResults, false);
  assert.equal(parseOptions(['--only', 'big']).writesResults, false);
  assert.equal(parseOptions(['--quick', '--write']).writesResults, true);
  assert.throws(() => parseOptions(['--rounds', 'many']), /--rounds/);
});

test('tables are aligned on a terminal and escaped in Markdown', () => {
  const table = { header: ['a', 'value'], rows: [['long | name', '1']] };
  assert.equal(alignedTable(table), 'a             value\n-----------   -----\nlong | name       1');
  assert.equal(markdownTable(table), '| a | value |\n| :-- | --: |\n| long \\| name | 1 |');
});
