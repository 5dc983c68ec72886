/** Owns the retries: a RoundTripper that makes a request again where that is safe and may help. */
import { callAwaited, Request, type Response } from '../conn/index.js';
import { now } from '../tasks/index.js';
import { toRequest, Transport, type RequestLike, type RoundTripper } from '../transport/index.js';
import { RequestError, WatertightError } from '../wire/index.js';
import { Budget } from './budget.js';
import { closeLate, dropBody } from './dropped-body.js';
import { parseRetryAfter } from './retry-after.js';
import { backoff, isWorthRetry, resolveRetry, type RetryAttempt, type RetryOptions, type RetryPolicy } from './retry-policy.js';

/**
 * A RoundTripper that makes each request over `transport`, and again where the attempt
 * failed by a moment's fault: there was no connection, it ended before the response, or
 * the server said that it is overloaded or away (408, 429, 502, 503, 504). Only what may
 * be sent twice is: an idempotent method, or a request with an idempotency key, and a body
 * that can be made anew. Between two attempts it waits, by Retry-After and by a backoff
 * with jitter.
 *
 * ```ts
 * const client = new Client({ transport: retry(new Transport()) });
 * ```
 *
 * The request's `timeout` and `signal` are those of all its attempts together, with the
 * waits: the signal ends a wait at once, and a wait that the time does not allow is not begun.
 * The response of an attempt that is followed by another is dropped, so it holds no
 * connection. After the last attempt, its response is handed out as it is, whatever its
 * status; its error is the error itself, with `attempts` and their number in its message. Redirects are
 * followed above it, by the Client: each request of a redirect has its attempts.
 *
 * @throws RequestError (`ERR_INVALID_OPTION`)
 */
export function retry(transport: RoundTripper, options: RetryOptions = {}): RoundTripper {
  if (typeof (transport as Partial<RoundTripper> | null)?.roundTrip !== 'function') throw new RequestError('ERR_INVALID_OPTION', 'retry() takes something with a method roundTrip(request), such as new Transport()');
  return new RetryingTransport(transport, resolveRetry(options));
}

/** It keeps to the time and the signal of a request itself. */
export class RetryingTransport implements RoundTripper {
  constructor(
    private readonly inner: RoundTripper,
    private readonly policy: RetryPolicy,
  ) {}

  async roundTrip(given: RequestLike): Promise<Response> {
    const request = toRequest(given);
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it only marks where a stack begins
    request.entry ??= RetryingTransport.prototype.roundTrip;
    const budget = new Budget(request, request.timeout > 0 ? now() : 0);
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.attempt(attempt, attempt === 1 ? request : again(request, budget), budget);
      const { response, error } = outcome;
      let delay: number | null;
      try {
        delay = await this.delayAfter(outcome, budget);
        if (delay !== null) await this.wait(outcome, delay, budget);
      } catch (reason) {
        await response?.close();
        throw reason;
      }
      if (delay !== null) continue;
      if (response !== null) return response;
      throw attempt === 1 || request.signal?.aborted === true ? error : afterAttempts(error, attempt);
    }
  }

  private async attempt(attempt: number, request: Request, budget: Budget): Promise<RetryAttempt> {
    const { inner } = this;
    try {
      // Our own transport keeps to the time and the signal of a request; the program's may not.
      const response = await (inner instanceof Transport ? inner.roundTrip(request) : budget.wait(inner.roundTrip(request), 'waiting for headers', closeLate));
      return { attempt, request, response, error: null };
    } catch (error) {
      return { attempt, request, response: null, error };
    }
  }

  /** How long to wait for the next attempt, ms; null if there is none. */
  private async delayAfter(outcome: RetryAttempt, budget: Budget): Promise<number | null> {
    const { policy } = this;
    const { attempt, request, response } = outcome;
    if (attempt > policy.maxRetries || request.signal?.aborted === true || (request.body !== null && !request.body.replayable)) return null;
    const asked = policy.shouldRetry === undefined ? undefined : await budget.wait(callAwaited('retry.shouldRetry', () => policy.shouldRetry!(outcome)), 'waiting for the next attempt');
    if (!(asked ?? isWorthRetry(outcome, policy))) return null;
    const headers = response?.headers;
    const retryAfter = headers === undefined ? 0 : (parseRetryAfter(headers.get('retry-after'), headers.get('date'), Date.now()) ?? 0);
    if (retryAfter > policy.maxRetryAfter) return null;
    const delay = retryAfter + backoff(attempt, policy, Math.random());
    return budget.allows(delay) ? delay : null;
  }

  /** Tells the program, drops the response, and waits. */
  private async wait(outcome: RetryAttempt, delay: number, budget: Budget): Promise<void> {
    const { onRetry } = this.policy;
    if (onRetry !== undefined) await budget.wait(callAwaited('retry.onRetry', () => onRetry({ ...outcome, delay })), 'waiting for the next attempt');
    const dropped = outcome.response === null ? null : dropBody(outcome.response);
    let timer: NodeJS.Timeout | undefined;
    try {
      await budget.wait(new Promise<void>((resolve) => (timer = setTimeout(resolve, delay))), 'waiting for the next attempt');
    } finally {
      clearTimeout(timer);
    }
    await budget.wait(dropped, 'waiting for the next attempt');
  }

  closeIdleConnections(): void {
    (this.inner as Partial<Transport>).closeIdleConnections?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.inner as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.();
  }
}

/** The request of a further attempt: it has what is left of the time. */
function again(request: Request, budget: Budget): Request {
  const timeout = budget.left('waiting for the next attempt');
  if (timeout === 0) return request;
  const next = new Request(request, { timeout });
  next.sameCall(request);
  return next;
}

/** The last attempt's error, which says how many there were. Who looks at its class, code or cause finds what a single attempt would have given. */
function afterAttempts(error: unknown, attempts: number): unknown {
  if (!(error instanceof WatertightError) || !Object.isExtensible(error)) return error;
  const { message, stack } = error;
  error.attempts = attempts;
  error.message = `${message}; ${attempts} attempts were made`;
  // The stack has the message of the time when the error was made, and it is the stack that is logged.
  if (stack !== undefined) error.stack = stack.replace(message, () => error.message);
  return error;
}
