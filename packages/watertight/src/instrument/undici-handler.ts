/**
 * Owns what is known of undici's handlers, the objects to which a connection passes a response: which API
 * made each, and which stream the program reads.
 */
import type { ObservedStream } from './foreign-request.js';

export interface UndiciHandler {
  /** Of request(), stream() and pipeline(): the stream that the program reads, or writes to. */
  readonly res?: unknown;
  /** Of fetch: the source of its body. */
  readonly body?: unknown;
  /** Of interceptors: the next handler. It is private in some versions. */
  readonly handler?: UndiciHandler;
  /** Of handlers that are async resources: request(), stream(), pipeline(). */
  readonly runInAsyncScope?: unknown;
  /** Of stream(): the function that makes the stream to write to; null after its call. */
  readonly factory?: unknown;
  readonly abort?: unknown;
}

/** The most handlers in a chain that are examined. */
const MAX_DEPTH = 16;

export function isApiHandler(handler: UndiciHandler): boolean {
  return typeof handler.runInAsyncScope === 'function';
}

/** Whether the handler is that of `fetch`, or an interceptor that shows it as its next handler. */
export function isFetchHandler(handler: UndiciHandler): boolean {
  return innermost(handler, (each) => !isApiHandler(each) && 'body' in each && 'abort' in each && Object.getPrototypeOf(each) === Object.prototype) !== null;
}

/** Whether the response is written to a stream of the program (`stream()`), so that there is nothing to read. */
export function writesElsewhere(handler: UndiciHandler | null): boolean {
  return handler !== null && 'factory' in handler;
}

/** The handler of request(), stream() or pipeline(), if the chain of handlers shows it. */
export function apiHandlerOf(handler: UndiciHandler): UndiciHandler | null {
  return innermost(handler, isApiHandler);
}

/** The stream from which the program reads the response; null if the handlers do not show it. */
export function streamOf(handler: UndiciHandler): ObservedStream | null {
  const found = isApiHandler(handler) ? handler : innermost(handler, (each) => isApiHandler(each) || isReadable(each.body));
  if (found === null || 'factory' in found) return null;
  if (isApiHandler(found)) return isReadable(found.res) ? found.res : null;
  return isReadable(found.body) ? lastOf(found.body) : null;
}

function innermost(handler: UndiciHandler, matches: (handler: UndiciHandler) => boolean): UndiciHandler | null {
  let each: UndiciHandler | undefined = handler;
  for (let depth = 0; depth < MAX_DEPTH && typeof each === 'object'; depth++) {
    if (matches(each)) return each;
    each = each.handler;
  }
  return null;
}

export function isReadable(value: unknown): value is ObservedStream {
  return typeof value === 'object' && value !== null && '_readableState' in value && typeof (value as { read?: unknown }).read === 'function';
}

/** The last stream of a chain in which undici has piped one stream into the next, through the decoders of a compressed body. */
export function lastOf(stream: ObservedStream): ObservedStream {
  let last = stream;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const { pipes } = (last as unknown as { readonly _readableState: { readonly pipes?: unknown } })._readableState;
    const next: unknown = Array.isArray(pipes) ? pipes[0] : pipes;
    if (!isReadable(next)) break;
    last = next;
  }
  return last;
}
