/** What profiles prove of unread bodies, and what they do not. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evidenceOf, type Look } from '#monitor';

const BEGIN = 1_800_000_000_000;

/** Looks ten seconds apart. */
function looks(...unread: number[]): Look[] {
  return unread.map((each, index) => ({ at: BEGIN + index * 10_000, start: 1, value: 5 + 2 * each, unread: each, waitMs: 0, proven: 0 }));
}

describe('a leak', () => {
  test('is a climb that never falls, however slow', () => {
    const evidence = evidenceOf(looks(0, 1, 1, 2, 4, 5, 6));
    assert.equal(evidence?.since, BEGIN);
    assert.equal(evidence?.perHour, 720, 'tasks, two to a body');
    assert.match(evidence?.reason ?? '', /^Unread response bodies went from 0 to 6 in 1 min, and in 7 looks never fell\.$/);
  });

  test('that began later is dated to where the climb began', () => {
    assert.equal(evidenceOf(looks(3, 0, 2, 4, 6, 8, 10))?.since, BEGIN + 10_000);
  });

  test('is one response that was garbage-collected unfinished', () => {
    const evidence = evidenceOf([{ at: BEGIN, start: 1, value: 5, unread: 0, waitMs: 0, proven: 1 }]);
    assert.match(evidence?.reason ?? '', /^1 response was garbage-collected/);
  });

  test('is bodies for which nobody has come for a minute, if they become more', () => {
    const [first, second] = looks(1, 3);
    assert.equal(evidenceOf([first, { ...second, waitMs: 59_000 }]), null);
    assert.match(evidenceOf([first, { ...second, waitMs: 120_000 }])?.reason ?? '', /3 response bodies are unread, the longest for 2 min/);
  });
});

describe('no leak', () => {
  test('is nothing at all', () => assert.equal(evidenceOf([]), null));
  test('are responses in flight, which come and go', () => assert.equal(evidenceOf(looks(3, 7, 2, 9, 4, 12, 5)), null));
  test('is a load that rises, as long as it falls in between', () => assert.equal(evidenceOf(looks(1, 3, 2, 5, 4, 8, 7, 11, 9)), null));
  test('are unread bodies that do not become more', () => assert.equal(evidenceOf(looks(8, 8, 8, 8, 8, 8, 8, 8)), null));
  test('is one step', () => assert.equal(evidenceOf(looks(0, 0, 0, 20, 20, 20, 20, 20)), null));
  test('is what a process did that has ended', () => {
    const old = looks(0, 2, 4, 6, 8, 10, 12);
    assert.notEqual(evidenceOf(old), null);
    assert.equal(evidenceOf([...old, { at: BEGIN + 80_000, start: 2, value: 5, unread: 0, waitMs: 0, proven: 0 }]), null);
  });
  test('is one long download', () => assert.equal(evidenceOf(looks(1, 1).map((look) => ({ ...look, waitMs: 600_000 }))), null));
});
