/**
 * Owns the answers to requests for profiles, for any server. Status, fields and texts are those of Go's
 * net/http/pprof, so that every tool that reads profiles of Go programs can read these.
 */
import { Access, type AccessOptions, type Caller } from './access.js';
import { answer, attachment, failure, integerOf, invalid, plainText, type Answer } from './answer.js';
import { ENGINE_PROFILES, engineAnswer, symbolAnswer } from './engine-profiles.js';
import { takeFacts } from './facts.js';
import { startHeapSampling } from '../engine/index.js';
import { stackOf } from '../../tasks/index.js';
import { indexPage } from './index-page.js';
import { type Debug, LongText, PROFILE_KINDS, type ProfileKind, Slices, takeDelta, takeForm } from '../write/index.js';
import { mountOf, routeOf, type Route } from './route.js';

/** The options of `pprofHandler` and `pprofFetchHandler`. */
export interface EndpointOptions extends AccessOptions {
  /** The path before `/debug/pprof`, such as `/internal`. Default ''. The mount point of Express and similar frameworks is found without it. */
  readonly prefix?: string;
  /**
   * The profiles that are served: `goroutine`, `httpbody`, `leaked`, `profile` (CPU), `heap` and `allocs`.
   * Default all. The last three slow the program down while they are taken: see the index page.
   */
  readonly profiles?: readonly ProfileName[];
  /** Whether to sample the heap from now on, and not only from the first request for `heap` on, so that earlier allocations are known. Default false. */
  readonly heapSampling?: boolean;
}

/** The name of a profile, as in the path `/debug/pprof/<name>`. */
export type ProfileName = (typeof PROFILE_KINDS)[number]['name'] | (typeof ENGINE_PROFILES)[number]['name'];

export interface ProfileRequest {
  readonly method: string;
  readonly route: Route;
  readonly query: URLSearchParams;
  readonly caller: Caller;
  /** Aborted when the caller has disconnected. */
  readonly signal: AbortSignal;
  /** After how many ms without traffic the server closes a connection; 0 for never. */
  readonly idleTimeout: number;
}

const KNOWN = new Set(['prefix', 'profiles', 'heapSampling', 'allowRemote', 'token', 'hosts']);

const NAMES: readonly string[] = [...PROFILE_KINDS, ...ENGINE_PROFILES].map(({ name }) => name);

/** Profiles that exist only in Go, and why. */
const GO_ONLY: Readonly<Record<string, string>> = {
  block: 'nothing waits for a lock in a Node program',
  mutex: 'nothing waits for a lock in a Node program',
  threadcreate: 'a Node program starts its threads itself',
  trace: 'the execution trace is of the Go runtime; node --trace-events-enabled is the like of it',
};

/** The most requests answered at one time, because a request with `?seconds=` holds its first counts in memory. */
const MAX_BUSY = 16;

/** The longest wait for a difference, seconds. */
const MAX_SECONDS = 3600;

/** How many tasks and holders the JSON lists, without `?limit=` and at most. */
const LISTED = { usual: 100, most: 10_000 };

export class Endpoint {
  readonly #access: Access;
  readonly #prefix: string;
  readonly #profiles: ReadonlySet<string>;
  #busy = 0;

  /** @throws TypeError for an unknown or invalid option. */
  constructor(options: EndpointOptions = {}) {
    if (typeof options !== 'object' || options === null) throw new TypeError(`the options of a profile handler are an object, not ${options === null ? 'null' : typeof options}`);
    for (const name of Object.keys(options)) if (!KNOWN.has(name)) throw new TypeError(`a profile handler has no option ${JSON.stringify(name)}; it has ${[...KNOWN].join(', ')}`);
    const { prefix = '', profiles = NAMES, heapSampling = false } = options;
    if (typeof prefix !== 'string' || !/^(\/[^?#]*)?$/.test(prefix)) throw new TypeError(`prefix is a path that starts with a slash, not ${JSON.stringify(prefix)}`);
    this.#prefix = prefix.replace(/\/+$/, '');
    if (!Array.isArray(profiles)) throw new TypeError(`profiles is a list of ${NAMES.join(', ')}, not a ${typeof profiles}`);
    for (const name of profiles as unknown[]) if (!NAMES.includes(name as string)) throw new TypeError(`there is no profile ${typeof name === 'string' ? JSON.stringify(name) : String(name)}; there are ${NAMES.join(', ')}`);
    this.#profiles = new Set(profiles as string[]);
    if (typeof heapSampling !== 'boolean') throw new TypeError(`heapSampling is true or false, not a ${typeof heapSampling}`);
    this.#access = new Access(options);
    if (heapSampling) startHeapSampling().catch((error: unknown) => process.emitWarning(`the heap is not sampled: ${(error as Error).message}`, { code: 'WATERTIGHT_PPROF' }));
  }

  /** The route of a path; null if it is not one of ours. `rest` is the part of the path that a framework has not matched. */
  route(path: string, rest = path): Route | null {
    return routeOf(path, this.#prefix, mountOf(path, rest));
  }

  /** Makes the answer and passes it to `deliver`. Rejects only if the caller has disconnected, or if `deliver` rejects. */
  async answer<T>(request: ProfileRequest, deliver: (answer: Answer) => T | Promise<T>): Promise<T> {
    const refusal = this.#refuse(request);
    if (refusal !== null) return deliver(refusal);
    // Counts until it is delivered, because the answer to a slow reader stays in memory.
    this.#busy++;
    try {
      return await deliver(await answerTo(request, this.#profiles));
    } finally {
      this.#busy--;
    }
  }

  #refuse(request: ProfileRequest): Answer | null {
    const refusal = this.#access.check(request.caller);
    if (refusal !== null) return failure(refusal.status, refusal.text, refusal.status === 401 ? { 'WWW-Authenticate': 'Bearer realm="pprof"' } : {});
    // Go's tools request symbols with POST.
    const symbols = request.route.to === 'profile' && request.route.name === 'symbol';
    if (request.method !== 'GET' && request.method !== 'HEAD' && !(symbols && request.method === 'POST')) return failure(405, 'Method Not Allowed', { Allow: 'GET, HEAD' });
    if (this.#busy >= MAX_BUSY) return failure(503, `${MAX_BUSY} profiles are being taken already`, { 'Retry-After': '1' });
    return null;
  }
}

async function answerTo(request: ProfileRequest, profiles: ReadonlySet<string>): Promise<Answer> {
  try {
    return await dispatch(request, profiles);
  } catch (error) {
    request.signal.throwIfAborted();
    // The text is Go's. The reason goes to the program's log and not to the reader.
    process.emitWarning(`a profile could not be taken: ${stackOf(error)}`, { code: 'WATERTIGHT_PPROF' });
    return failure(500, 'failed to collect profile');
  }
}

async function dispatch(request: ProfileRequest, profiles: ReadonlySet<string>): Promise<Answer> {
  const { route, query, signal } = request;
  switch (route.to) {
    case 'index':
      return answer('text/html; charset=utf-8', [indexPage(route.facts, profiles)], { 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'" });
    case 'redirect':
      return failure(301, 'Moved Permanently', { Location: query.size === 0 ? route.location : `${route.location}?${query.toString()}` });
    case 'facts': {
      const limit = integerOf(query.get('limit') ?? String(LISTED.usual));
      if (limit === null || limit < 0) return invalid('limit', 'must be a number of entries');
      const facts = await takeFacts(Math.min(limit, LISTED.most), new Slices(signal));
      return answer('application/json; charset=utf-8', [`${JSON.stringify(facts)}\n`]);
    }
    case 'profile':
      return namedAnswer(route.name, request, profiles);
  }
}

async function namedAnswer(name: string, request: ProfileRequest, profiles: ReadonlySet<string>): Promise<Answer> {
  // The arguments may contain secrets, so they are left out, although Go includes them.
  if (name === 'cmdline') return plainText([[process.execPath, ...process.argv.slice(1, 2)].join('\0')]);
  if (name === 'symbol') return symbolAnswer();
  const there = NAMES.filter((each) => profiles.has(each)).join(', ');
  if (Object.hasOwn(GO_ONLY, name)) return failure(404, `Unknown profile: there is no ${name} of a Node program (${GO_ONLY[name]}); there are ${there}`);
  if (!profiles.has(name)) return failure(404, NAMES.includes(name) ? `Unknown profile: ${name} is not served here; there are ${there}` : 'Unknown profile');
  const kind = PROFILE_KINDS.find((each) => each.name === name);
  if (kind !== undefined) return profileAnswer(kind, request);
  return engineAnswer(name as (typeof ENGINE_PROFILES)[number]['name'], request);
}

async function profileAnswer(kind: ProfileKind, { method, query, signal, idleTimeout }: ProfileRequest): Promise<Answer> {
  const debug = integerOf(query.get('debug') ?? '0');
  if (debug === null || debug < 0) return invalid('debug', 'must be 0, 1 or 2');
  const wait = query.get('seconds') ?? '';
  const head = method === 'HEAD';
  if (wait !== '') {
    const seconds = integerOf(wait);
    if (seconds === null || seconds <= 0) return invalid('seconds', 'must be a positive integer');
    if (seconds > MAX_SECONDS) return invalid('seconds', `must be at most ${MAX_SECONDS}`);
    if (idleTimeout > 0 && seconds * 1000 >= idleTimeout) return failure(400, "profile duration exceeds server's WriteTimeout");
    if (debug !== 0) return failure(400, 'seconds and debug params are incompatible');
    return attachment(`${kind.name}-delta`, head ? [] : [await takeDelta(kind, seconds * 1000, signal)]);
  }
  // As in Go, a number above 2 counts as 2.
  const taken = head ? null : await takeForm(kind, Math.min(debug, 2) as Debug, signal);
  if (debug === 0) return attachment(kind.name, taken instanceof Uint8Array ? [taken] : []);
  return plainText(taken instanceof LongText ? taken.pieces : []);
}
