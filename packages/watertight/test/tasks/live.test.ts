/** The live set: what is in it, in which order, and that it can't be changed from outside. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTask, removeTask, Task, taskCount, tasks } from '#tasks';

test('a program that does nothing has one task, the main one', () => {
  assert.equal(taskCount(), 1);
  const [main] = tasks();
  assert.deepEqual({ id: main.id, kind: main.kind, name: main.name, state: main.state, createdBy: main.createdBy }, { id: 1, kind: 'main', name: 'main', state: 'running', createdBy: null });
});

test('tasks are listed in the order they started, whatever ended between', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => new Task('program', name, 'running', null));
  for (const task of [a, b, c]) addTask(task);
  removeTask(b);
  addTask(b);
  try {
    assert.deepEqual(tasks().map(({ name }) => name), ['main', 'a', 'c', 'b']);
    assert.equal(taskCount(), 4);
  } finally {
    for (const task of [a, b, c]) removeTask(task);
  }
});

test('adding or ending a task twice counts once', () => {
  const task = new Task('program', 'twice', 'running', null);
  addTask(task);
  addTask(task);
  assert.equal(taskCount(), 2);
  removeTask(task);
  removeTask(task);
  assert.equal(taskCount(), 1);
});

test('the list is a copy: emptying it ends nothing', () => {
  const list = tasks() as Task[];
  list.length = 0;
  assert.equal(taskCount(), 1);
  assert.equal(tasks().length, 1);
});

test('adding and ending are O(1): neither looks at the other tasks', (t) => {
  const looked = t.mock.method(Set.prototype, 'forEach');
  const iterated = t.mock.method(Set.prototype, Symbol.iterator as unknown as 'values');
  const all = Array.from({ length: 1000 }, (_, i) => new Task('program', `task ${i}`, 'running', null));
  for (const task of all) addTask(task);
  for (const task of all) removeTask(task);
  assert.equal(looked.mock.callCount() + iterated.mock.callCount(), 0);
  assert.equal(taskCount(), 1);
});
