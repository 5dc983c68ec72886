/** Owns what a connection reads a large body into when the program keeps what it reads. */

import { READ_SIZE } from './read-buffer.js';
import { chunkMemoryTaken } from './young-generation.js';

/** How much is allocated at once; reads fill it piece by piece. */
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

/** Pieces are given away as they were read, and the next read goes behind them. */
export class Slab {
  private bytes = Buffer.allocUnsafeSlow(SLAB_SIZE);
  private used = 0;

  constructor() {
    steadyHeap();
    chunkMemoryTaken(SLAB_SIZE);
  }

  /** Room for the next read. */
  room(): Buffer {
    if (SLAB_SIZE - this.used < READ_SIZE / 2) {
      this.bytes = Buffer.allocUnsafeSlow(SLAB_SIZE);
      this.used = 0;
      chunkMemoryTaken(SLAB_SIZE);
    }
    return this.bytes.subarray(this.used, this.used + READ_SIZE);
  }

  /** The first `length` bytes of the room were given away. */
  give(length: number): void {
    // Eight-byte alignment: copies out of it are faster.
    this.used = Math.min(SLAB_SIZE, (this.used + length + 7) & ~7);
  }
}
