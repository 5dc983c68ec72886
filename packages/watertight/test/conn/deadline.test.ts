/** A limit on time: it ends once, and bytes that have arrived win over it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { Deadline } from '#conn';

test('it calls back once, not before its time', async () => {
  const started = performance.now();
  let calls = 0;
  const deadline = new Deadline(20, () => calls++);
  deadline.ref();
  await sleep(5);
  if (performance.now() - started < 15) assert.equal(calls, 0);
  while (calls === 0) await sleep(5);
  assert.ok(performance.now() - started >= 19);
  await sleep(30);
  assert.equal(calls, 1);
});

test('cleared, it never does, also in the turn in which it was due', async () => {
  let calls = 0;
  const early = new Deadline(1, () => calls++);
  early.clear();
  const late = new Deadline(1, () => calls++);
  setTimeout(() => late.clear(), 1);
  const started = performance.now();
  while (performance.now() - started < 20);
  await sleep(20);
  await turn();
  assert.equal(calls, 0);
});
