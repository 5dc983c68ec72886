/**
 * Owns the recording of CPU time of this thread, by the engine's sampling profiler, one recording at a time.
 */
import type { Profiler } from 'node:inspector';
import { setTimeout as sleep } from 'node:timers/promises';
import { processWide } from '../../tasks/index.js';
import { ask, openSession, ProfilerError } from './inspector.js';

/** Time between two samples, nanoseconds: 100 samples a second, as in Go. */
export const CPU_PERIOD = 10_000_000;

/** Shared by all copies of the library in a thread, because only one recording may run, as in a Go program. */
const use = processWide('cpu-profile', () => ({ taken: false }));

export interface CpuRecording {
  readonly profile: Profiler.Profile;
  /** When the recording ended, ms since 1970. */
  readonly time: number;
}

/**
 * Records for `ms` milliseconds; the profiler is turned off however it ends.
 *
 * @throws ProfilerError if another recording is running (with Go's message), or if the engine refuses; the
 *   signal's reason if it is aborted.
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
      // Only the waiting request, if any, may keep the process alive.
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
