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
export const sharedBytes = new Uint8Array(shared.buffer);

export function sharedBuffer(): Buffer {
  return shared;
}

export function isShared(buffer: Uint8Array): boolean {
  return buffer === shared;
}

/** How much a connection in the middle of a large body allocates at once; reads fill it piece by piece. */
const SLAB_SIZE = 256 << 10;

/**
 * glibc gives memory at the top of its heap back to the kernel as soon as more is
 * free than a threshold, and what is allocated next must be mapped again, page by
 * page: that can cost as much as the whole rest of a download. The threshold
 * follows the largest block that was ever freed, up to 32 MiB (mallopt(3),
 * M_MMAP_THRESHOLD). So one such block is allocated, never touched, and left to
 * the garbage collector, once in a process that downloads much. See
 * docs/performance.md; where the allocator is another, it changes nothing.
 */
const STEADYING = 31 << 20;
let steadied = false;

function steadyHeap(): void {
  if (steadied) return;
  steadied = true;
  Buffer.allocUnsafeSlow(STEADYING);
}

/** What a connection reads a large body into: pieces are given away as they were read, and the next read goes behind them. */
export class Slab {
  private bytes = Buffer.allocUnsafeSlow(SLAB_SIZE);
  private used = 0;

  constructor() {
    steadyHeap();
  }

  /** Room for the next read. */
  room(): Buffer {
    if (SLAB_SIZE - this.used < READ_SIZE / 2) {
      this.bytes = Buffer.allocUnsafeSlow(SLAB_SIZE);
      this.used = 0;
    }
    return this.bytes.subarray(this.used, this.used + READ_SIZE);
  }

  /** The first `length` bytes of the room were given away. */
  give(length: number): void {
    // Eight-byte alignment: copies out of it are faster.
    this.used = Math.min(SLAB_SIZE, (this.used + length + 7) & ~7);
  }
}
