/** Owns the errors that a handler of undici expects: those of the system as they are, and undici's own. */
import { ConnectionError } from '../conn/index.js';
import { RequestError } from '../wire/index.js';

type ErrorClass = new (message?: string) => Error;

/** The error classes of the undici that the dispatcher is for. */
export interface DispatchErrors {
  readonly InvalidArgumentError: ErrorClass;
  readonly HeadersTimeoutError: ErrorClass;
  readonly BodyTimeoutError: ErrorClass;
  readonly SocketError: ErrorClass;
  readonly RequestAbortedError: ErrorClass;
  readonly ClientClosedError: ErrorClass;
  readonly ClientDestroyedError: ErrorClass;
}

/**
 * The error as undici would give it, so that code which looks at `code` goes on
 * working, undici's retry interceptor for one. `cause` has the library's.
 */
export function dispatchError(error: unknown, errors: DispatchErrors): unknown {
  if (error instanceof RequestError) return withCause(new errors.InvalidArgumentError(error.message), error);
  // What the program's stream threw is the error itself.
  if ((Object(error) as { code?: unknown }).code === 'ERR_REQUEST_BODY') return (error as Error).cause ?? error;
  for (let at = error as Error | undefined, depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth++) {
    const { errno, syscall } = at as NodeJS.ErrnoException;
    if (typeof errno === 'number' || typeof syscall === 'string' || at instanceof AggregateError) return at;
    at = at.cause as Error | undefined;
  }
  return error instanceof ConnectionError ? withCause(new errors.SocketError('other side closed'), error) : error;
}

function withCause(error: Error, cause: unknown): Error {
  Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true });
  return error;
}
