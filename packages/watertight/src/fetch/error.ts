/** Owns the errors of `fetch`: a TypeError, as the Fetch standard wants it, whose cause says what happened. */

/** How deep the system's error may stand in a chain of causes. */
const DEPTH = 5;

/**
 * No response, or a body that broke. `cause` is the system's error where there is
 * one, so that `error.cause.code` is `ECONNREFUSED`, `ENOTFOUND` or the like, as
 * with Node's own fetch; otherwise the library's. `code` is the library's own.
 */
export function networkError(message: 'fetch failed' | 'terminated', error: unknown): TypeError {
  const result = new TypeError(message, { cause: causeOf(error) });
  Error.captureStackTrace(result, networkError);
  const { code } = Object(error) as { code?: unknown };
  if (typeof code === 'string') Object.defineProperty(result, 'code', { value: code, configurable: true, writable: true });
  return result;
}

/** To await it is to go on in another continuation. */
const TURN = Promise.resolve();

/**
 * Rejects with an error whose stack goes on to the lines that await it. One that is
 * made where a connection fails ends in there: nobody's `await` goes on from an
 * event. So it is made in a continuation, and late enough that the promise of the
 * call follows this one.
 */
export async function awaitedFailure(make: () => unknown): Promise<never> {
  await TURN;
  await TURN;
  throw make();
}

function causeOf(error: unknown): unknown {
  // What the program's own stream threw is the cause itself.
  if (codeOf(error) === 'ERR_REQUEST_BODY' && (error as Error).cause !== undefined) return (error as Error).cause;
  let at = error;
  for (let depth = 0; depth < DEPTH && typeof at === 'object' && at !== null; depth++) {
    if (isSystemError(at)) return at;
    at = (at as Error).cause;
  }
  return error;
}

function codeOf(error: unknown): unknown {
  return (Object(error) as { code?: unknown }).code;
}

/** An error of the system has a number or the name of a call; an AggregateError of several addresses has a code alone. */
function isSystemError(error: object): boolean {
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && (typeof errno === 'number' || typeof syscall === 'string' || error instanceof AggregateError || !code.startsWith('ERR_'));
}
