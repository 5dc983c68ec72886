/** Owns which profiles the engine's own profilers take, what each costs, and the answers to requests for them. */
import { answer, attachment, failure, integerOf, invalid, type Answer } from './answer.js';
import { ProfilerError, takeCpuProfile, takeHeapDelta, takeHeapProfile } from '../engine/index.js';

export type EngineProfile = 'profile' | 'heap' | 'allocs';

/** Go's, where none is asked for, seconds. */
const USUAL_SECONDS = 30;

/** A longer recording takes the engine too long to hand over at once; and a longer wait, nobody waits. */
const MAX_SECONDS = { profile: 600, heap: 3600, allocs: 3600 };

/** For the index page. */
export const ENGINE_PROFILES: readonly { readonly name: EngineProfile; readonly description: string }[] = [
  {
    name: 'profile',
    description: `CPU profile of the main thread: who ran while it was not idle, 100 samples a second. Records for ?seconds= (${USUAL_SECONDS}). Costs some ten milliseconds at its start, and a percent or two of the time while it lasts; nothing after it. One at a time`,
  },
  {
    name: 'heap',
    description: 'What has been allocated since the first such request and is alive, by who allocated it; one allocation in 512 KiB is sampled, from that request on, which costs next to nothing. Each request collects all garbage first: the program stands still for as long as that takes',
  },
  { name: 'allocs', description: 'The same as heap. What was allocated and collected since is not kept' },
];

/** What they need of a request. */
interface EngineRequest {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
  readonly idleTimeout: number;
}

/** Rejects only if the caller is gone. */
export async function engineAnswer(name: EngineProfile, request: EngineRequest): Promise<Answer> {
  try {
    return name === 'profile' ? await cpuAnswer(request) : await heapAnswer(name, request);
  } catch (error) {
    if (!(error instanceof ProfilerError)) throw error;
    return failure(500, `Could not enable ${name === 'profile' ? 'CPU' : 'heap'} profiling: ${error.message}`);
  }
}

async function cpuAnswer(request: EngineRequest): Promise<Answer> {
  const given = integerOf(request.query.get('seconds') ?? '');
  // As in Go: what is no number of seconds is none.
  const seconds = given === null || given <= 0 ? USUAL_SECONDS : given;
  const refusal = refuse('profile', seconds, request);
  if (refusal !== null) return refusal;
  return attachment('profile', request.method === 'HEAD' ? [] : [await takeCpuProfile(seconds * 1000, request.signal)]);
}

async function heapAnswer(name: 'heap' | 'allocs', request: EngineRequest): Promise<Answer> {
  const { method, query, signal } = request;
  const debug = integerOf(query.get('debug') ?? '0');
  if (debug !== 0) return invalid('debug', `must be 0: ${name} is served as profile.proto only`);
  const wait = query.get('seconds') ?? '';
  if (wait === '') return attachment(name, method === 'HEAD' ? [] : [await takeHeapProfile(signal)]);
  const seconds = integerOf(wait);
  if (seconds === null || seconds <= 0) return invalid('seconds', 'must be a positive integer');
  const refusal = refuse(name, seconds, request);
  if (refusal !== null) return refusal;
  return attachment(`${name}-delta`, method === 'HEAD' ? [] : [await takeHeapDelta(seconds * 1000, signal)]);
}

function refuse(name: EngineProfile, seconds: number, { idleTimeout }: EngineRequest): Answer | null {
  if (seconds > MAX_SECONDS[name]) return invalid('seconds', `must be at most ${MAX_SECONDS[name]}`);
  return idleTimeout > 0 && seconds * 1000 >= idleTimeout ? failure(400, "profile duration exceeds server's WriteTimeout") : null;
}

/**
 * What Go's tools ask for when a profile has addresses without names: how many
 * symbols there are (0 for none), then for each address in the body its name.
 * Ours have names.
 */
export function symbolAnswer(): Answer {
  return answer('text/plain; charset=utf-8', ['num_symbols: 0\n']);
}
