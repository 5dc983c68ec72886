/**
 * Owns the answers to requests for profiles, whatever server they came in by.
 * Status, fields and texts are those of Go's net/http/pprof, so that whatever
 * scrapes Go programs can scrape this one.
 */
import { Access, type AccessOptions, type Caller } from './access.js';
import { takeFacts } from './facts.js';
import { indexPage } from './index-page.js';
import { LongText } from './long-text.js';
import { PROFILE_KINDS, type ProfileKind } from './profile-kinds.js';
import { mountOf, routeOf, type Route } from './route.js';
import { Slices } from './slices.js';
import { takeDelta, takeForm, type Debug } from './take-profile.js';

export interface EndpointOptions extends AccessOptions {
  /** What stands before `/debug/pprof` in the path: `/internal`. Default ''. A mount point of Express and its like is found without it. */
  readonly prefix?: string;
}

export interface ProfileRequest {
  readonly method: string;
  readonly route: Route;
  readonly query: URLSearchParams;
  readonly caller: Caller;
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
  /** The server closes a connection on which nothing has happened for so long, ms; 0 for never. */
  readonly idleTimeout: number;
}

export interface Answer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  /** In pieces, to be sent one after the other. */
  readonly body: readonly (string | Uint8Array)[];
}

const KNOWN = new Set(['prefix', 'allowRemote', 'token', 'hosts']);

/** Profiles of Go's that Node can't be asked for in this form; by far the most asked for. */
const GO_ONLY = new Set(['allocs', 'block', 'heap', 'mutex', 'profile', 'symbol', 'threadcreate', 'trace']);

/** Requests answered at one time: a wait for `?seconds=` keeps the counts it began with. */
const MAX_BUSY = 16;

/** The longest wait for a difference, seconds. */
const MAX_SECONDS = 3600;

/** How many tasks and holders are listed one by one as JSON, unless `?limit=` says otherwise, and at most. */
const LISTED = { usual: 100, most: 10_000 };

export class Endpoint {
  readonly #access: Access;
  readonly #prefix: string;
  #busy = 0;

  /** @throws TypeError for an option that is none. */
  constructor(options: EndpointOptions = {}) {
    if (typeof options !== 'object' || options === null) throw new TypeError(`the options of a profile handler are an object, not ${options === null ? 'null' : typeof options}`);
    for (const name of Object.keys(options)) if (!KNOWN.has(name)) throw new TypeError(`a profile handler has no option ${JSON.stringify(name)}; it has ${[...KNOWN].join(', ')}`);
    const { prefix = '' } = options;
    if (typeof prefix !== 'string' || !/^(\/[^?#]*)?$/.test(prefix)) throw new TypeError(`prefix is a path that starts with a slash, not ${JSON.stringify(prefix)}`);
    this.#prefix = prefix.replace(/\/+$/, '');
    this.#access = new Access(options);
  }

  /** Where a path leads; null if it is not ours. `rest`: what a framework has left of it. */
  route(path: string, rest = path): Route | null {
    return routeOf(path, this.#prefix, mountOf(path, rest));
  }

  /** Makes the answer and has it delivered. Rejects only if the caller is gone, or with what `deliver` does. */
  async answer<T>(request: ProfileRequest, deliver: (answer: Answer) => T | Promise<T>): Promise<T> {
    const refusal = this.#refuse(request);
    if (refusal !== null) return deliver(refusal);
    // Until it is delivered: a slow reader has it all in our memory.
    this.#busy++;
    try {
      return await deliver(await answerTo(request));
    } finally {
      this.#busy--;
    }
  }

  #refuse(request: ProfileRequest): Answer | null {
    const refusal = this.#access.check(request.caller);
    if (refusal !== null) return failure(refusal.status, refusal.text, refusal.status === 401 ? { 'WWW-Authenticate': 'Bearer realm="pprof"' } : {});
    if (request.method !== 'GET' && request.method !== 'HEAD') return failure(405, 'Method Not Allowed', { Allow: 'GET, HEAD' });
    if (this.#busy >= MAX_BUSY) return failure(503, `${MAX_BUSY} profiles are being taken already`, { 'Retry-After': '1' });
    return null;
  }
}

async function answerTo(request: ProfileRequest): Promise<Answer> {
  try {
    return await dispatch(request);
  } catch (error) {
    request.signal.throwIfAborted();
    // Go's words. The reason is for the program's log, not for whoever asks.
    process.emitWarning(`a profile could not be taken: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, { code: 'WATERTIGHT_PPROF' });
    return failure(500, 'failed to collect profile');
  }
}

async function dispatch(request: ProfileRequest): Promise<Answer> {
  const { route, query, signal } = request;
  switch (route.to) {
    case 'index':
      return answer('text/html; charset=utf-8', [indexPage(route.facts)], { 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'" });
    case 'redirect':
      return failure(301, 'Moved Permanently', { Location: query.size === 0 ? route.location : `${route.location}?${query.toString()}` });
    case 'facts': {
      const limit = integerOf(query.get('limit') ?? String(LISTED.usual));
      if (limit === null || limit < 0) return invalid('limit', 'must be a number of entries');
      const facts = await takeFacts(Math.min(limit, LISTED.most), new Slices(signal));
      return answer('application/json; charset=utf-8', [`${JSON.stringify(facts)}\n`]);
    }
    case 'profile': {
      // The arguments may be secret; Go gives them out.
      if (route.name === 'cmdline') return answer('text/plain; charset=utf-8', [[process.execPath, ...process.argv.slice(1, 2)].join('\0')]);
      const kind = PROFILE_KINDS.find(({ name }) => name === route.name);
      if (kind !== undefined) return profileAnswer(kind, request);
      return failure(404, GO_ONLY.has(route.name) ? `Unknown profile: there is no ${route.name} of a Node program here; there are ${PROFILE_KINDS.map(({ name }) => name).join(', ')}` : 'Unknown profile');
    }
  }
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
  // As in Go: everything above 2 is 2.
  const taken = head ? null : await takeForm(kind, Math.min(debug, 2) as Debug, signal);
  if (debug === 0) return attachment(kind.name, taken instanceof Uint8Array ? [taken] : []);
  return answer('text/plain; charset=utf-8', taken instanceof LongText ? taken.pieces : []);
}

function answer(type: string, body: Answer['body'], fields: Answer['fields'] = {}): Answer {
  return { status: 200, fields: { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store', ...fields }, body };
}

function attachment(name: string, body: Answer['body']): Answer {
  return answer('application/octet-stream', body, { 'Content-Disposition': `attachment; filename="${name}"` });
}

/** `X-Go-Pprof` makes `go tool pprof` show the text. */
function failure(status: number, text: string, fields: Answer['fields'] = {}): Answer {
  return { ...answer('text/plain; charset=utf-8', [`${text}\n`], { 'X-Go-Pprof': '1', ...fields }), status };
}

function invalid(name: string, rule: string): Answer {
  return failure(400, `invalid value for "${name}" - ${rule}`);
}

/** As Go's strconv.ParseInt takes it, with bounds; null where it is none. */
function integerOf(text: string): number | null {
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : null;
}
