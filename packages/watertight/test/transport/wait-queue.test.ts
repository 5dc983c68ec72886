/** The order of those that wait: first come, first served, whoever gave up passed over. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitQueue } from '#transport';

interface Waiting {
  id: number;
  waiting: boolean;
}

function drain(queue: WaitQueue<Waiting>): number[] {
  const ids: number[] = [];
  for (let next = queue.shift(); next !== null; next = queue.shift()) ids.push(next.id);
  return ids;
}

test('first come, first served', () => {
  const queue = new WaitQueue<Waiting>();
  assert.equal(queue.shift(), null);
  for (let id = 0; id < 200; id++) queue.push({ id, waiting: true });
  assert.equal(queue.shift()?.id, 0);
  queue.push({ id: 200, waiting: true });
  assert.deepEqual(drain(queue), Array.from({ length: 200 }, (_, i) => i + 1));
});

test('who gave up is passed over', () => {
  const queue = new WaitQueue<Waiting>();
  const all = Array.from({ length: 10 }, (_, id) => ({ id, waiting: true }));
  for (const each of all) queue.push(each);
  for (const id of [0, 3, 9]) all[id].waiting = false;
  assert.deepEqual(drain(queue), [1, 2, 4, 5, 6, 7, 8]);
});

test('a look at the next one takes nobody out', () => {
  const queue = new WaitQueue<Waiting>();
  assert.equal(queue.peek(), null);
  const all = Array.from({ length: 3 }, (_, id) => ({ id, waiting: true }));
  for (const each of all) queue.push(each);
  all[0].waiting = false;
  assert.equal(queue.peek()?.id, 1);
  assert.deepEqual(drain(queue), [1, 2]);
  queue.push({ id: 3, waiting: false });
  assert.equal(queue.peek(), null);
  queue.push({ id: 4, waiting: true });
  assert.deepEqual(drain(queue), [4]);
});

test('those that gave up do not pile up', () => {
  const queue = new WaitQueue<Waiting>();
  const first = { id: -1, waiting: true };
  queue.push(first);
  for (let id = 0; id < 10_000; id++) queue.push({ id, waiting: false });
  const held = (queue as unknown as { items: unknown[] }).items.length;
  assert.ok(held < 200, `${held} are held`);
  assert.equal(queue.shift(), first);
  assert.equal(queue.shift(), null);
});
