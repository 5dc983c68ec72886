/** Owns the sending of a streamed request body, chunk by chunk, no faster than it is taken. */
import type { Writable } from 'node:stream';
import { show } from '../wire/index.js';
import type { ChunkSource } from './chunk-source.js';
import { RequestBodyError, requestBodyFailed } from './error.js';
import { afterSlice, sliceSpent } from './event-loop.js';
import { tellProgress, type OnProgress } from './progress.js';
import { chunkBytes } from './request-body.js';
import type { RequestTerms } from './request-terms.js';
import type { RequestTrailers } from './request-trailers.js';

/** Where a body goes: a socket, or a stream of HTTP/2. */
export type PumpTarget = Pick<Writable, 'write' | 'cork' | 'uncork' | 'once'>;

/** What a pump needs, and the functions that it calls: one of `sent` and `failed`, unless it is stopped before. */
export interface PumpOptions {
  readonly target: PumpTarget;
  readonly source: ChunkSource;
  /** Bytes announced in Content-Length; null if it is not known beforehand. */
  readonly length: number | null;
  /** What follows a body in chunks. */
  readonly trailers: RequestTrailers | null;
  /** A body of unknown length is sent in the chunks of HTTP/1.1. */
  readonly chunked: boolean;
  /** Is told of bytes that have left for the kernel. */
  readonly onProgress: OnProgress | null;
  /** Is told of each chunk that was written. */
  readonly terms: Pick<RequestTerms, 'wroteChunk'> | null;
  readonly sent: () => void;
  /** Passed to each write of the target, so it is called after the last one too; undefined: not wanted. */
  readonly flushed: (() => void) | undefined;
  readonly failed: (error: Error) => void;
}

/** Bytes written at once while the program wants to know the progress. */
const PIECE = 64 << 10;

const LAST_CHUNK = '0\r\n';

/** The sending of one body. */
export class BodyPump {
  private stopped = false;
  /** It was stopped before its end: nothing more is reported either. */
  private cancelled = false;
  private sentBytes = 0;
  /** Bytes that have left for the kernel. */
  private transferred = 0;

  constructor(private readonly options: PumpOptions) {}

  start(): void {
    this.pull();
  }

  /** Stops for good: nothing more is written, and the source is released. */
  stop(reason: unknown): void {
    this.cancelled = true;
    if (this.stopped) return;
    this.stopped = true;
    this.options.source.stop(reason);
  }

  private pull(): void {
    // A source that is always ready and a socket that takes everything at once would keep the event loop for themselves.
    if (sliceSpent()) afterSlice(this.go);
    else this.pullNow();
  }

  private readonly go = (): void => {
    if (!this.stopped) this.pull();
  };

  private pullNow(): void {
    let next: Promise<IteratorResult<unknown>>;
    try {
      next = this.options.source.next();
    } catch (error) {
      this.fail(error);
      return;
    }
    next.then(
      (result) => {
        if (this.stopped) return;
        try {
          if (typeof result !== 'object' || result === null) throw new TypeError(`the iterator of the body gave ${show(result)}, not an object { done, value }`);
          if (result.done === true) this.finish();
          else this.write(result.value);
        } catch (error) {
          // Even to look at the result may throw: it may have getters.
          this.fail(error);
        }
      },
      // The source has ended by itself, so it is not stopped again.
      (error: unknown) => {
        if (this.stopped) return;
        this.stopped = true;
        this.options.failed(requestBodyFailed(error));
      },
    );
  }

  private write(chunk: unknown): void {
    const { length } = this.options;
    let bytes: Uint8Array;
    try {
      bytes = chunkBytes(chunk);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.sentBytes += bytes.length;
    if (length !== null && this.sentBytes > length) {
      this.fail(new RequestBodyError(`the body has more than the ${length} bytes of its Content-Length; the connection was closed`));
      return;
    }
    // An empty chunk would end a chunked body.
    if (bytes.length === 0) {
      this.pull();
      return;
    }
    if (this.options.onProgress === null) this.send(bytes, this.options.flushed, this.go, chunk);
    else this.sendPieces(bytes);
  }

  /** Writes a chunk, and calls `next` when the socket takes more, perhaps at once; `written` is called when it has left. */
  private send(bytes: Uint8Array, written: ((error?: Error | null) => void) | undefined, next: () => void, chunk: unknown = bytes): void {
    const { target, length, chunked, terms } = this.options;
    let flowing: boolean;
    if (length === null && chunked) {
      target.cork();
      target.write(`${bytes.length.toString(16)}\r\n`, 'latin1');
      target.write(bytes);
      flowing = target.write('\r\n', 'latin1', written);
      target.uncork();
    } else flowing = target.write(bytes, written);
    if (terms !== null) {
      terms.wroteChunk(chunk);
      // It was told to end the request.
      if (this.stopped) return;
    }
    // A target that ended meanwhile never drains, but then the exchange fails and stops the pump.
    if (flowing) next();
    else target.once('drain', next);
  }

  private sendPieces(bytes: Uint8Array): void {
    const piece = bytes.subarray(0, PIECE);
    const rest = bytes.subarray(PIECE);
    const written = (error?: Error | null): void => {
      this.options.flushed?.();
      if (!error && !this.cancelled) this.report(piece.length);
    };
    const next = (): void => {
      if (this.stopped) return;
      if (rest.length > 0) this.sendPieces(rest);
      else this.pull();
    };
    this.send(piece, written, next);
  }

  /** Tells the program how much has left. If its function fails, so does the upload. */
  private report(bytes: number): void {
    this.transferred += bytes;
    const { onProgress, length } = this.options;
    tellProgress('onUploadProgress', onProgress!, { transferred: this.transferred, total: length }, (message, options) => {
      if (this.cancelled) return;
      this.stop(options.cause);
      this.options.failed(new RequestBodyError(message, options));
    });
  }

  private finish(): void {
    const { length, trailers, chunked } = this.options;
    this.stopped = true;
    if (length === null && chunked) {
      if (trailers === null) this.end('');
      else this.endWith(trailers);
      return;
    }
    if (length !== null && this.sentBytes < length) {
      this.options.failed(new RequestBodyError(`the body ended after ${this.sentBytes} of the ${length} bytes of its Content-Length; the connection was closed`));
      return;
    }
    this.options.sent();
  }

  /** The program's functions say now what follows the body; the request may be over when they have. */
  private endWith(trailers: RequestTrailers): void {
    trailers.collect().then(
      (lines) => {
        if (!this.cancelled) this.end(lines);
      },
      (error: unknown) => {
        if (!this.cancelled) this.options.failed(requestBodyFailed(error));
      },
    );
  }

  private end(trailers: string): void {
    this.options.target.write(`${LAST_CHUNK}${trailers}\r\n`, 'latin1', this.options.flushed);
    this.options.sent();
  }

  private fail(error: unknown): void {
    this.stop(error);
    this.options.failed(requestBodyFailed(error));
  }
}
