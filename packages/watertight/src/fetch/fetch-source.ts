/** Owns the reading of a response's body with the errors that the Fetch standard wants: the reason of an abort itself, or a TypeError. */
import type { BodyState, ReadableBody } from '../conn/index.js';
import { networkError } from './error.js';

/** What a response is read from; the library's `Body` is such a thing. */
export interface UnreadBody extends ReadableBody {
  readAll(): Promise<Uint8Array>;
  /** From now on, chunks are no parts of memory that something else uses. */
  separate(): void;
}

/** Is told when the body has been read to its end, and is kept alive until then. */
export interface EndListener {
  bodyEnded(): void;
  /** A read has failed. May be called more than once. */
  bodyFailed(error: unknown): void;
}

/** The body of a response of `fetch`. */
export class FetchSource implements ReadableBody {
  /** Somebody has begun to read or to cancel it. */
  disturbed = false;

  constructor(
    private readonly body: UnreadBody,
    private readonly signal: AbortSignal | null,
    private listener: EndListener | null,
  ) {}

  get state(): BodyState {
    return this.body.state;
  }

  readAll(): Promise<Uint8Array> {
    this.disturbed = true;
    if (this.signal !== null && this.signal.aborted) return this.aborted();
    return this.body.readAll().then(this.all, this.failed);
  }

  read(): Promise<Uint8Array | null>;
  read(options: { readonly into: Uint8Array }): Promise<number | null>;
  read(options?: { readonly into: Uint8Array }): Promise<Uint8Array | number | null> {
    this.disturbed = true;
    if (this.signal !== null && this.signal.aborted) return this.aborted();
    const read: Promise<Uint8Array | number | null> = options === undefined ? this.body.read() : this.body.read(options);
    return read.then(this.some, this.failed);
  }

  close(): Promise<void> {
    this.disturbed = true;
    if (this.body.state === 'unread' || this.body.state === 'reading') this.listener?.bodyFailed(new DOMException('The body was cancelled.', 'AbortError'));
    return this.body.close();
  }

  separate(): void {
    this.body.separate();
  }

  private readonly all = (bytes: Uint8Array): Uint8Array => {
    // An abort in the turn of the read comes before the bytes that were here already.
    if (this.signal !== null && this.signal.aborted) throw this.signal.reason;
    this.end();
    return bytes;
  };

  private readonly some = <T>(result: T): T => {
    if (this.body.state === 'eof') this.end();
    return result;
  };

  private readonly failed = (error: unknown): never => {
    this.listener?.bodyFailed(error);
    throw this.signal !== null && this.signal.aborted ? this.signal.reason : networkError('terminated', error);
  };

  /** What has arrived before the abort is not given out any more. */
  private async aborted(): Promise<never> {
    await this.body.close();
    throw this.signal!.reason;
  }

  private end(): void {
    const { listener } = this;
    this.listener = null;
    listener?.bodyEnded();
  }
}
