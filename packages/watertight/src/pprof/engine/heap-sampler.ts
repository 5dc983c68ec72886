/**
 * Owns the sampling of this thread's heap: one allocation in so many bytes is recorded with its stack for as
 * long as the object lives.
 */
import type { Runtime, Session } from 'node:inspector';
import { processWide } from '../../tasks/index.js';
import { ask, openSession, ProfilerError } from './inspector.js';

/**
 * The average number of allocated bytes between two samples; Go's is 524,288. The engine gives a sample's
 * bytes times its weight, but not the number of objects. This number is a multiple of most object sizes, so
 * that the size can be computed from the bytes (`objectsOf`).
 */
export const HEAP_PERIOD = 524_160;

/** Object sizes are multiples of this. */
const ALIGNMENT = 8;

/** A function in the tree of calls, with the functions it called. */
export interface HeapNode {
  readonly id: number;
  readonly callFrame: Runtime.CallFrame;
  /** Bytes of the live objects that it allocated itself. */
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** The engine's answer, of which @types/node declares only a part. */
export interface HeapSamples {
  readonly head: HeapNode;
  /** `size` is the bytes of all objects that a sample represents. */
  readonly samples: readonly { readonly nodeId: number; readonly size: number }[];
}

/** The sampling of a thread, shared by all copies of the library, because the engine has only one. */
const sampling = processWide('heap-sampling', (): { session: Promise<Session> | null } => ({ session: null }));

/**
 * Turns sampling on for the life of the thread; a second call does nothing. Earlier allocations are not in
 * the profile.
 *
 * @throws ProfilerError if something else samples the heap (a debugger, `--heap-prof`): the engine would mix
 *   both, and stop both when one stops.
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

/** Whether the heap is being sampled. The engine has no other way to ask; if nothing samples, this costs nothing. */
function samples(session: Session): Promise<boolean> {
  return new Promise((resolve) => session.post('HeapProfiler.getSamplingProfile', (error) => resolve(error === null)));
}

/**
 * The live objects that were allocated since the sampling began. The engine first collects all garbage, which
 * blocks the thread.
 *
 * @throws ProfilerError as `startHeapSampling` does, or if another user of the inspector has stopped the
 *   sampling.
 */
export async function readHeap(): Promise<HeapSamples> {
  await startHeapSampling();
  const session = await sampling.session!;
  try {
    const { profile } = await ask<{ readonly profile: unknown }>((done) => session.post('HeapProfiler.getSamplingProfile', done));
    return profile as HeapSamples;
  } catch (cause) {
    // Another user has stopped the sampling for all; the next request starts it again.
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
 * The number of equal objects that a sample of `bytes` represents. If several sizes give the same number, the
 * smallest is taken, because small objects are by far the most frequent.
 */
export function objectsOf(bytes: number): number {
  // An object of `size` has the weight 1 / (1 - e^(-size / period)), rounded, so the weighted bytes are between one
  // period and one period plus one size.
  const first = Math.max(ALIGNMENT, Math.ceil((bytes - HEAP_PERIOD) / ALIGNMENT) * ALIGNMENT);
  if (weightOf(bytes) === 1) return 1;
  for (let size = first; size < bytes; size += ALIGNMENT) {
    if (bytes % size === 0 && weightOf(size) * size === bytes) return bytes / size;
  }
  // The sample was taken with another period.
  return 1;
}

function weightOf(size: number): number {
  return Math.floor(1 / (1 - Math.exp(-size / HEAP_PERIOD)) + 0.5);
}
