/** Owns the conversion of the sampled live heap to a profile like Go's: objects and bytes by the stack that allocated them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CodeFrames } from './code-frames.js';
import { encodeInSlices, Slices } from '../write/index.js';
import { HEAP_PERIOD, objectsOf, readHeap, type HeapNode, type HeapSamples } from './heap-sampler.js';
import { labelsOf, type Profile, type Sample, type SampleType, type StackNode, type StackTable, Tally } from '../profile/index.js';

const OBJECTS: SampleType = { type: 'inuse_objects', unit: 'count' };
const SPACE: SampleType = { type: 'inuse_space', unit: 'bytes' };
const NO_LABELS = labelsOf([]);

/** The heap profile as gzipped profile.proto. Rejects as `readHeap` does. */
export async function takeHeapProfile(signal?: AbortSignal): Promise<Uint8Array> {
  const slices = new Slices(signal);
  const tally = new Tally();
  await add(tally, 1, slices);
  return encodeInSlices(await built(tally, 0, slices), slices);
}

/** The difference over `ms` milliseconds, as Go's `?seconds=` gives it: new live objects minus objects that are gone. */
export async function takeHeapDelta(ms: number, signal?: AbortSignal): Promise<Uint8Array> {
  const slices = new Slices(signal);
  const tally = new Tally();
  const began = performance.now();
  await add(tally, -1, slices);
  await sleep(ms, undefined, { signal, ref: false });
  const duration = performance.now() - began;
  await add(tally, 1, slices);
  return encodeInSlices(await built(tally, duration, slices), slices);
}

async function add(tally: Tally, sign: 1 | -1, slices: Slices): Promise<void> {
  const profile = await readHeap();
  await slices.next();
  await addHeap(tally, profile, sign, slices);
}

/** Adds what each function has allocated, multiplied by `sign`, to `tally`. */
async function addHeap(tally: Tally, { head, samples }: HeapSamples, sign: 1 | -1, slices: Slices): Promise<void> {
  const stacks = await stacksOf(head, tally.stacks, slices);
  const objects = new Map<number, number>();
  for (const { nodeId, size } of samples) {
    const stack = stacks.get(nodeId);
    let count = objects.get(size);
    if (count === undefined) objects.set(size, (count = objectsOf(size)));
    if (stack !== undefined) tally.add(stack, NO_LABELS, [sign * count, sign * size]);
    if (slices.over) await slices.next();
  }
}

/** The stack of each node with allocations. */
async function stacksOf(head: HeapNode, table: StackTable, slices: Slices): Promise<Map<number, StackNode>> {
  const frames = new CodeFrames(table);
  const stacks = new Map<number, StackNode>();
  // The tree goes from the root inwards, but our stacks start at the innermost frame. The root is not a function.
  const path: { node: HeapNode; next: number }[] = [{ node: head, next: 0 }];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    if (top.next === 0 && top.node.selfSize > 0) {
      let stack = table.root;
      for (let i = path.length - 1; i > 0; i--) stack = table.outward(stack, frames.frame(path[i].node.callFrame));
      stacks.set(top.node.id, stack === table.root ? table.outward(stack, frames.frame(head.callFrame)) : stack);
    }
    if (top.next < top.node.children.length) path.push({ node: top.node.children[top.next++], next: 0 });
    else path.pop();
    if (slices.over) await slices.next();
  }
  return stacks;
}

async function built(tally: Tally, duration: number, slices: Slices): Promise<Profile> {
  const samples: Sample[] = [];
  const totals = [0, 0];
  for (const sample of tally.samples()) {
    samples.push(sample);
    for (let i = 0; i < totals.length; i++) totals[i] += sample.values[i];
    if (slices.over) await slices.next();
  }
  return { kind: 'space', form: 'debug=0', sampleTypes: [OBJECTS, SPACE], mainType: 1, period: { type: 'space', unit: 'bytes', value: HEAP_PERIOD }, time: Date.now(), duration, samples, totals, truncated: false };
}
