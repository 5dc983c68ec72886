/** When a profile is taken. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantsProfile, type PaceState } from '#monitor';

const settings = { interval: 10_000, profileInterval: 300_000 };
const AT = 1_800_000_000_000;

function wanted(age: number, changes: Partial<PaceState> = {}): boolean {
  return wantsProfile(settings, { at: AT, value: 100, start: 1, profile: { at: AT - age, value: 100, start: 1 }, suspected: false, ...changes });
}

test('at the first scrape of each process', () => {
  assert.equal(wanted(0, { profile: null }), true);
  assert.equal(wanted(10_000, { start: 2 }), true);
});

test('now and then while all is well', () => {
  assert.equal(wanted(290_000), false);
  assert.equal(wanted(300_000), true);
});

test('soon when something is suspected, but not at every scrape', () => {
  assert.equal(wanted(20_000, { suspected: true }), false);
  assert.equal(wanted(30_000, { suspected: true }), true);
});

test('soon when the count has risen by a tenth since, and by more than a few', () => {
  assert.equal(wanted(30_000, { value: 109 }), false);
  assert.equal(wanted(30_000, { value: 110 }), true);
  assert.equal(wanted(30_000, { value: 1050, profile: { at: AT - 30_000, value: 1000, start: 1 } }), false);
  assert.equal(wanted(30_000, { value: 12, profile: { at: AT - 30_000, value: 5, start: 1 } }), false);
});

test('each minute where somebody may have come and stayed, or the count has crept up', () => {
  assert.equal(wanted(50_000, { growing: true }), false);
  assert.equal(wanted(60_000, { growing: true }), true);
  assert.equal(wanted(60_000, { value: 103, lowest: 101 }), true);
  assert.equal(wanted(60_000, { value: 103, lowest: 99 }), false);
});

test('no more often than it may cost the target: one part in a hundred of its time', () => {
  assert.equal(wanted(90_000, { suspected: true, cost: 1000 }), false);
  assert.equal(wanted(100_000, { suspected: true, cost: 1000 }), true);
  assert.equal(wanted(300_000, { cost: 4000 }), false);
});
