/** Grouping equal stacks and comparing profiles, of equal and of different forms. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffProfiles, groupStacks, parseProfile, type Profile } from 'watertight/pprof';
import { recorded } from '../read/recordings.js';

const goroutines = (...stacks: [count: number, status: string, name: string, line: number, creator?: string][]): Profile =>
  parseProfile(
    stacks
      .flatMap(([count, status, name, line, creator]) =>
        Array<string>(count).fill(`goroutine 9 [${status}]:\n${name}(0x1)\n\ta.go:${line} +0x1\n${creator === undefined ? '' : `created by ${creator} in goroutine 1\n\ta.go:99 +0x1\n`}`),
      )
      .join('\n'),
  );
const rows = (before: Profile, after: Profile): [string, number, number, number][] =>
  diffProfiles(before, after).rows.map((row) => [row.frames[0].function, row.before, row.after, row.delta]);

test('rows: largest growth first, then the larger, then by name; unchanged, new and gone ones too', () => {
  const before = goroutines([5, 'select', 'main.gone', 1], [2, 'select', 'main.grows', 2], [30, 'select', 'main.same', 3], [30, 'select', 'main.alike', 3]);
  const after = goroutines([30, 'select', 'main.same', 3], [30, 'select', 'main.alike', 3], [9, 'select', 'main.grows', 2], [7, 'select', 'main.new', 4]);
  const expected = [['main.grows', 2, 9, 7], ['main.new', 0, 7, 7], ['main.alike', 30, 30, 0], ['main.same', 30, 30, 0], ['main.gone', 5, 0, -5]];
  assert.deepEqual(rows(before, after), expected);
  const { before: was, after: is, delta, totals, kind } = diffProfiles(before, after);
  assert.deepEqual([was, is, delta, kind], [67, 76, 9, 'goroutine']);
  assert.deepEqual(totals, [{ before: 67, after: 76, delta: 9 }]);
});

test('a profile and itself: nothing has changed', () => {
  const profile = recorded('go1.27', 'no-header-timeout', 'after', 2);
  const diff = diffProfiles(profile, profile);
  assert.ok(diff.rows.length > 2);
  assert.ok(diff.rows.every((row) => row.delta === 0));
  assert.equal(diff.delta, 0);
});

test('the same rows in the same order, whatever order the goroutines come in', () => {
  const a = goroutines([1, 'select', 'main.a', 1], [1, 'select', 'main.b', 1], [1, 'select', 'main.c', 1]);
  const b = goroutines([1, 'select', 'main.c', 1], [1, 'select', 'main.a', 1], [1, 'select', 'main.b', 1]);
  assert.deepEqual(rows(a, b), rows(b, a));
});

test('a stack whose states or creators differ is one row without them', () => {
  const [group, ...others] = groupStacks(goroutines([2, 'select, 5 minutes', 'main.f', 1, 'main.a'], [3, 'runnable', 'main.f', 1, 'main.a'], [1, 'select', 'main.f', 1, 'main.b']));
  assert.deepEqual(others, []);
  assert.deepEqual([group.values, group.state, group.createdBy, group.waitMs], [[6], null, null, 300_000]);
  const [same] = groupStacks(goroutines([2, 'select', 'main.f', 1, 'main.a'], [3, 'select, locked to thread', 'main.f', 1, 'main.a']));
  assert.deepEqual([same.values, same.state, same.createdBy?.function, same.annotations], [[5], 'select', 'main.a', []]);
});

test('labels: shared ones are told, and on request all are told apart', () => {
  const profile = recorded('go1.27', 'labels', 'after', 1);
  const labelled = groupStacks(profile).filter((group) => group.values[0] === 8);
  assert.deepEqual(labelled.map(({ labels }) => Object.keys(labels)), [['odd "key"]:', 'tenant']]);
  const apart = groupStacks(profile, { labels: true });
  assert.deepEqual(apart.filter((group) => group.values[0] === 4).map(({ labels }) => labels.path), ['/report/0', '/report/1']);
  const before = recorded('go1.27', 'labels', 'before', 1);
  assert.deepEqual(diffProfiles(before, profile, { labels: true }).rows.slice(0, 2).map((row) => [row.labels.path, row.delta]), [['/report/0', 3], ['/report/1', 3]]);
});

test('lines that have moved are other stacks, or, by function, the same', () => {
  const before = goroutines([2, 'select', 'main.f', 10]);
  const after = goroutines([2, 'select', 'main.f', 11]);
  assert.deepEqual(rows(before, after), [['main.f', 0, 2, 2], ['main.f', 2, 0, -2]]);
  assert.deepEqual(diffProfiles(before, after, { by: 'function' }).rows.map((row) => row.delta), [0]);
});

test('forms, addresses and what each form leaves out make no difference', () => {
  for (const [a, b] of [[0, 1], [0, 2], [1, 2], [2, 0]]) {
    const diff = diffProfiles(recorded('go1.27', 'unread-body', 'before', a), recorded('go1.27', 'unread-body', 'after', b));
    assert.deepEqual(diff.rows.slice(0, 2).map((row) => [row.frames[0].function, row.before, row.after]), [
      ['net/http.(*persistConn).readLoop', 2, 8],
      ['net/http.(*persistConn).writeLoop', 2, 8],
    ]);
  }
});

test('the runtime\'s own frames are left out: all of them innermost, elsewhere the unexported ones, never all', () => {
  const stack = (...names: string[]): string[] => groupStacks(parseProfile(`goroutine 1 [running]:\n${names.map((name) => `${name}()\n\truntime/panic.go:1\n`).join('')}`))[0].frames.map((frame) => frame.function);
  assert.deepEqual(stack('runtime.Gosched', 'internal/runtime/syscall.Syscall6', 'main.f', 'panic', 'runtime.gopanic', 'runtime.Goexit', 'main.g', 'runtime.main'), ['main.f', 'runtime.Goexit', 'main.g']);
  assert.deepEqual(stack('runtime.gopark', 'runtime.main'), ['runtime.gopark', 'runtime.main']);
});

test('type arguments, which forms write differently, are not compared', () => {
  const names = (debug: number): string[] => groupStacks(recorded('go1.27', 'chan-receive', 'after', debug)).map((group) => group.frames[0].function);
  assert.ok(names(0).includes('main.(*pool[go.shape.string]).work') && names(1).includes('main.(*pool[...]).work'));
  assert.equal(diffProfiles(recorded('go1.27', 'chan-receive', 'before', 0), recorded('go1.27', 'chan-receive', 'after', 1)).rows[0].delta, 6);
});

test('several values: each is compared, rows are sorted by the count', () => {
  const profile = (main: number, held: number): Profile => ({
    ...goroutines([main, 'select', 'main.f', 1]),
    sampleTypes: [{ type: 'held', unit: 'nanoseconds' }, { type: 'goroutine', unit: 'count' }],
    mainType: 1,
    totals: [held, main],
    samples: goroutines([main, 'select', 'main.f', 1]).samples.map((sample) => ({ ...sample, values: [held, main] })),
  });
  const diff = diffProfiles(profile(1, 50), profile(3, 20));
  assert.deepEqual([diff.mainType, diff.rows[0].delta, diff.rows[0].values.map((value) => value.delta), diff.totals.map((total) => total.delta)], [1, 2, [-30, 2], [-30, 2]]);
  // Compared with a form that has the count only.
  const counted = diffProfiles(goroutines([1, 'select', 'main.f', 1]), profile(3, 20));
  assert.deepEqual([counted.sampleTypes.length, counted.delta], [1, 2]);
});

test('profiles of different things are not compared', () => {
  assert.throws(() => diffProfiles(recorded('go1.19', 'states', 'threadcreate', 1), recorded('go1.19', 'states', 'after', 1)), {
    name: 'ProfileError',
    code: 'ERR_PROFILE_KIND',
    message: /"threadcreate\/count" cannot be compared with one of "goroutine\/count"/,
  });
});

test('a truncated profile makes the comparison one', () => {
  const profile = goroutines([1, 'select', 'main.f', 1]);
  assert.equal(diffProfiles({ ...profile, truncated: true }, profile).truncated, true);
  assert.equal(diffProfiles(profile, profile).truncated, false);
});
