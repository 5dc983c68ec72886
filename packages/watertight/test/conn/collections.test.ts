/** The memory of a large body's chunks is collected young: a download does not make V8 collect the whole heap again and again. */

import assert from 'node:assert/strict';
import { constants, PerformanceObserver, type NodeGCPerformanceDetail, type PerformanceEntry } from 'node:perf_hooks';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFetch } from 'watertight';
import { startChildServer } from '../fixtures/child-server.js';
import { onLoopback } from '../fixtures/loopback.js';

const BYTES = 1 << 30;
/** Without help it is 16 and more, one for each 64 MiB at most. */
const ALLOWED = 8;

/** On a busy machine the collector falls behind; a client that does not help never has few. */
const ATTEMPTS = 4;

async function fewestFullCollections(act: () => Promise<void>): Promise<number> {
  let fewest = Infinity;
  for (let attempt = 0; attempt < ATTEMPTS && fewest > ALLOWED; attempt++) fewest = Math.min(fewest, await fullCollectionsWhile(act));
  return fewest;
}

async function fullCollectionsWhile(act: () => Promise<void>): Promise<number> {
  let count = 0;
  const see = (entries: PerformanceEntry[]): void => {
    count += entries.filter((entry) => (entry as PerformanceEntry & { detail: NodeGCPerformanceDetail }).detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR).length;
  };
  const observer = new PerformanceObserver((list) => see(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  await act();
  // Entries are told some turns later.
  await sleep(20);
  see(observer.takeRecords());
  observer.disconnect();
  return count;
}

async function endless(t: TestContext): Promise<string> {
  const server = await startChildServer('fixtures/endless-server.js');
  t.after(() => server.stop());
  return `${server.origin}/body`;
}

/** The program's own heap, so large that V8's limit is near. */
const objects = Array.from({ length: 20_000 }, (_, index) => ({ index, list: [index] }));

async function take(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  let left = BYTES;
  for await (const chunk of chunks) if ((left -= chunk.length) <= 0) break;
}

test('a gigabyte by get is not collected with the whole heap each time', onLoopback(async (net, t) => {
  const url = await endless(t);
  const { client } = net.client();
  const count = await fewestFullCollections(async () => take((await client.get(url)).body));
  assert.ok(count <= ALLOWED, `${count} full collections, with ${objects.length} objects in the heap`);
}));

test('nor is a gigabyte by fetch, whose chunks have memory of their own', onLoopback(async (net, t) => {
  const url = await endless(t);
  const fetch = createFetch({ client: net.client().client });
  const count = await fewestFullCollections(async () => take((await fetch(url)).body!));
  assert.ok(count <= ALLOWED, `${count} full collections, with ${objects.length} objects in the heap`);
}));
