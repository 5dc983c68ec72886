/** Where the functions are that the library's own tasks run. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import 'watertight';
import { defineEntry, entryOf } from '#tasks';

for (const [task, type] of [
  ['readLoop', '(*persistConn)'],
  ['writeLoop', '(*persistConn)'],
  ['dialConn', '(*Transport)'],
]) {
  test(`the entry of ${task} is the line of the library's source that says so`, () => {
    const entry = entryOf(task);
    assert.ok(entry !== null);
    assert.equal(entry.function, `watertight.${type}.${task}`);
    assert.ok(readFileSync(entry.file, 'utf8').split('\n')[entry.line - 1].includes(entry.function), `${entry.file}:${entry.line}`);
    assert.deepEqual(entryOf(task), entry, 'the second look sees the same');
  });
}

test('an unknown task has no entry, and a defined one has its line', () => {
  assert.equal(entryOf('nobody said'), null);
  defineEntry('test task', 'test.run');
  assert.match(entryOf('test task')?.file ?? '', /entry-function\.test\.ts$/);
});
