/** What cohorts say: who came, who left, and whether that is a leak. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { emptyCohort, nextCohort, survivalOf, type CohortOptions, type CohortState, type Habit } from '#detect';

const MINUTE = 60_000;
const BEGIN = 1_800_000_000_000;
const SEALED: Habit = { life: MINUTE / 2, generations: 4, fills: 0 };
const INNER: Habit = { life: 3 * MINUTE, generations: 4, fills: 11.5 * MINUTE };

/** Looks a minute apart, at the ids that are there; nobody was awake, unless `awake` names them. */
function watched(looks: readonly (readonly number[])[], { awake = [] as readonly number[], every = MINUTE, ...options }: CohortOptions & { awake?: readonly number[]; every?: number } = {}): CohortState {
  const first = new Map<number, number>();
  return looks.reduce((cohort: CohortState, ids, look) => {
    const at = BEGIN + (look + 1) * every;
    const members = ids.map((id) => {
      if (!first.has(id)) first.set(id, at);
      return { id, waitMs: awake.includes(id) ? 0 : Math.floor((at - (first.get(id) ?? at)) / MINUTE) * MINUTE };
    });
    return nextCohort(cohort, { at, count: ids.length, members }, options);
  }, emptyCohort(BEGIN, true));
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
/** At look n there are n. */
const growing = (looks: number): number[][] => upTo(looks).map(upTo);

describe('a leak', () => {
  test('is several generations none of which leaves', () => {
    const found = survivalOf(watched(growing(6)), SEALED);
    assert.deepEqual([found?.stayed, found?.generations, found?.left, found?.since], [6, 6, 0, BEGIN]);
    assert.equal(Math.round(found?.perHour ?? 0), 60);
  });

  test('is seen beside others that come and go, as soon as it stays longer than any of them did', () => {
    // Each look has two others, which are gone at the next.
    const looks = growing(14).map((ids, look) => [...ids, 1000 + 2 * look, 1001 + 2 * look]);
    const found = survivalOf(watched(looks), SEALED);
    assert.equal(found?.longestLife, MINUTE);
    assert.equal(found?.left, 26);
  });

  test('of what healthy programs fill up as well is found later', () => {
    assert.equal(survivalOf(watched(growing(10)), INNER), null);
    assert.notEqual(survivalOf(watched(growing(15)), INNER), null);
  });

  test('that was found stands while fewer come, and ends when they leave', () => {
    const pause = [...growing(8), ...Array.from({ length: 30 }, () => upTo(8))];
    assert.equal(survivalOf(watched(pause), SEALED), null);
    assert.notEqual(survivalOf(watched(pause), SEALED, { isStanding: true }), null);
    assert.equal(survivalOf(watched([...pause, [8]]), SEALED, { isStanding: true }), null);
  });

  test('is found in a demonstration as many times sooner as its time is faster', () => {
    assert.equal(survivalOf(watched(growing(6), { every: MINUTE / 20 }), SEALED), null);
    assert.notEqual(survivalOf(watched(growing(6), { every: MINUTE / 20 }), SEALED, { scale: 20 }), null);
  });

  test('is counted where a profile does not name tasks, as long as the count never falls', () => {
    const counted = (...counts: number[]): CohortState => counts.reduce((cohort: CohortState, count, look) => nextCohort(cohort, { at: BEGIN + (look + 1) * MINUTE, count, members: null }), emptyCohort(BEGIN, false));
    assert.equal(survivalOf(counted(5, 7, 8, 8, 9, 12), SEALED)?.stayed, 12);
    assert.equal(survivalOf(counted(5, 7, 8, 7, 9, 12), SEALED), null);
  });
});

describe('no leak', () => {
  test('are tasks that came in one go, however many and however long ago', () => {
    assert.equal(survivalOf(watched(Array.from({ length: 60 }, () => upTo(500))), SEALED), null);
  });

  test('are those that leave after a while, even though it is long', () => {
    const looks = upTo(60).map((look) => upTo(60).filter((id) => id <= look && id > look - 20));
    for (let length = 20; length <= 60; length++) assert.equal(survivalOf(watched(looks.slice(0, length)), { ...SEALED, life: 60 * MINUTE }), null);
    assert.equal(survivalOf(watched(looks), SEALED), null, 'nobody is older than one that has left');
  });

  test('is what was awake, where it waits for one thing only', () => {
    assert.notEqual(survivalOf(watched(growing(12), { awake: upTo(12) }), SEALED), null);
    assert.equal(survivalOf(watched(growing(12), { awake: upTo(12), isLeftByStirring: true }), SEALED), null);
  });

  test('is a pool some of whose workers are used', () => {
    assert.equal(survivalOf(watched(growing(15), { awake: [1, 2, 3, 4] }), INNER), null);
    assert.notEqual(survivalOf(watched(growing(15), { awake: upTo(15) }), INNER), null, 'all are awake by a ticker');
  });

  test('is a cache that is filled ever more slowly', () => {
    const sizes = upTo(40).map((look) => Math.round(60 * (1 - Math.exp(-look / 8))));
    for (let length = 1; length <= 40; length++) assert.equal(survivalOf(watched(sizes.slice(0, length).map(upTo)), INNER), null, String(length));
  });

  test('are connections whose bodies have a reader', () => {
    assert.equal(survivalOf(watched(growing(12)), SEALED, { spared: 12 }), null);
    assert.equal(survivalOf(watched(growing(12)), SEALED, { spared: 4 })?.stayed, 8);
  });
});

test('a cohort is plain data, and bounded', () => {
  const cohort = watched(growing(300), { every: 1000 });
  assert.deepEqual(JSON.parse(JSON.stringify(cohort)), cohort);
  assert.ok(cohort.generations.length <= 240);
  assert.equal(cohort.generations.reduce((sum, { alive }) => sum + alive, 0), 300);
});
