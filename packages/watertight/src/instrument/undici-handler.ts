/**
 * Owns what is known of undici's handlers, the objects that a connection tells
 * of a response: whose they are, and which stream the program reads.
 */
import type { ObservedStream } from './foreign-request.js';

export interface UndiciHandler {
  /** Of request(), stream() and pipeline(): what the program reads, or writes to. */
  readonly res?: unknown;
  /** Of fetch: what its body is made of. */
  readonly body?: unknown;
  /** Of interceptors: the one they stand before. In some versions it is private. */
  readonly handler?: UndiciHandler;
  /** Of those that are async resources: request(), stream(), pipeline(). */
  readonly runInAsyncScope?: unknown;
  /** Of stream(): what makes the stream to write to, null after it has. */
  readonly factory?: unknown;
  readonly abort?: unknown;
}

/** More interceptors than this are not looked through. */
const MAX_DEPTH = 16;

export function isApiHandler(handler: UndiciHandler): boolean {
  return typeof handler.runInAsyncScope === 'function';
}

/** Whether the handler is the one of `fetch`, or stands before it in plain sight. */
export function isFetchHandler(handler: UndiciHandler): boolean {
  return innermost(handler, (each) => !isApiHandler(each) && 'body' in each && 'abort' in each && Object.getPrototypeOf(each) === Object.prototype) !== null;
}

/** Whether the response is written to a stream of the program's (`stream()`): then there is nothing to be read. */
export function writesElsewhere(handler: UndiciHandler | null): boolean {
  return handler !== null && 'factory' in handler;
}

/** The handler of request(), stream() or pipeline(), where it is in plain sight. */
export function apiHandlerOf(handler: UndiciHandler): UndiciHandler | null {
  return innermost(handler, isApiHandler);
}

/** What the program reads the response from; null where the handler does not show it. */
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

/** The last of the streams that undici has piped one into the other: the decoders of a compressed body stand between. */
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
