/**
 * Owns the recording of where this thread spends its time: the engine's sampling
 * profiler, turned on for a while, one profile at a time.
 */
import type { Profiler } from 'node:inspector';
import { setTimeout as sleep } from 'node:timers/promises';
import { processWide } from '../../tasks/index.js';
import { ask, openSession, ProfilerError } from './inspector.js';

/** Time between two samples, nanoseconds: Go's 100 a second. */
export const CPU_PERIOD = 10_000_000;

/** One for all copies of the library in a thread, as a Go program has one. */
const use = processWide('cpu-profile', () => ({ taken: false }));

export interface CpuRecording {
  readonly profile: Profiler.Profile;
  /** When it ended, ms since 1970. */
  readonly time: number;
}

/**
 * Records for `ms`. Nothing stays on after it, whatever its end.
 *
 * Rejects with a ProfilerError if a profile is being recorded already (Go's
 * words), or the engine refuses; with the signal's reason once it is aborted.
 */
export async function recordCpu(ms: number, signal?: AbortSignal): Promise<CpuRecording> {
  if (use.taken) throw new ProfilerError('cpu profiling already in use');
  use.taken = true;
  try {
    const session = await openSession();
    try {
      signal?.throwIfAborted();
      await ask<unknown>((done) => session.post('Profiler.enable', done));
      await ask<unknown>((done) => session.post('Profiler.setSamplingInterval', { interval: CPU_PERIOD / 1000 }, done));
      await ask<unknown>((done) => session.post('Profiler.start', done));
      // The request that waits keeps the process alive, if anything should.
      await sleep(ms, undefined, { signal, ref: false });
      const { profile } = await ask<Profiler.StopReturnType>((done) => session.post('Profiler.stop', done));
      return { profile, time: Date.now() };
    } finally {
      session.disconnect();
    }
  } finally {
    use.taken = false;
  }
}
