/** Owns a Node stream as the body of a request: its errors are heard from the moment it is given to us until it is closed. */
import { iteratorOf, type BodyListener, type ChunkSource, type RequestBody } from './chunk-source.js';
import { requestBodyFailed, type RequestBodyError } from './error.js';
import { callQuietly } from './user-call.js';

/** What we use of a `stream.Readable`; streams of other packages have it too. */
export interface NodeStream extends AsyncIterable<unknown> {
  on(event: string, listener: (error?: unknown) => void): unknown;
  off(event: string, listener: (error?: unknown) => void): unknown;
  destroy(error?: unknown): unknown;
  readonly destroyed?: boolean;
  readonly errored?: Error | null;
  readonly readableEnded?: boolean;
  readonly readableDidRead?: boolean;
}

export function isNodeStream(value: object): value is NodeStream {
  const { on, off, destroy } = value as Partial<Record<keyof NodeStream, unknown>>;
  return Symbol.asyncIterator in value && typeof on === 'function' && typeof off === 'function' && typeof destroy === 'function';
}

/**
 * A file that does not exist reports it before anything is sent, while the
 * request waits for a name, a connection or the server's 100. Without a listener
 * such an `error` event ends the process, so there is one from the beginning.
 */
export class NodeStreamBody implements RequestBody {
  readonly length = null;
  readonly contentType = null;
  readonly replayable = false;
  readonly bytes = null;
  private opened = false;
  /** All of it was read, or nobody wants it any more: later errors are of no interest. */
  private over = false;
  private failure: RequestBodyError | null = null;
  private listener: BodyListener | null = null;

  constructor(private readonly stream: NodeStream) {
    stream.on('error', this.onError);
    stream.on('close', this.onClose);
    if (stream.errored instanceof Error) this.onError(stream.errored);
    else if (stream.readableEnded === true && !this.empty) this.fail(new Error('the stream was read to its end before; give a stream that is new, or a function that makes one'));
    else if (stream.destroyed === true && !this.empty) this.fail(closedEarly('the stream was destroyed before; give a stream that is new, or a function that makes one'));
  }

  watch(listener: BodyListener | null): void {
    this.listener = listener;
    if (listener !== null && this.failure !== null) listener(this.failure);
  }

  open(): ChunkSource {
    if (this.failure !== null) throw this.failure;
    if (this.opened) throw requestBodyFailed(new Error('the stream has been sent already; give a function that makes it anew'));
    this.opened = true;
    const source = iteratorOf(this.stream, this.stream[Symbol.asyncIterator]());
    return {
      next: async () => {
        const result = await source.next();
        if (result.done === true) this.over = true;
        return result;
      },
      stop: () => this.drop(),
    };
  }

  release(): void {
    if (!this.opened) this.drop();
  }

  private drop(): void {
    if (this.over) return;
    this.opened = this.over = true;
    // Its iterator's return() would wait for data; and the listeners stay until it is closed, for what destroy() may report.
    callQuietly(() => this.stream.destroy());
  }

  /** It has ended, and there was nothing in it: a stream closes itself then, before anybody reads it. */
  private get empty(): boolean {
    return this.stream.readableEnded === true && this.stream.readableDidRead === false;
  }

  private readonly onError = (error: unknown): void => this.fail(error);

  private readonly onClose = (): void => {
    const { stream } = this;
    if (!this.opened && !this.over && !this.empty) this.fail(closedEarly('the stream was closed before it was sent'));
    stream.off('close', this.onClose);
    stream.off('error', this.onError);
  };

  private fail(cause: unknown): void {
    if (this.over || this.failure !== null) return;
    this.failure = requestBodyFailed(cause);
    this.listener?.(this.failure);
  }
}

/** With the code that Node's own functions give such a stream. */
function closedEarly(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
}
