/**
 * Owns what sockets read into. All connections share one buffer, so that an
 * idle one costs none; it is only valid until the next read of any of them,
 * so everything in it is copied or consumed at once. A connection in the
 * middle of a large body reads into buffers of its own, which it gives away
 * without a copy.
 */

/** Bytes of one read at most. Larger ones save little and cost the cache. */
export const READ_SIZE = 64 << 10;

/** A piece at least so large is given away with its buffer; a smaller one is copied, so that it does not pin the rest. */
export const KEEP_WHOLE = READ_SIZE / 4;

const shared = Buffer.allocUnsafeSlow(READ_SIZE);

/** The shared buffer as plain bytes: slicing these is faster than slicing a Buffer. */
export const sharedBytes = new Uint8Array(shared.buffer);

export function sharedBuffer(): Buffer {
  return shared;
}

export function isShared(buffer: Buffer): boolean {
  return buffer === shared;
}

/** A buffer of the connection's own. */
export function newReadBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(READ_SIZE);
}
