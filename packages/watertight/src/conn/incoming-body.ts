/** Owns the bytes of a response's body between the connection and its reader, and the read that waits for more of them. */
import { RequestError } from '../wire/index.js';
import type { BodySource, BodyState } from './body-source.js';
import { ChunkQueue } from './chunk-queue.js';
import { drain } from './drain.js';
import { BodyError } from './error.js';
import { isShared, sharedBytes } from './read-buffer.js';

/** What a body asks of the exchange that brings it in; `Exchange` implements it. */
export interface BodyOwner {
  readonly bodyState: BodyState;
  /** Every byte of the body has come. Only asked while the body is open. */
  readonly complete: boolean;
  /** Why the body failed. */
  readonly error: unknown;
  readonly method: string;
  readonly url: string;
  /** Bytes were taken, and `left` wait. */
  bytesTaken(left: number): void;
  /** There is no further byte to take, and none will come. */
  endReached(): void;
  /** A read waits for bytes. */
  readStarted(): void;
  closeBody(): Promise<void>;
  shutBody(): void;
}

/** A read that waits for bytes. */
export interface PendingRead {
  readonly max: number;
  /** The program's memory, which the bytes go to; null if it wants a chunk. */
  readonly into: Uint8Array | null;
  /** Kept alive as long as the read waits. */
  readonly handle: object;
  /** Takes what was asked for: a chunk, a number of bytes, or null at EOF. */
  readonly give: (bytes: Uint8Array | number | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The body of one exchange as a source of bytes.
 *
 * It must not refer to the Response or the Body except while a read waits: the
 * watch can only see that the program has dropped them if nothing here holds them.
 */
export class IncomingBody extends ChunkQueue implements BodySource {
  /** Bytes that the reader has taken. */
  bytesRead = 0;
  /** Chunks may be parts of a buffer that the connection goes on reading into. */
  slabs = true;
  private pending: PendingRead | null = null;
  /** Bytes that are in the memory of the waiting read already. */
  private filled = 0;

  constructor(private readonly owner: BodyOwner) {
    super();
  }

  get state(): BodyState {
    return this.owner.bodyState;
  }

  /** A read waits for bytes. */
  get awaited(): boolean {
    return this.pending !== null;
  }

  /** There is something to give to the waiting read. */
  get ready(): boolean {
    return this.bytes > 0 || this.filled > 0;
  }

  take(max: number): Uint8Array | null | undefined {
    this.piecewise = false;
    if (!this.available()) return this.atEnd();
    const bytes = this.shift(max);
    this.bytesRead += bytes.length;
    this.owner.bytesTaken(this.bytes);
    return bytes;
  }

  takeInto(into: Uint8Array): number | null | undefined {
    this.piecewise = true;
    this.slabs = false;
    if (!this.available()) return this.atEnd();
    return this.countInto(this.shiftInto(into, 0));
  }

  /** Whether there are bytes to take. Throws during another read. */
  private available(): boolean {
    if (this.pending !== null) throw new BodyError('ERR_BODY_READING', 'another read of this body is under way; await it first');
    return this.bytes > 0;
  }

  /** There are no bytes: null if that is the end, undefined if more are to come. */
  private atEnd(): null | undefined {
    const { owner } = this;
    switch (owner.bodyState) {
      case 'eof':
        return null;
      case 'closed':
        throw new BodyError('ERR_BODY_CLOSED', `the body of ${owner.method} ${owner.url} was closed; read it before close()`);
      case 'errored':
        throw owner.error;
      default:
        if (!owner.complete) return undefined;
        owner.endReached();
        return null;
    }
  }

  wait<T>(max: number, handle: object, as: (bytes: Uint8Array | null) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.pending = { max, into: null, handle, give: (bytes) => resolve(as(bytes as Uint8Array | null)), reject };
      this.owner.readStarted();
    });
  }

  waitInto(into: Uint8Array, handle: object): Promise<number | null> {
    return new Promise((resolve, reject) => {
      this.pending = { max: into.length, into, handle, give: resolve as PendingRead['give'], reject };
      this.owner.readStarted();
    });
  }

  separate(): void {
    this.slabs = false;
  }

  private countInto(count: number): number {
    this.bytesRead += count;
    this.owner.bytesTaken(this.bytes);
    return count;
  }

  close(): Promise<void> {
    return this.owner.closeBody();
  }

  drain(limit: number): Promise<void> {
    return drain(this, limit);
  }

  shut(): void {
    this.owner.shutBody();
  }

  // ---- from the exchange

  /** Bytes that came: straight into the memory of a read that waits for them, or into the queue. */
  override push(bytes: Buffer, start: number, end: number): void {
    const into = this.pending === null ? null : this.pending.into;
    if (into === null || this.bytes > 0) {
      super.push(bytes, start, end);
      return;
    }
    // The program may have transferred its memory meanwhile: then it has no room.
    const count = Math.max(0, Math.min(end - start, into.length - this.filled));
    if (count > 0) {
      into.set((isShared(bytes) ? sharedBytes : bytes).subarray(start, start + count), this.filled);
      this.filled += count;
    }
    if (start + count < end) super.push(bytes, start + count, end);
  }

  override clear(): void {
    super.clear();
    this.filled = 0;
  }

  /** Takes the waiting read off the body, to be given to `answer` or `refuse`; null if none waits. */
  takePending(): PendingRead | null {
    const { pending } = this;
    this.pending = null;
    return pending;
  }

  /** Gives a read what it waited for: there are bytes, or the end has come. */
  answer(read: PendingRead): void {
    try {
      if (read.into === null) read.give(this.take(read.max) as Uint8Array | null);
      else read.give(this.fill(read.into));
    } catch (error) {
      read.reject(error);
    }
  }

  /** The end of a read into the program's memory: some bytes may be there already, others in the queue. */
  private fill(into: Uint8Array): number | null {
    const { filled } = this;
    this.filled = 0;
    if (into.length < Math.max(1, filled)) throw new RequestError('ERR_INVALID_OPTION', 'the memory that read({ into }) was to fill was transferred or made smaller during the read');
    if (filled === 0) return this.takeInto(into) as number | null;
    return this.countInto(filled + (this.bytes > 0 ? this.shiftInto(into, filled) : 0));
  }

  /** Ends a read of a body that is over. What came before the fault is read before the fault is reported. */
  refuse(read: PendingRead, error: unknown): void {
    if (this.ready) this.answer(read);
    else read.reject(error ?? new BodyError('ERR_BODY_CLOSED', `the body of ${this.owner.method} ${this.owner.url} was closed during the read`));
  }
}
