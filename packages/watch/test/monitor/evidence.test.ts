/** What profiles prove, in words and figures. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evidenceOf, type Look, type Remaining } from '#monitor';

const BEGIN = 1_800_000_000_000;
const MINUTE = 60_000;
const LOOK: Look = { at: BEGIN, start: 1, proven: 0, cost: 0, connections: []};
const SENDERS: Remaining = { key: 'a', way: 'sealed', count: 9, top: 'main.work', frames: null, since: BEGIN, lastAt: BEGIN + 10 * MINUTE, stayed: 6, generations: 5, left: 0, longestLife: 0, perHour: 36, score: 6, isPart: false };

describe('a leak', () => {
  test('is tasks that come and stay', () => {
    assert.deepEqual(evidenceOf([LOOK], [SENDERS]), {
      since: BEGIN,
      perHour: 36,
      climbPerHour: 36,
      confidence: 0.99,
      reason: 'In 10 min, 6 tasks have come to main.work, in 5 looks one after the other, and none has left.',
    });
  });

  test('beside others that leave', () => {
    assert.match(evidenceOf([LOOK], [{ ...SENDERS, left: 40, longestLife: 3 * MINUTE }])?.reason ?? '', /none of them has left, while 40 others have, all within 3 min\.$/);
  });

  test('of several groups began with the first, and climbs by all: a connection has two tasks', () => {
    const bodies = { ...SENDERS, top: 'net/http.(*persistConn).readLoop', since: BEGIN - MINUTE, perHour: 10 };
    const evidence = evidenceOf([LOOK], [SENDERS, bodies]);
    assert.deepEqual([evidence?.since, evidence?.perHour], [BEGIN - MINUTE, 56]);
  });

  test('is one response that was garbage-collected unfinished', () => {
    const evidence = evidenceOf([LOOK, { ...LOOK, at: BEGIN + MINUTE, proven: 1 }], []);
    assert.match(evidence?.reason ?? '', /^1 response was garbage-collected/);
    assert.deepEqual([evidence?.since, evidence?.perHour, evidence?.climbPerHour], [BEGIN + MINUTE, 60, 0]);
  });
});

describe('no leak', () => {
  test('is nothing at all', () => assert.equal(evidenceOf([], []), null));
  test('is what a process did that has ended', () => assert.equal(evidenceOf([{ ...LOOK, proven: 3 }, { ...LOOK, at: BEGIN + MINUTE, start: 2 }], []), null));
});
