/** The watch over unfinished responses and what it finds: suspects by their age, proven leaks by the collector. */

import assert from 'node:assert/strict';
import { afterEach, test, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { captureTrace, now, onProven, provenLeaks, unwatch, watch, type ProvenLeak, type Trace, type Watched } from '#tasks';
import { findLeaks } from 'watertight/leak';
import { markedLine } from './marked-line.js';

class Held implements Watched {
  readonly client = 'watertight';
  readonly method = 'GET';
  readonly url = 'http://127.0.0.1/dropped';
  readonly origin = 'http://127.0.0.1';
  readonly status = 200;
  readonly bytesRead = 3;
  readonly contentLength = 5;
  lastReadAt = now();
  awaited = false;
  finished = false;
  lingering = false;
  handle: object | null = null;
  nextFresh: Watched | null = null;
  abandoned = false;
  reclaimed = 0;
  suspected = 0;

  constructor(readonly trace: Trace | null = null, readonly openedAt = now()) {}

  reclaim(): void {
    this.reclaimed++;
    this.finish();
  }

  turnedSuspect(): void {
    this.suspected++;
  }

  finish(): void {
    this.finished = true;
    this.handle = null;
    if (this.lingering) unwatch(this);
  }
}

function open(): Trace {
  return captureTrace(open);
}

/** Collects until `done` holds; the collector's word comes in a later turn. */
async function collectUntil(done: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !done(); i++) {
    globalThis.gc?.();
    await turn();
  }
}

function listen(t: TestContext): (Error & { code?: string })[] {
  const warnings: Error[] = [];
  const take = (warning: Error): unknown => warnings.push(warning);
  process.on('warning', take);
  t.after(() => process.off('warning', take));
  return warnings;
}

// What was proven here is not to be reported by somebody else's check.
afterEach(() => findLeaks().then(() => undefined));

test('a response that nobody holds any more is proven, reclaimed and logged with its line', async (t) => {
  const warnings = listen(t);
  const held = new Held(open()); // at: dropped
  watch(held, {});
  await turn();
  await collectUntil(() => held.reclaimed > 0);
  assert.deepEqual({ reclaimed: held.reclaimed, abandoned: held.abandoned }, { reclaimed: 1, abandoned: true });
  await turn();
  assert.equal(warnings.length, 1);
  assert.equal(warnings[0].name, 'LeakWarning');
  assert.equal(warnings[0].code, 'WATERTIGHT_LEAK');
  const { line } = markedLine(import.meta.url, 'dropped');
  assert.match(warnings[0].message, new RegExp(`^unread body: GET http://127\\.0\\.0\\.1/dropped \\(200\\), 3 of 5 bytes read, held for .*\\n {4}opened at packages/watertight/test/tasks/watch\\.test\\.ts:${line}:`));
});

test('proven leaks of one line are logged once and counted each', async (t) => {
  const warnings = listen(t);
  const before = provenLeaks().length;
  const all = Array.from({ length: 5 }, () => new Held(open()));
  const other = new Held(open());
  for (const held of [...all, other]) watch(held, {});
  await turn();
  await collectUntil(() => [...all, other].every(({ reclaimed }) => reclaimed === 1));
  await turn();
  assert.equal(warnings.length, 2);
  const found = provenLeaks().slice(before);
  assert.equal(found.length, 6);
  const sequences = found.map(({ sequence }) => sequence);
  assert.deepEqual(sequences, [...sequences].sort((a, b) => a - b));
});

test('listeners hear of each proven leak until they end that', async () => {
  const heard: ProvenLeak[] = [];
  const stop = onProven((leak) => heard.push(leak));
  const first = new Held();
  watch(first, {});
  await turn();
  await collectUntil(() => first.reclaimed > 0);
  stop();
  const second = new Held();
  watch(second, {});
  await turn();
  await collectUntil(() => second.reclaimed > 0);
  assert.equal(second.reclaimed, 1);
  assert.equal(heard.length, 1);
  assert.deepEqual({ abandoned: heard[0].abandoned, url: heard[0].url, bytesRead: heard[0].bytesRead }, { abandoned: true, url: first.url, bytesRead: 3 });
});

test('a response that somebody holds is not collected', async () => {
  const held = new Held();
  const handle = { the: 'response' };
  watch(held, handle);
  await turn();
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.();
    await turn();
  }
  assert.equal(held.reclaimed, 0);
  assert.equal(handle.the, 'response');
  held.finish();
});

test('a finished response is left alone, whether it was finished in its turn or later', async () => {
  const soon = new Held();
  watch(soon, {});
  soon.finish();
  const later = new Held();
  watch(later, {});
  await turn();
  assert.equal(soon.lingering, false);
  assert.equal(later.lingering, true);
  later.finish();
  assert.equal(later.lingering, false);
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.();
    await turn();
  }
  assert.equal(soon.reclaimed + later.reclaimed, 0);
});

test('a response without progress for ten seconds turns suspect, once', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const handles = [{}, {}, {}];
  const old = new Held(null, now() - 11_000);
  old.lastReadAt = old.openedAt;
  const young = new Held();
  const awaited = new Held(null, now() - 11_000);
  awaited.lastReadAt = awaited.openedAt;
  awaited.awaited = true;
  [old, young, awaited].forEach((held, i) => watch(held, handles[i]));
  await turn();
  t.mock.timers.tick(1000);
  t.mock.timers.tick(1000);
  assert.deepEqual([old, young, awaited].map(({ suspected }) => suspected), [1, 0, 0]);
  for (const held of [old, young, awaited]) held.finish();
  assert.equal(handles.length, 3);
});
