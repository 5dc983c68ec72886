/** Owns the ReadableStream that `response.body` gives: one of type `bytes`, made when it is first asked for. */
import { bodyStream } from '../conn/index.js';
import type { FetchSource } from './fetch-source.js';

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/**
 * The stream. An iteration over it locks it, as the standard says, but reads what
 * is under it: a chunk that goes through the queue of a stream costs several times
 * what it costs to read it.
 */
export function fetchStream(source: FetchSource): ReadableStream<Uint8Array> {
  source.separate();
  const stream = bodyStream(source, (controller) => source.opened(controller));
  const values = (options?: { preventCancel?: boolean }): AsyncIterableIterator<Uint8Array> =>
    source.disturbed || stream.locked ? ReadableStream.prototype.values.call(stream, options) : new StreamIterator(stream, source, options?.preventCancel === true);
  Object.defineProperties(stream, {
    values: { value: values, configurable: true, writable: true },
    [Symbol.asyncIterator]: { value: values, configurable: true, writable: true },
  });
  return stream;
}

/** Reads the source while the stream is locked by a reader of its own. Calls follow one another, as in the standard. */
class StreamIterator implements AsyncIterableIterator<Uint8Array> {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private over = false;
  /** Calls that have not settled, and the latest of them. */
  private active = 0;
  private last: Promise<unknown> | null = null;

  constructor(
    stream: ReadableStream<Uint8Array>,
    private readonly source: FetchSource,
    private readonly preventCancel: boolean,
  ) {
    this.reader = stream.getReader();
    // The reader only holds the lock; whoever iterates hears of the failure.
    this.reader.closed.catch(() => undefined);
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    return this.inTurn(this.step);
  }

  return(value?: unknown): Promise<IteratorResult<Uint8Array>> {
    return this.inTurn(async () => {
      if (!this.over) await this.finish(!this.preventCancel);
      this.active--;
      return { done: true, value: value as undefined };
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.active === 0 ? act() : this.last!.then(act, act);
    this.active++;
    this.last = result;
    return result;
  }

  private readonly step = (): Promise<IteratorResult<Uint8Array>> => {
    if (this.over || this.source.state === 'eof') return this.end();
    // No async function: it would cost a promise more for each chunk.
    return this.source.read().then(this.give, this.fail);
  };

  private readonly give = (chunk: Uint8Array | null): IteratorResult<Uint8Array> | Promise<IteratorResult<Uint8Array>> => {
    if (chunk === null) return this.end();
    this.active--;
    return { done: false, value: chunk };
  };

  private readonly fail = async (error: unknown): Promise<never> => {
    await this.finish(true);
    this.active--;
    throw error;
  };

  private async end(): Promise<IteratorResult<Uint8Array>> {
    if (!this.over) await this.finish(true);
    this.active--;
    return DONE;
  }

  private async finish(cancel: boolean): Promise<void> {
    this.over = true;
    // A stream that an abort has ended can't be cancelled, and its reason has been told.
    if (cancel) await this.reader.cancel().catch(() => undefined);
    this.reader.releaseLock();
  }
}
