/** What is said of a target, from its count, from what profiles prove, and from its groups. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judge, type Evidence, type Findings, type WatchedGroup } from '#monitor';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
const HEALTHY = { leaking: false, since: null, perHour: 0, confidence: 0.5, reason: 'Nothing climbs.', limitAt: null };
const UNREAD: Evidence = { since: NOW - HOUR, perHour: 20, climbPerHour: 20, confidence: 0.9, reason: 'Bodies are unread.' };
const FINDINGS: Findings = { count: HEALTHY, evidence: null, groups: [], value: 400, at: NOW, limit: 1000 };

function group(perHour: number, since: number, confidence = 0.95): WatchedGroup {
  const shape = { top: 'main.fetch', site: { function: 'main.fetch', file: '/srv/main.go', line: 7, address: '' }, state: null, frames: [] };
  return { id: 1, key: 'main.fetch', shape, count: 50, growth: 40, verdict: { leaking: true, since, perHour, confidence, reason: 'It has climbed.' } };
}

describe('when the limit is met', () => {
  test('by a leak that profiles prove: at its pace, from the count as it is', () => {
    assert.equal(judge({ ...FINDINGS, evidence: UNREAD }).limitAt, NOW + 30 * HOUR);
  });

  test('now, where it is met already', () => {
    assert.equal(judge({ ...FINDINGS, evidence: UNREAD, value: 1200 }).limitAt, NOW);
  });

  test('never, without a limit, without a climb, and by what is given back when it is collected', () => {
    assert.equal(judge({ ...FINDINGS, evidence: UNREAD, limit: null }).limitAt, null);
    assert.equal(judge({ ...FINDINGS, evidence: { ...UNREAD, climbPerHour: 0 } }).limitAt, null);
    assert.equal(judge(FINDINGS).limitAt, null);
  });

  test('not in sight, where it is further away than anything can be said of: it is a time that can be written', () => {
    for (const limit of [1e9, 1e15, Number.MAX_SAFE_INTEGER]) {
      assert.equal(judge({ ...FINDINGS, evidence: UNREAD, limit }).limitAt, null, String(limit));
      assert.equal(judge({ ...FINDINGS, limit, count: { ...HEALTHY, leaking: true, since: NOW, perHour: 0.1, limitAt: NOW + limit * 10 * HOUR } }).limitAt, null, String(limit));
    }
  });
});

describe('groups that leak', () => {
  test('make the target one that leaks, and say that the count hides it; what they grow by adds up', () => {
    const verdict = judge({ ...FINDINGS, groups: [group(4, NOW - 20 * HOUR), group(2, NOW - 30 * HOUR, 0.99)] });
    assert.deepEqual(
      [verdict.leaking, verdict.perHour, verdict.since, verdict.confidence, verdict.limitAt],
      [true, 6, NOW - 30 * HOUR, 0.99, NOW + 100 * HOUR],
    );
    assert.equal(verdict.reason, 'The tasks in main.fetch (/srv/main.go:7) leak, which the count as a whole hides. It has climbed.');
  });

  test('have no say where the count itself is judged to leak, or a profile proves it', () => {
    const count = { leaking: true, since: NOW - 5 * HOUR, perHour: 9, confidence: 0.8, reason: 'It climbs.', limitAt: NOW + 2 * HOUR };
    assert.equal(judge({ ...FINDINGS, count, groups: [group(4, NOW)] }).reason, 'It climbs.');
    assert.equal(judge({ ...FINDINGS, evidence: UNREAD, groups: [group(4, NOW)] }).reason, 'Bodies are unread.');
    assert.equal(judge({ ...FINDINGS, count, evidence: UNREAD }).reason, 'It climbs. Bodies are unread.');
  });
});
