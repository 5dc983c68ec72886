/** Heap profiles: who allocated what is alive, as Go's tools read it. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { Session } from 'node:inspector';
import { afterEach, test } from 'node:test';
import { promisify } from 'node:util';
import { parseProfile, pprofHandler, type Profile } from 'watertight/pprof';
import { HEAP_PERIOD, objectsOf, stopHeapSampling } from '#pprof';
import { markedLine } from '../../tasks/marked-line.js';
import { withEndpoint, type EndpointServer } from '../serve/endpoint-server.js';
import { asFiles, rowsOf, withoutGo } from '../go-tool.js';

const run = promisify(execFile);

afterEach(stopHeapSampling);

function hoard(count: number): object[] { // at: hoard
  const kept: object[] = [];
  for (let i = 0; i < count; i++) kept.push({ a: i, b: null, c: null, d: null, e: null });
  return kept;
}

async function heap(server: EndpointServer, path = '/debug/pprof/heap'): Promise<{ profile: Profile; bytes: Buffer }> {
  const { status, bytes } = await server.get(path);
  assert.equal(status, 200, bytes.toString());
  return { profile: parseProfile(bytes), bytes };
}

function held({ samples }: Profile, name: string): number[] {
  return samples.filter(({ frames }) => frames[0].function === name).reduce(([objects, bytes], { values }) => [objects + values[0], bytes + values[1]], [0, 0]);
}

test('what lives is at the function that allocated it, in objects and bytes', withEndpoint(() => pprofHandler(), async (server) => {
  await heap(server);
  const count = 500_000;
  const kept = hoard(count);
  const { profile, bytes } = await heap(server);
  assert.equal(profile.kind, 'space');
  assert.deepEqual(profile.sampleTypes, [{ type: 'inuse_objects', unit: 'count' }, { type: 'inuse_space', unit: 'bytes' }]);
  assert.deepEqual(profile.period, { type: 'space', unit: 'bytes', value: HEAP_PERIOD });
  const [objects, space] = held(profile, 'hoard');
  // About 60 samples: what is beyond five of their standard deviations does not happen.
  assert.ok(objects > count * 0.3 && objects < count * 1.7, `${objects} objects`);
  assert.ok(space > count * 64 * 0.3, `${space} bytes`);
  const { file, line } = markedLine(import.meta.url, 'hoard');
  const frame = profile.samples.flatMap(({ frames }) => frames).find((each) => each.function === 'hoard');
  assert.deepEqual([frame?.file, frame?.line], [file, line]);
  assert.equal(kept.length, count);
  if (withoutGo !== false) return;
  await asFiles({ bytes }, async (paths) => {
    const top = (await run('go', ['tool', 'pprof', '-top', paths.bytes])).stdout;
    assert.match(top, /^Type: inuse_space$/m);
    assert.equal(rowsOf(top)[0].name, 'hoard');
    assert.equal(rowsOf((await run('go', ['tool', 'pprof', '-top', '-sample_index=inuse_objects', paths.bytes])).stdout)[0].name, 'hoard');
  });
}));

test('what was let go is not in it, and over a while it is the difference', withEndpoint(() => pprofHandler({ heapSampling: true }), async (server) => {
  await heap(server, '/debug/pprof/allocs');
  const kept = hoard(200_000);
  assert.ok(held((await heap(server)).profile, 'hoard')[0] > 0);
  const delta = heap(server, '/debug/pprof/heap?seconds=1');
  kept.length = 0;
  const [objects, space] = held((await delta).profile, 'hoard');
  assert.ok(objects <= 0 && space <= 0, `${objects} objects`);
  assert.deepEqual(held((await heap(server)).profile, 'hoard'), [0, 0]);
}));

function post(session: Session, method: 'HeapProfiler.startSampling' | 'HeapProfiler.stopSampling'): Promise<void> {
  return new Promise((resolve, reject) => {
    session.post(method, (error) => {
      if (error === null) resolve();
      else reject(new Error(error.message));
    });
  });
}

test('while something else samples the heap, it says so, and leaves that alone', withEndpoint(() => pprofHandler(), async (server) => {
  const session = new Session();
  session.connect();
  await post(session, 'HeapProfiler.startSampling');
  const { status, text } = await server.get('/debug/pprof/heap');
  assert.deepEqual([status, text], [500, 'Could not enable heap profiling: heap profiling already in use by a debugger or --heap-prof\n']);
  await post(session, 'HeapProfiler.stopSampling');
  await heap(server);
  await post(session, 'HeapProfiler.startSampling');
  await post(session, 'HeapProfiler.stopSampling');
  const stopped = await server.get('/debug/pprof/heap');
  assert.equal(stopped.status, 500);
  assert.match(stopped.text, /^Could not enable heap profiling: heap profiling was stopped by another user of the inspector/);
  await heap(server);
  session.disconnect();
}));

test('how many objects a sample stands for is found again from its bytes', () => {
  // What the engine reports: the size, times 1 / (1 - e^(-size / period)) rounded.
  const reported = (size: number): number => size * Math.floor(1 / (1 - Math.exp(-size / HEAP_PERIOD)) + 0.5);
  for (const size of [16, 24, 32, 40, 48, 56, 64, 72, 80, 96, 112, 120, 128, 144, 1_000_000, 10_433_688]) {
    assert.equal(objectsOf(reported(size)), reported(size) / size, `${size} bytes`);
  }
  // Where several sizes lead to the same number.
  for (const size of [88, 1024, 80_040, 300_000]) assert.equal(reported(size) % objectsOf(reported(size)), 0, `${size} bytes`);
  for (const bytes of [1, 7, 8, 524_159, 1_000_001]) assert.ok(objectsOf(bytes) >= 1, `${bytes} bytes, which are of no period of ours`);
});
