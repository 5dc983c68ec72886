/** Which rule a stack belongs to is remembered by its key; what depends on the profile is asked each time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarizeStacks, type CountedStack } from '../../dist/diagnose/index.js';

const MINUTE = 60_000;

/** A goroutine that waits in a select, which either a ticker wakes or nobody does. */
function waiting(key: string, waitMs: number, labels: Readonly<Record<string, string>> = {}): CountedStack {
  const frames = [{ function: 'main.work', file: '/app/main.go', line: 7, address: '' }];
  return { key, frames, state: 'select', createdBy: null, labels, waitMs, count: 1 };
}

const kindsOf = (stacks: readonly CountedStack[]): (string | undefined)[] => {
  const { groups } = summarizeStacks(stacks, null);
  return stacks.map(({ key }) => groups.find((group) => group.key === key)?.diagnosis?.id);
};

test('a stack that did not wait in one profile, and does in the next, is of another rule', () => {
  const other = waiting('an old one', 10 * MINUTE);
  assert.deepEqual(kindsOf([waiting('mine', 0), other]), ['ticker-loop', 'select']);
  assert.deepEqual(kindsOf([waiting('mine', 5 * MINUTE), other]), ['select', 'select']);
  assert.deepEqual(kindsOf([waiting('mine', 0), other]), ['ticker-loop', 'select']);
});

test('a process that is new says nothing of what has not waited', () => {
  assert.deepEqual(kindsOf([waiting('in a new process', 0)]), ['select']);
  assert.deepEqual(kindsOf([waiting('in a new process', 0), waiting('an old one', 10 * MINUTE)]), ['ticker-loop', 'select']);
});

test('stacks of one key whose labels say another state are of different rules', () => {
  const loop = (state: string): CountedStack => ({
    ...waiting('a connection', 0, { host: 'api.test', state, verdict: 'held' }),
    state: null,
    frames: [{ function: 'watertight.(*persistConn).readLoop', file: '/app/node_modules/watertight/dist/conn/persist-conn.js', line: 195, address: '' }],
  });
  assert.deepEqual(kindsOf([loop('io wait')]), ['no-response']);
  assert.deepEqual(kindsOf([loop('select')]), ['unread-body']);
});
