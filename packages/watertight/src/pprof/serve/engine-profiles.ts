/** Owns the profiles that the engine's own profilers take: their descriptions and costs, and the answers to requests for them. */
import { answer, attachment, failure, integerOf, invalid, type Answer } from './answer.js';
import { ProfilerError, takeCpuProfile, takeHeapDelta, takeHeapProfile } from '../engine/index.js';

export type EngineProfile = 'profile' | 'heap' | 'allocs';

/** Seconds of a recording without `?seconds=`, as in Go. */
const USUAL_SECONDS = 30;

/** The longest recording and the longest wait, in seconds. The engine would need too long to return a longer recording. */
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

/** The parts of a request that are used. */
interface EngineRequest {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
  readonly idleTimeout: number;
}

/** Answers a request. Rejects only if the caller has disconnected. */
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
  // As in Go, anything but a positive number of seconds counts as none.
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
 * Answers the request that Go's tools make if a profile has addresses without names: the number of symbols,
 * then a name for each address in the body. Our profiles have names, so the number is 0.
 */
export function symbolAnswer(): Answer {
  return answer('text/plain; charset=utf-8', ['num_symbols: 0\n']);
}
