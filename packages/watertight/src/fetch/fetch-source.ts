/** Owns the reading of a response's body with the errors that the Fetch standard wants: the reason of an abort itself, or a TypeError. */
import { alone, onAbort, type BodyState, type ReadableBody } from '../conn/index.js';
import { networkError } from './error.js';

/** What a response is read from; the library's `Body` is such a thing. */
export interface UnreadBody extends ReadableBody {
  readAll(): Promise<Uint8Array>;
  /** From now on, chunks are no parts of memory that something else uses. */
  separate(): void;
}

/** Is told when the body has been read to its end, and is kept alive until then. */
export interface EndListener {
  /** `size`: bytes that were given out, after decoding. */
  bodyEnded(size: number): void;
  /** A read has failed, or the body was closed early. May be called more than once. */
  bodyFailed(error: unknown, size: number): void;
}

/** The body of a response of `fetch`. */
export class FetchSource implements ReadableBody {
  /** Somebody has begun to read or to cancel it. */
  disturbed = false;
  /** Ends the stream's subscription to the signal. */
  private unsubscribe: (() => void) | null = null;
  private controller: ReadableByteStreamController | null = null;
  /** Bytes that were given out. */
  private size = 0;

  constructor(
    private readonly body: UnreadBody,
    private readonly signal: AbortSignal | null,
    private listener: EndListener | null,
  ) {}

  get state(): BodyState {
    return this.body.state;
  }

  /**
   * The stream that reads this source has begun. It ends at once with an abort, for
   * those who wait for its end without reading. The signal may live longer than the
   * response, so it holds nothing of it: an unread response must be collected.
   */
  opened(controller: ReadableByteStreamController): void {
    if (this.state === 'eof') {
      controller.close();
      return;
    }
    const { signal } = this;
    if (signal === null) return;
    this.controller = controller;
    if (signal.aborted) {
      this.abort(signal.reason);
      return;
    }
    const held = new WeakRef(this);
    const unsubscribe = onAbort(signal, (reason) => held.deref()?.abort(reason));
    this.unsubscribe = unsubscribe;
    collected.register(this, unsubscribe, this);
  }

  private abort(reason: unknown): void {
    this.settled();
    this.controller!.error(reason);
    this.listener?.bodyFailed(reason, this.size);
    void this.body.close();
  }

  readAll(): Promise<Uint8Array> {
    this.disturbed = true;
    if (this.signal !== null && this.signal.aborted && this.state !== 'eof') return this.aborted();
    return this.body.readAll().then(this.all, this.failed);
  }

  read(): Promise<Uint8Array | null>;
  read(options: { readonly into: Uint8Array }): Promise<number | null>;
  read(options?: { readonly into: Uint8Array }): Promise<Uint8Array | number | null> {
    this.disturbed = true;
    if (this.signal !== null && this.signal.aborted && this.state !== 'eof') return this.aborted();
    return options === undefined ? this.body.read().then(this.chunk, this.failed) : this.body.read(options).then(this.filled, this.failed);
  }

  close(): Promise<void> {
    this.disturbed = true;
    this.settled();
    if (this.body.state === 'unread' || this.body.state === 'reading') this.listener?.bodyFailed(new DOMException('The body was cancelled.', 'AbortError'), this.size);
    return this.body.close();
  }

  separate(): void {
    this.body.separate();
  }

  private readonly all = (bytes: Uint8Array): Uint8Array => {
    // An abort in the turn of the read comes before the bytes that were here already.
    if (this.signal !== null && this.signal.aborted && bytes.length > 0) {
      this.listener?.bodyFailed(this.signal.reason, 0);
      throw this.signal.reason;
    }
    this.size = bytes.length;
    this.end();
    return bytes;
  };

  /** What the program gets it may transfer. */
  private readonly chunk = (bytes: Uint8Array | null): Uint8Array | null => {
    if (bytes !== null) this.size += bytes.length;
    if (this.body.state === 'eof') this.end();
    return bytes === null ? null : alone(bytes);
  };

  private readonly filled = (count: number | null): number | null => {
    if (count !== null) this.size += count;
    if (this.body.state === 'eof') this.end();
    return count;
  };

  private readonly failed = (error: unknown): never => {
    this.settled();
    this.listener?.bodyFailed(error, this.size);
    throw this.signal !== null && this.signal.aborted ? this.signal.reason : networkError('terminated', error);
  };

  /** What has arrived before the abort is not given out any more. */
  private async aborted(): Promise<never> {
    this.settled();
    this.listener?.bodyFailed(this.signal!.reason, this.size);
    await this.body.close();
    throw this.signal!.reason;
  }

  private end(): void {
    this.settled();
    const { listener } = this;
    this.listener = null;
    listener?.bodyEnded(this.size);
  }

  /** The signal has nothing more to tell. */
  private settled(): void {
    if (this.unsubscribe === null) return;
    collected.unregister(this);
    this.unsubscribe();
    this.unsubscribe = null;
  }
}

/** A response that was forgotten leaves nothing on its signal. */
const collected = new FinalizationRegistry<() => void>((unsubscribe) => unsubscribe());
