/** Owns a WHATWG stream as the body of a request: from the start of the request on it is locked, and its failure is heard. */
import { readerOf, type BodyListener, type ChunkSource, type RequestBody } from './chunk-source.js';
import { requestBodyFailed, type RequestBodyError } from './error.js';
import { callQuietly } from './user-call.js';

/**
 * A stream may fail while the request waits for a name, a connection, the
 * server's 100 or a server that reads slowly. Only a reader hears that, so the
 * stream gets its reader as soon as the request is on its way.
 */
export class WebStreamBody implements RequestBody {
  readonly length = null;
  readonly contentType = null;
  readonly replayable = false;
  readonly bytes = null;
  private reader: ReadableStreamDefaultReader<unknown> | null = null;
  /** It is being sent, or nobody wants it any more. */
  private taken = false;
  private failure: RequestBodyError | null = null;
  private listener: BodyListener | null = null;

  constructor(private readonly stream: ReadableStream<unknown>) {}

  watch(listener: BodyListener | null): void {
    this.listener = listener;
    if (listener === null) return;
    if (this.reader === null && !this.taken) this.lock();
    if (this.failure !== null) listener(this.failure);
  }

  /** @throws RequestBodyError if it has failed, or has been sent already; TypeError if somebody else has locked it. */
  open(): ChunkSource {
    if (this.failure !== null) throw this.failure;
    if (this.taken) throw requestBodyFailed(new Error('the stream has been sent already; give a function that makes it anew'));
    this.taken = true;
    this.reader ??= this.stream.getReader();
    return readerOf(this.reader);
  }

  release(reason: unknown): void {
    if (this.taken) return;
    this.taken = true;
    const { reader } = this;
    callQuietly(() => (reader ?? this.stream).cancel(reason));
  }

  private lock(): void {
    try {
      this.reader = this.stream.getReader();
    } catch (error) {
      this.failure = requestBodyFailed(error);
      return;
    }
    this.reader.closed.catch((error: unknown) => {
      // While it is sent as well: a server that reads nothing keeps us from reading the stream.
      if (this.failure !== null) return;
      this.failure = requestBodyFailed(error);
      this.listener?.(this.failure);
    });
  }
}
