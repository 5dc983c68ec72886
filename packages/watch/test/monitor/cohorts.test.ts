/** The cohorts of a process: which groups come and do not leave. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cohorts, evidenceOf, type SeenGroup } from '#monitor';

const MINUTE = 60_000;

/** Unread bodies of a Node service, by number: those whose line was recorded, and those whose line was not. */
function bodies(recorded: readonly number[], unrecorded: readonly number[], at: number): SeenGroup[] {
  const group = (ids: readonly number[], functions: readonly string[]): SeenGroup => ({
    frames: functions.map((name) => ({ function: name, file: name === 'preview' ? '/app/preview.js' : '/app/node_modules/watertight/dist/conn/persist-conn.js', line: 1, address: '' })),
    state: 'select',
    labels: {},
    count: ids.length,
    members: ids.map((id) => ({ id, waitMs: at - id * MINUTE })),
  });
  return [group(recorded, ['watertight.(*persistConn).readLoop', 'preview']), group(unrecorded, ['watertight.(*persistConn).readLoop'])];
}

/** A body stays each minute, for ten; the line of each is recorded where `isRecorded` says so. */
function after(isRecorded: (id: number) => boolean): Cohorts {
  const cohorts = new Cohorts(1);
  for (let look = 0; look < 10; look++) {
    const ids = Array.from({ length: look }, (_, index) => index + 1);
    cohorts.take((look + 1) * MINUTE, 1, bodies(ids.filter(isRecorded), ids.filter((id) => !isRecorded(id)), (look + 1) * MINUTE));
  }
  return cohorts;
}

/** What is found: the function that is furthest out, how many came and stayed, and whether they are among others. */
const found = (cohorts: Cohorts): unknown[] => cohorts.remaining().map(({ frames, stayed, isPart }) => [frames?.at(-1)?.function, stayed, isPart]);

test('a line that leaks is found as a part of all unread bodies', () => {
  assert.deepEqual(found(after(() => true)), [
    ['preview', 9, true],
    ['watertight.(*persistConn).readLoop', 9, false],
  ]);
});

test('of bodies of which some have their line and some do not, all together are found', () => {
  // The first of a host are recorded, and a sample of the others.
  assert.deepEqual(found(after((id) => id <= 3)), [['watertight.(*persistConn).readLoop', 9, false]]);
});

test('the pace of a leak is that of all bodies, also where a line has some of them', () => {
  const evidence = evidenceOf([{ at: 10 * MINUTE, start: 1, proven: 0, cost: 0, connections: [] }], after((id) => id % 2 === 0).remaining());
  // A body a minute, with two loops each.
  assert.deepEqual([evidence?.perHour, evidence?.since], [120, MINUTE]);
});

test('connections of a Go program that nobody uses are no part of those whose body nobody reads', () => {
  const cohorts = new Cohorts(1);
  const group = (ids: readonly number[], state: string, functions: readonly string[], at: number): SeenGroup => ({
    frames: functions.map((name) => ({ function: name, file: '', line: 1, address: '' })),
    state,
    labels: {},
    count: ids.length,
    members: ids.map((id) => ({ id, waitMs: at - (id % 1000) * MINUTE })),
  });
  for (let look = 0; look < 20; look++) {
    const at = (look + 1) * MINUTE;
    const ids = Array.from({ length: look }, (_, index) => index + 1);
    cohorts.take(at, 1, [group(ids, 'select', ['net/http.(*persistConn).readLoop'], at), group(ids.map((id) => id + 1000), 'IO wait', ['bufio.(*Reader).Peek', 'net/http.(*persistConn).readLoop'], at)]);
  }
  assert.deepEqual(cohorts.remaining().map(({ way, isPart }) => [way, isPart]).sort(), [
    ['pooled', false],
    ['sealed', false],
  ]);
});
