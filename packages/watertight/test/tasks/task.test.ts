/** A task's record: its id, its state and since when, and who started it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureTrace, now, Task, toEpoch } from '#tasks';
import { markedLine } from './marked-line.js';

test('ids ascend and are never given twice', () => {
  const ids = Array.from({ length: 5 }, () => new Task('program', 'one', 'running', null).id);
  assert.deepEqual([...ids].sort((a, b) => a - b), ids);
  assert.equal(new Set(ids).size, 5);
});

test('`since` says since when the task is in its state', () => {
  const task = new Task('connection', 'readLoop', 'io wait', null);
  const { since } = task;
  assert.ok(Math.abs(since - toEpoch(now())) < 60_000);
  task.setState('select', now() + 5000);
  assert.equal(task.state, 'select');
  assert.ok(task.since >= since + 5000);
});

test('a task without labels has none, and can be given none', () => {
  const task = new Task('program', 'plain', 'running', null);
  assert.deepEqual(task.labels, {});
  assert.throws(() => {
    (task.labels as Record<string, string>).host = 'example.com';
  }, TypeError);
});

test('createdBy is the line that started it, null where that was not recorded', () => {
  const start = (): Task => new Task('program', 'sited', 'running', captureTrace(start));
  const task = start(); // at: start
  const { file, line } = markedLine(import.meta.url, 'start');
  assert.deepEqual({ file: task.createdBy?.file, line: task.createdBy?.line }, { file, line });
  assert.equal(new Task('program', 'unsited', 'running', null).createdBy, null);
});
