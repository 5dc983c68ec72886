/** Owns the sending of a streamed request body, chunk by chunk, no faster than the socket takes it. */
import type { Socket } from 'node:net';
import { show } from '../wire/index.js';
import type { ChunkSource } from './chunk-source.js';
import { RequestBodyError, requestBodyFailed } from './error.js';
import { afterSlice, sliceSpent } from './event-loop.js';
import { chunkBytes } from './request-body.js';

/** What a pump needs, and the functions that it calls: one of `sent` and `failed`, unless it is stopped before. */
export interface PumpOptions {
  readonly socket: Socket;
  readonly source: ChunkSource;
  /** Bytes announced in Content-Length; null for the chunked coding. */
  readonly length: number | null;
  readonly sent: () => void;
  /** Passed to each write of the socket, so it is called after the last one too; undefined: not wanted. */
  readonly flushed: (() => void) | undefined;
  readonly failed: (error: Error) => void;
}

const LAST_CHUNK = '0\r\n\r\n';

/** The sending of one body. */
export class BodyPump {
  private stopped = false;
  private sentBytes = 0;

  constructor(private readonly options: PumpOptions) {}

  start(): void {
    this.pull();
  }

  /** Stops for good: nothing more is written, and the source is released. */
  stop(reason: unknown): void {
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
    const { socket, length, flushed } = this.options;
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
    let flowing: boolean;
    if (length === null) {
      socket.cork();
      socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1');
      socket.write(bytes);
      flowing = socket.write('\r\n', 'latin1', flushed);
      socket.uncork();
    } else flowing = socket.write(bytes, flushed);
    // A socket that ended meanwhile never drains, but then the exchange fails and stops the pump.
    if (flowing) this.pull();
    else socket.once('drain', this.go);
  }

  private finish(): void {
    const { socket, length, flushed } = this.options;
    this.stopped = true;
    if (length === null) socket.write(LAST_CHUNK, 'latin1', flushed);
    else if (this.sentBytes < length) {
      this.options.failed(new RequestBodyError(`the body ended after ${this.sentBytes} of the ${length} bytes of its Content-Length; the connection was closed`));
      return;
    }
    this.options.sent();
  }

  private fail(error: unknown): void {
    this.stop(error);
    this.options.failed(requestBodyFailed(error));
  }
}
