/** go(): the program's own work as a task, from its start to its end. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { go, taskCount, tasks } from 'watertight/tasks';
import { verifyNone } from 'watertight/leak';
import { markedLine } from './marked-line.js';

test('the function runs at once, with its arguments, and its result comes back', async () => {
  const calls: unknown[][] = [];
  const promise = go((a: number, b: number) => {
    calls.push([a, b]);
    return a + b;
  }, 2, 3);
  assert.deepEqual(calls, [[2, 3]]);
  assert.equal(await promise, 5);
  await verifyNone();
});

test('the task is alive until what the function returned has settled', async () => {
  let finish: (value: string) => void = () => {};
  const promise = go(async function load() {
    return new Promise<string>((resolve) => (finish = resolve));
  });
  assert.equal(taskCount(), 2);
  await turn();
  const task = tasks().at(-1);
  assert.deepEqual({ name: task?.name, kind: task?.kind, state: task?.state }, { name: 'load', kind: 'program', state: 'running' });
  finish('done');
  assert.equal(await promise, 'done');
  assert.equal(taskCount(), 1);
  await verifyNone();
});

test('a function that returns a value has ended with the promise', async () => {
  await go(() => 1);
  assert.equal(taskCount(), 1);
});

for (const [how, fn] of [
  ['throws', () => { throw new RangeError('no'); }],
  ['rejects', () => Promise.reject(new RangeError('no'))],
] as const) {
  test(`the task of a function that ${how} ends, and the error is the caller's`, async () => {
    await assert.rejects(go(fn), { name: 'RangeError', message: 'no' });
    assert.equal(taskCount(), 1);
  });
}

test('a foreign thenable is awaited like a promise', async () => {
  assert.equal(await go(() => ({ then: (take: (value: number) => void) => setImmediate(take, 7) }) as unknown as PromiseLike<number>), 7);
  assert.equal(taskCount(), 1);
});

test('a function without a name is called anonymous', async () => {
  const names: (string | undefined)[] = [];
  await go(() => names.push(tasks().at(-1)?.name));
  assert.deepEqual(names, ['anonymous']);
});

test('what is no function is refused before there is a task', () => {
  for (const wrong of [null, undefined, 'fetch', {}]) {
    assert.throws(() => go(wrong as never), { name: 'TypeError', message: /function/ });
  }
  assert.equal(taskCount(), 1);
});

test('createdBy is the line of the go() call, also after an await', async () => {
  await turn();
  const seen = await go(async () => { // at: go
    await turn();
    return tasks().at(-1)?.createdBy;
  });
  const { file, line } = markedLine(import.meta.url, 'go');
  assert.equal(seen?.file, file);
  assert.equal(seen.line, line);
});

test('tasks inside tasks are counted each', async () => {
  const counts: number[] = [];
  await go(async () => {
    counts.push(taskCount());
    await Promise.all([go(() => turn()), go(() => turn()), Promise.resolve().then(() => counts.push(taskCount()))]);
  });
  assert.deepEqual(counts, [2, 4]);
  assert.equal(taskCount(), 1);
});
