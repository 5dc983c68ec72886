/** Abort signals: one listener a signal, however many requests share it. */

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { onAbort } from '#conn';

test('everybody is told the reason, once', () => {
  const controller = new AbortController();
  const heard: unknown[] = [];
  for (let i = 0; i < 3; i++) onAbort(controller.signal, (reason) => heard.push([i, reason]));
  const reason = new Error('enough');
  controller.abort(reason);
  controller.abort(new Error('again'));
  assert.deepEqual(heard, [[0, reason], [1, reason], [2, reason]]);
});

test('a signal has one listener while somebody listens, none afterwards', () => {
  const { signal } = new AbortController();
  const ends = Array.from({ length: 1000 }, () => onAbort(signal, () => {}));
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  for (const end of ends) end();
  for (const end of ends) end();
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('who has ended is not told, not even by another listener of the same abort', () => {
  const controller = new AbortController();
  const heard: string[] = [];
  const ended = onAbort(controller.signal, () => heard.push('ended'));
  ended();
  onAbort(controller.signal, () => heard.push('stays'));
  controller.abort();
  assert.deepEqual(heard, ['stays']);
});

test('a signal can be listened to again after all have ended', () => {
  const controller = new AbortController();
  onAbort(controller.signal, () => assert.fail())();
  let heard = 0;
  onAbort(controller.signal, () => heard++);
  controller.abort();
  assert.equal(heard, 1);
});
