/** Owns a queue of chunks: the bytes that have arrived and that nobody has read yet. */
import type { PayloadSink } from '../wire/index.js';
import { ParkedBytes } from './parked-bytes.js';
import { isShared, KEEP_WHOLE, sharedBytes } from './read-buffer.js';
import type { TurnBuffers } from './turn-buffers.js';
import { chunkMemoryTaken } from './young-generation.js';

/** Shared by all queues without further chunks; never written to. */
const NONE: Uint8Array[] = [];

/**
 * A queue of bytes. The buffer that it is given is read into again, so the
 * queue copies its bytes; only a large piece of a buffer that the connection
 * gives away is kept without a copy.
 */
export class ChunkQueue implements PayloadSink {
  /** How many bytes are in the queue. */
  bytes = 0;
  private kept = false;

  /** Most bodies are one chunk; only further ones need the list. */
  private first: Uint8Array | null = null;
  private rest: Uint8Array[] = NONE;
  private at = 0;
  /** The program reads into its own memory: it wants no chunks. */
  piecewise = false;
  /** Bytes newer than every chunk, which came for a program that reads so. */
  private parked: ParkedBytes | null = null;
  /** What a large body is read into for such a program. Their bytes are only copied out. */
  turns: TurnBuffers | null = null;

  push(bytes: Buffer, start: number, end: number): void {
    if (this.turns !== null && this.turns.owns(bytes)) {
      this.add(bytes.subarray(start, end));
      return;
    }
    if (this.piecewise) {
      this.parked ??= new ParkedBytes();
      if (this.parked.put(bytes, start, end)) {
        this.bytes += end - start;
        return;
      }
    }
    if (this.parked !== null) this.unpark(this.parked);
    if (isShared(bytes)) {
      chunkMemoryTaken(end - start);
      this.add(sharedBytes.slice(start, end));
    } else if (end - start >= KEEP_WHOLE) {
      this.kept = true;
      this.add(bytes.subarray(start, end));
    } else this.add(Uint8Array.prototype.slice.call(bytes, start, end));
  }

  /** The oldest chunk, or the first `max` bytes of it. There must be one. */
  shift(max: number): Uint8Array {
    let chunk = this.first;
    if (chunk === null) chunk = this.parked!.slice(max);
    else if (chunk.length > max) {
      this.first = chunk.subarray(max);
      chunk = chunk.subarray(0, max);
    } else this.nextChunk();
    this.bytes -= chunk.length;
    // It will be read into again.
    return this.turns !== null && this.turns.owns(chunk) ? Uint8Array.prototype.slice.call(chunk) : chunk;
  }

  /** Moves the oldest bytes to `into[from]` and behind, as many as there are and as have room; their number. */
  shiftInto(into: Uint8Array, from: number): number {
    let at = from;
    while (this.first !== null && at < into.length) {
      const chunk = this.first;
      const count = Math.min(chunk.length, into.length - at);
      into.set(count === chunk.length ? chunk : chunk.subarray(0, count), at);
      if (count === chunk.length) this.nextChunk();
      else this.first = chunk.subarray(count);
      at += count;
    }
    if (this.first === null && this.parked !== null) at += this.parked.moveTo(into, at);
    this.bytes -= at - from;
    return at - from;
  }

  /** Whether a piece of the buffer last pushed was kept: then the connection must read into another one. */
  tookBuffer(): boolean {
    const { kept } = this;
    this.kept = false;
    return kept;
  }

  clear(): void {
    this.first = this.parked = null;
    this.rest = NONE;
    this.at = this.bytes = 0;
  }

  add(chunk: Uint8Array): void {
    if (this.parked !== null) this.unpark(this.parked);
    this.append(chunk);
  }

  private append(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    if (this.first === null) this.first = chunk;
    else if (this.rest === NONE) this.rest = [chunk];
    else this.rest.push(chunk);
  }

  /** Makes a chunk of what is parked, so that another can stand behind it. */
  private unpark(parked: ParkedBytes): void {
    if (parked.bytes === 0) return;
    this.bytes -= parked.bytes;
    this.append(parked.slice(Infinity));
  }

  private nextChunk(): void {
    if (this.at < this.rest.length) {
      this.first = this.rest[this.at++];
      if (this.at === this.rest.length) {
        this.rest = NONE;
        this.at = 0;
      }
    } else this.first = null;
  }
}
