/** Owns the bytes of a response's body between the connection and its reader, and the read that waits for more of them. */
import type { BodySource, BodyState } from './body-source.js';
import { ChunkQueue } from './chunk-queue.js';
import { drain } from './drain.js';
import { BodyError } from './error.js';

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
  /** Kept alive as long as the read waits. */
  readonly handle: object;
  /** Takes what was asked for, or null at EOF. */
  readonly give: (bytes: Uint8Array | null) => void;
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
  private pending: PendingRead | null = null;

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

  take(max: number): Uint8Array | null | undefined {
    if (this.pending !== null) throw new BodyError('ERR_BODY_READING', 'another read of this body is under way; await it first');
    const { owner } = this;
    if (this.bytes > 0) {
      const bytes = this.shift(max);
      this.bytesRead += bytes.length;
      owner.bytesTaken(this.bytes);
      return bytes;
    }
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
      this.pending = { max, handle, give: (bytes) => resolve(as(bytes)), reject };
      this.owner.readStarted();
    });
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

  /** Takes the waiting read off the body, to be given to `answer` or `refuse`; null if none waits. */
  takePending(): PendingRead | null {
    const { pending } = this;
    this.pending = null;
    return pending;
  }

  /** Gives a read what it waited for: there are bytes, or the end has come. */
  answer(read: PendingRead): void {
    try {
      read.give(this.take(read.max) as Uint8Array | null);
    } catch (error) {
      read.reject(error);
    }
  }

  /** Ends a read of a body that is over. What came before the fault is read before the fault is reported. */
  refuse(read: PendingRead, error: unknown): void {
    if (this.bytes > 0) this.answer(read);
    else read.reject(error ?? new BodyError('ERR_BODY_CLOSED', `the body of ${this.owner.method} ${this.owner.url} was closed during the read`));
  }
}
