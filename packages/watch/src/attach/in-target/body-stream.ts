/** Owns the question whether a Node stream with a response's body is waiting for a reader. */
import type { Readable, Writable } from 'node:stream';
import { field, isObject } from './found.js';

export function isReadable(value: unknown): value is Readable {
  return isObject(value) && '_readableState' in value && typeof (value as Partial<Readable>).read === 'function';
}

/** Whether the stream has a body that is neither read to its end nor given up. */
export function isOpen(stream: Readable): boolean {
  return !stream.readableEnded && !stream.destroyed && stream.errored === null;
}

/**
 * Whether somebody reads it at this moment, so that it waits for the server or for whatever it is written to.
 * A stream with bytes that nobody takes out is not being read, even if somebody listens.
 */
export function isBeingRead(stream: Readable): boolean {
  // undici's `text()` and the like take the bytes past the buffer.
  if (isObject(field(stream, 'kConsume'))) return true;
  if (targets(stream).some((to) => !to.destroyed && to.errored === null && to.writable)) return true;
  if (stream.readableLength > 0) return false;
  return stream.readableFlowing === true || stream.listenerCount('readable') > 0;
}

/** Whether all of it has come. */
export function isComplete(stream: Readable): boolean {
  return (stream as unknown as { readonly _readableState: { readonly ended?: unknown } })._readableState.ended === true;
}

/** What it is piped into. */
function targets(stream: Readable): readonly Writable[] {
  const { pipes } = (stream as unknown as { readonly _readableState: { readonly pipes?: unknown } })._readableState;
  return (Array.isArray(pipes) ? pipes : []) as Writable[];
}
