/** Owns what `retry` decides, without doing it: its options, which outcome is worth another attempt, and how long to wait before it. */
import { HookError, RequestBodyError, TimeoutError, type Request, type Response, type TimeoutPhase } from '../conn/index.js';
import { hasIdempotencyKey, isIdempotent } from '../transport/index.js';
import { checkMethod, RequestError, show } from '../wire/index.js';

/** One attempt and what it came to: `response` or `error`, the other is null. */
export interface RetryAttempt {
  /** How many attempts have been made by now: 1 after the first. */
  readonly attempt: number;
  readonly request: Request;
  /** Its body is unread. It is dropped before the next attempt. */
  readonly response: Response | null;
  readonly error: unknown;
}

/** An attempt that is followed by another. */
export interface RetryNotice extends RetryAttempt {
  /** The wait before the next attempt, in milliseconds. */
  readonly delay: number;
}

/** Options of `retry`. Only own properties count. */
export interface RetryOptions {
  /**
   * How many attempts may follow the first; 0: none. Default: 2, as in got. Three attempts in all are
   * the limit that Google's "Handling Overload" gives: where services that retry call each
   * other, the attempts multiply.
   */
  readonly maxRetries?: number;
  /**
   * The least wait before another attempt, in milliseconds. The wait is drawn at random
   * between it and a bound, which is twice as long before the second attempt and doubles
   * with each further one (exponential backoff with full jitter). Default: 100.
   */
  readonly minDelay?: number;
  /** What the bound of the wait never exceeds, in milliseconds. Default: 10,000. */
  readonly maxDelay?: number;
  /**
   * The longest Retry-After that is waited for, in milliseconds. If the server asks for
   * more, its response is handed out: an earlier attempt is not what it wants. A shorter
   * one goes before the backoff, which is added to it, for whoever was sent away with the
   * same answer comes back at the same time. Default: 60,000.
   */
  readonly maxRetryAfter?: number;
  /**
   * The methods of which a request may be sent again. Default: those that are idempotent
   * (RFC 9110 section 9.2.2), GET, HEAD, OPTIONS, TRACE, PUT and DELETE. A request with an
   * `Idempotency-Key` or `X-Idempotency-Key` is sent again whatever its method, as in Go.
   */
  readonly methods?: Iterable<string>;
  /**
   * The statuses after which a request is sent again. Default: 408, 429, 502, 503 and 504,
   * those that tell of a moment. Not 500, which tells of a fault that a second attempt
   * meets again, and not 425, which is for early data (RFC 8470), of which this client has none.
   */
  readonly statuses?: Iterable<number>;
  /**
   * The codes of the errors after which a request is sent again: `error.code`, or that of one
   * of its causes. Default: no connection was made (`ERR_DIAL`, `ERR_DNS`, also because it took
   * too long), or it ended before the response (`ERR_CONNECTION_CLOSED`, `ERR_CONNECTION_LOST`,
   * `ERR_PROXY_CLOSED`), and the system's codes for these; also what a proxy refuses with one of `statuses`.
   */
  readonly codes?: Iterable<string>;
  /**
   * Asked after each attempt that could be followed by another, whatever it came to: true
   * and false decide, undefined leaves it to `methods`, `statuses` and `codes`. It may be asynchronous. Not
   * asked where no other attempt is possible: after the last, for a body that can't be sent
   * again, and after the request was cancelled. Default: none.
   */
  readonly shouldRetry?: (attempt: RetryAttempt) => boolean | undefined | PromiseLike<boolean | undefined>;
  /** Told of each attempt that is followed by another, before the wait, which begins when its promise has settled. Default: none. */
  readonly onRetry?: (notice: RetryNotice) => unknown;
}

/** The options, checked and with their defaults. */
export interface RetryPolicy {
  readonly maxRetries: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly maxRetryAfter: number;
  /** Null: those that are idempotent. */
  readonly methods: ReadonlySet<string> | null;
  readonly statuses: ReadonlySet<number>;
  readonly codes: ReadonlySet<string>;
  /** The program has named no codes: an attempt that took too long to connect is worth another. */
  readonly slowDials: boolean;
  readonly shouldRetry: RetryOptions['shouldRetry'];
  readonly onRetry: RetryOptions['onRetry'];
}

/** A retry whose limit is spelled as in another library would have another limit, and nobody would notice. */
const NAMES: readonly string[] = ['maxRetries', 'minDelay', 'maxDelay', 'maxRetryAfter', 'methods', 'statuses', 'codes', 'shouldRetry', 'onRetry'] satisfies (keyof RetryOptions)[];

const STATUSES = [408, 429, 502, 503, 504];

const CODES = [
  'ERR_DIAL', 'ERR_DNS', 'ERR_CONNECTION_CLOSED', 'ERR_CONNECTION_LOST', 'ERR_PROXY_CLOSED',
  // Below ours, or of another RoundTripper.
  'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN',
];

/** The limits of the dial's phases: nothing of the request has been sent by then. */
const DIAL_PHASES: ReadonlySet<TimeoutPhase> = new Set<TimeoutPhase>(['dialling', 'the proxy handshake', 'the TLS handshake']);

/** The longest time that `setTimeout` takes, ms. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** @throws RequestError (`ERR_INVALID_OPTION`) for a wrong value */
export function resolveRetry(options: RetryOptions): RetryPolicy {
  if (typeof options !== 'object' || (options as unknown) === null) throw invalid(`the options of retry() are an object, such as { maxRetries: 2 }, not ${show(options)}`);
  const own = { __proto__: null, ...options } as RetryOptions;
  for (const name of Object.keys(own)) if (!NAMES.includes(name)) throw invalid(`retry() has no option ${show(name)}; it has ${NAMES.join(', ')}`);
  const maxRetries = own.maxRetries ?? 2;
  if (typeof maxRetries !== 'number' || !(maxRetries >= 0) || (maxRetries !== Infinity && !Number.isInteger(maxRetries))) throw invalid(`maxRetries is the number of attempts after the first, 0 or more, not ${show(maxRetries)}`);
  const minDelay = milliseconds('minDelay', own.minDelay, 100);
  const maxDelay = milliseconds('maxDelay', own.maxDelay, Math.max(10_000, minDelay));
  if (maxDelay < minDelay) throw invalid(`maxDelay is at least minDelay, which is ${minDelay} ms, not ${maxDelay}`);
  for (const name of ['shouldRetry', 'onRetry'] as const) {
    const given: unknown = own[name];
    if (given !== undefined && given !== null && typeof given !== 'function') throw invalid(`${name} is a function, not ${show(given)}`);
  }
  return {
    maxRetries,
    minDelay,
    maxDelay,
    maxRetryAfter: milliseconds('maxRetryAfter', own.maxRetryAfter, 60_000),
    methods: own.methods === undefined || (own.methods as unknown) === null ? null : listed('methods', own.methods, "methods, such as ['GET', 'PUT']", checkListedMethod),
    statuses: listed('statuses', own.statuses ?? STATUSES, 'status codes, such as [503]', checkStatus),
    codes: listed('codes', own.codes ?? CODES, "codes of errors, such as ['ECONNRESET']", checkCode),
    slowDials: own.codes === undefined || (own.codes as unknown) === null,
    shouldRetry: own.shouldRetry ?? undefined,
    onRetry: own.onRetry ?? undefined,
  };
}

/** The verdict of `methods`, `statuses` and `codes`. */
export function isWorthRetry({ request, response, error }: RetryAttempt, policy: RetryPolicy): boolean {
  const { methods, statuses, codes } = policy;
  const { method, ownHeaders } = request;
  if (methods === null ? !isIdempotent(method, ownHeaders) : !methods.has(method) && !hasIdempotencyKey(ownHeaders)) return false;
  if (response !== null) return statuses.has(response.status);
  if (hasCode(error, codes)) return true;
  if (!policy.slowDials || typeof error !== 'object' || error === null) return false;
  const { code, status } = error as { code?: unknown; status?: unknown };
  if (code === 'ERR_PROXY_REFUSED') return typeof status === 'number' && statuses.has(status);
  return error instanceof TimeoutError && DIAL_PHASES.has(error.phase);
}

/**
 * The wait before an attempt by the backoff alone, in ms.
 *
 * @param retry 1 for the second attempt
 * @param random at least 0, less than 1
 */
export function backoff(retry: number, { minDelay, maxDelay }: RetryPolicy, random: number): number {
  const most = Math.min(maxDelay, minDelay * 2 ** Math.min(retry, 31));
  return minDelay + random * (most - minDelay);
}

/** The code may be the system's, whose error is the cause of ours. */
function hasCode(error: unknown, codes: ReadonlySet<string>): boolean {
  let each = error;
  // Not for ever: a chain of causes may lead back.
  for (let depth = 0; depth < 5 && typeof each === 'object' && each !== null; depth++) {
    const { code } = each as { code?: unknown };
    if (typeof code === 'string' && codes.has(code)) return true;
    // Their cause is the program's own, and no fault of the connection.
    if (each instanceof HookError || each instanceof RequestBodyError) return false;
    each = (each as { cause?: unknown }).cause;
  }
  return false;
}

function milliseconds(name: string, value: unknown, fallback: number): number {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'number' || !(value >= 0)) throw invalid(`${name} is a number of milliseconds, 0 or more, not ${show(value)}`);
  return Math.min(value, MAX_TIMEOUT);
}

function listed<T>(name: string, given: unknown, what: string, check: (name: string, value: unknown) => T): ReadonlySet<T> {
  if (typeof given !== 'object' || given === null || !(Symbol.iterator in given)) throw invalid(`${name} is a list of ${what}, not ${show(given)}`);
  return new Set([...(given as Iterable<unknown>)].map((value) => check(name, value)));
}

function checkListedMethod(name: string, value: unknown): string {
  try {
    checkMethod(value);
  } catch (cause) {
    throw new RequestError('ERR_INVALID_OPTION', `${name} holds ${show(value)}, which is no method (RFC 9110 section 9.1)`, { cause });
  }
  return value;
}

function checkStatus(name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 200 || value > 999) throw invalid(`${name} holds ${show(value)}; a status is a number from 200 to 999`);
  return value;
}

function checkCode(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw invalid(`${name} holds ${show(value)}; a code is a string, such as 'ECONNRESET'`);
  return value;
}

function invalid(message: string): RequestError {
  return new RequestError('ERR_INVALID_OPTION', message);
}
