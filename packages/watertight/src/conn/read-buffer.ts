/** Owns the buffers that sockets read into. */

/** Bytes of one read at most. Larger ones save little and cost the cache. */
export const READ_SIZE = 64 << 10;

/** Bytes of an unread body that are taken in before the socket is paused. */
export const HIGH_WATER = 64 << 10;

/** With so many bytes to come, a body is worth buffers of its own. */
export const LARGE = 1 << 20;

/** A piece at least so large is given away with its buffer; a smaller one is copied, so that it does not pin the rest. */
export const KEEP_WHOLE = READ_SIZE / 4;

/**
 * All connections read into this one buffer, so that an idle connection needs
 * none. It is only valid until any of them reads again: everything in it is
 * copied or used at once. A connection in the middle of a large body reads into
 * a `Slab` instead (docs/performance.md).
 */
const shared = Buffer.allocUnsafeSlow(READ_SIZE);

/** The shared buffer as plain bytes: slicing these is faster than slicing a Buffer. */
export const sharedBytes: Uint8Array = new Uint8Array(shared.buffer);

export function sharedBuffer(): Buffer {
  return shared;
}

export function isShared(buffer: Uint8Array): boolean {
  return buffer === shared;
}
