/** Owns the interface of a body that is ready to be sent, and the sources of its chunks: a WHATWG stream or an iterator of the program. */
import { RequestError } from '../wire/index.js';
import type { RequestBodyError } from './error.js';
import { callQuietly, isThenable } from './user-call.js';

/** A source of chunks that can be stopped before its end. */
export interface ChunkSource {
  next(): Promise<IteratorResult<unknown>>;
  /** Releases the source; called at most once, unless it has ended by itself. */
  stop(reason: unknown): void;
}

/** A body made ready to be sent. */
export interface RequestBody {
  /** In bytes; null if it is not known beforehand. */
  readonly length: number | null;
  /** The Content-Type, used if the program sets none; null if the body suggests none. */
  readonly contentType: string | null;
  /** The body can be sent again: in a second attempt, or to where a redirect leads. */
  readonly replayable: boolean;
  /** The whole body if it is in memory, otherwise null. */
  readonly bytes: Uint8Array | null;
  /** Starts to deliver the body from its beginning. It calls the program's code, which may throw. */
  open(): ChunkSource;
  /** Finds out the length, where that takes a wait; undefined where there is nothing to find out. To be awaited before the body is sent; it may reject with why the body can't be sent. */
  measure?: (() => Promise<void>) | undefined;
  /** The body will not be sent, or not again: releases a stream that was never opened. Never throws. */
  release(reason: unknown): void;
  /** From now on, `listener` is told if the source fails while nobody reads it; at once if it has failed. It replaces the one before; null ends it. */
  watch(listener: BodyListener | null): void;
}

export type BodyListener = (error: RequestBodyError) => void;

/** The chunks of a WHATWG stream, by its reader. */
export function readerOf(reader: ReadableStreamDefaultReader<unknown>): ChunkSource {
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    stop: (reason) => callQuietly(() => reader.cancel(reason)),
  };
}

/** The chunks of an iterator. @throws RequestError for a generator that was sent before: it would send an empty body. */
export function iteratorOf(owner: object, iterator: Iterator<unknown> | AsyncIterator<unknown>): ChunkSource {
  if (isThenable(iterator) && typeof (iterator as Partial<Iterator<unknown>>).next !== 'function') {
    callQuietly(() => iterator);
    throw new TypeError('its [Symbol.asyncIterator] returned a promise; it is asked for an iterator, at once');
  }
  if ((iterator as object) === owner) {
    if (sentOnce.has(owner)) throw new RequestError('ERR_INVALID_BODY', 'the body is an iterator and has been sent already; pass a function that makes it anew');
    sentOnce.add(owner);
  }
  return {
    next: async () => iterator.next(),
    stop() {
      // A stream that waits for data ends by destroy() only; its iterator's return() would wait too.
      if ('destroy' in owner && typeof owner.destroy === 'function') callQuietly(() => (owner.destroy as () => void).call(owner));
      else callQuietly(() => iterator.return?.());
    },
  };
}

/** Iterators that were sent: they can be read once. */
const sentOnce = new WeakSet<object>();
