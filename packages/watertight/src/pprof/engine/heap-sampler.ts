/**
 * Owns the sampling of this thread's heap: one allocation in so many bytes is
 * remembered with its stack for as long as the object lives.
 */
import type { Runtime, Session } from 'node:inspector';
import { processWide } from '../../tasks/index.js';
import { ask, openSession, ProfilerError } from './inspector.js';

/**
 * Bytes of allocations for each sample, on the average; Go's is 524,288. The
 * engine gives a sample's bytes times its weight, not how many objects it stands
 * for; this number is a multiple of most sizes that objects have, from which
 * the size can be found again (`objectsOf`).
 */
export const HEAP_PERIOD = 524_160;

/** Sizes of objects are multiples of it. */
const ALIGNMENT = 8;

/** A function in its place in the tree of calls, with the ones it called. */
export interface HeapNode {
  readonly id: number;
  readonly callFrame: Runtime.CallFrame;
  /** Bytes of what it allocated itself and lives. */
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** What the engine answers, of which @types/node has a part. */
export interface HeapSamples {
  readonly head: HeapNode;
  /** `size`: bytes of all the objects that a sample stands for. */
  readonly samples: readonly { readonly nodeId: number; readonly size: number }[];
}

/** The sampling of a thread, for all copies of the library in it: the engine has one. */
const sampling = processWide('heap-sampling', (): { session: Promise<Session> | null } => ({ session: null }));

/**
 * Turns sampling on, for as long as the thread lives; a second call does
 * nothing. What was allocated before is not seen.
 *
 * Rejects with a ProfilerError if something else samples the heap (a debugger,
 * `--heap-prof`): the engine would mix both, and stop both when one stops.
 */
export async function startHeapSampling(): Promise<void> {
  await (sampling.session ??= start());
}

async function start(): Promise<Session> {
  try {
    const session = await openSession();
    if (await samples(session)) {
      session.disconnect();
      throw new ProfilerError('heap profiling already in use by a debugger or --heap-prof');
    }
    await ask<unknown>((done) => session.post('HeapProfiler.startSampling', { samplingInterval: HEAP_PERIOD }, done));
    return session;
  } catch (error) {
    sampling.session = null;
    throw error;
  }
}

/** Asking is the only way to know. Where nothing samples, it costs nothing. */
function samples(session: Session): Promise<boolean> {
  return new Promise((resolve) => session.post('HeapProfiler.getSamplingProfile', (error) => resolve(error === null)));
}

/**
 * What has been allocated since the sampling began, and is alive. The engine
 * collects all garbage first: the thread stands still for as long as that takes.
 */
export async function readHeap(): Promise<HeapSamples> {
  await startHeapSampling();
  const session = await sampling.session!;
  try {
    const { profile } = await ask<{ readonly profile: unknown }>((done) => session.post('HeapProfiler.getSamplingProfile', done));
    return profile as HeapSamples;
  } catch (cause) {
    // Whoever else stopped it has stopped ours; the next request starts again.
    sampling.session = null;
    session.disconnect();
    throw new ProfilerError('heap profiling was stopped by another user of the inspector; what was sampled is lost, and the next request starts anew', { cause });
  }
}

/** Turns sampling off; for tests. */
export async function stopHeapSampling(): Promise<void> {
  const session = await sampling.session;
  sampling.session = null;
  session?.disconnect();
}

/**
 * How many objects of one size a sample of `bytes` stands for. Now and then
 * several sizes lead to the same number; the smallest is taken, as small objects
 * are by far the most.
 */
export function objectsOf(bytes: number): number {
  // An object of `size` is weighted 1 / (1 - e^(-size / period)), rounded: that many are between one period and one and a size.
  const first = Math.max(ALIGNMENT, Math.ceil((bytes - HEAP_PERIOD) / ALIGNMENT) * ALIGNMENT);
  if (weightOf(bytes) === 1) return 1;
  for (let size = first; size < bytes; size += ALIGNMENT) {
    if (bytes % size === 0 && weightOf(size) * size === bytes) return bytes / size;
  }
  // At another period than ours.
  return 1;
}

function weightOf(size: number): number {
  return Math.floor(1 / (1 - Math.exp(-size / HEAP_PERIOD)) + 0.5);
}
