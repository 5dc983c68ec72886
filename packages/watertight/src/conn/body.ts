/** Owns the body of a response as the program sees it: how it is read and closed. */
import { INSPECT, inspectAs, RequestError, show, type Inspect } from '../wire/index.js';
import { asBytes, type BodySource, type BodyState } from './body-source.js';
import { BodyError } from './error.js';

/** The most bytes that `readAll` joins: a typed array holds no more. */
const MAX_JOINED = 2 ** 32;

/**
 * A response's body. It must be read to EOF or closed: until then its
 * connection serves no other request, as in Go.
 */
export class Body implements AsyncIterable<Uint8Array> {
  /** Kept alive by whoever holds the body. The watch for leaks looks at it. */
  private readonly handle: object;
  private readonly source: BodySource;

  /** @internal */
  constructor(source: BodySource, handle: object) {
    this.source = source;
    this.handle = handle;
  }

  /** How far the body is. In `unread` and `reading` it keeps its connection busy; in `eof`, `closed` and `errored` it does not. */
  get state(): BodyState {
    return this.source.state;
  }

  /**
   * Reads the next bytes, at most `max` of them, as soon as there are any.
   * Resolves with null at EOF. The read that returns the last byte releases
   * the connection, as in Go.
   *
   * @param max in bytes; default: no limit
   * @returns rejects with the signal's reason if the request was cancelled, with
   * a ProtocolError, ConnectionError or TimeoutError if the body was malformed,
   * cut or late, with a BodyError after `close()`, during another read, or for a
   * broken content coding, with a RequestError (`ERR_INVALID_OPTION`) for a wrong `max`.
   */
  read(max: number = Infinity): Promise<Uint8Array | null> {
    if (!(max >= 1)) return max === 0 ? Promise.resolve(new Uint8Array(0)) : Promise.reject(new RequestError('ERR_INVALID_OPTION', `read() takes the most bytes wanted, a positive number, not ${show(max)}`));
    return this.next(max, asBytes);
  }

  private next<T>(max: number, as: (bytes: Uint8Array | null) => T): Promise<T> {
    try {
      const bytes = this.source.take(max);
      return bytes === undefined ? this.source.wait(max, this.handle, as) : Promise.resolve(as(bytes));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Reads everything up to EOF.
   *
   * @param limit in bytes; default: no limit. A larger body is closed.
   * @returns rejects with a BodyError (`ERR_BODY_TOO_LARGE`) for a larger body, otherwise as `read` does.
   */
  readAll(limit: number = Infinity): Promise<Uint8Array> {
    if (!(limit >= 0)) return Promise.reject(new RequestError('ERR_INVALID_OPTION', `readAll() takes the most bytes accepted, not ${show(limit)}`));
    try {
      // The common case, a small body that is here in one piece, costs one promise and no copy.
      const first = this.source.take(Infinity);
      if (first === null) return Promise.resolve(new Uint8Array(0));
      if (first !== undefined && this.source.state === 'eof' && first.length <= limit) return Promise.resolve(first);
      return this.readRest(first, limit);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  private async readRest(first: Uint8Array | undefined, limit: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    let chunk = first ?? (await this.read());
    while (chunk !== null) {
      length += chunk.length;
      if (length > limit) {
        await this.close();
        throw new BodyError('ERR_BODY_TOO_LARGE', `the body is larger than the ${limit} bytes that readAll() was given; it was closed`);
      }
      chunks.push(chunk);
      if (this.source.state === 'eof') break;
      chunk = await this.read();
    }
    if (chunks.length === 1) return chunks[0];
    if (length > MAX_JOINED) throw new BodyError('ERR_BODY_TOO_LARGE', `the body has ${length} bytes, more than fit into one array; read it in pieces`);
    const all = new Uint8Array(length);
    let at = 0;
    for (const each of chunks) {
      all.set(each, at);
      at += each.length;
    }
    return all;
  }

  /**
   * Ends the body. If it was not read to EOF, its connection is closed, as in
   * Go; the transport's option `drainOnClose` may save the connection. Never
   * throws or rejects; a second call does nothing.
   */
  close(): Promise<void> {
    return this.source.close();
  }

  /** @internal Reads and drops a rest of at most `limit` bytes, which saves the connection; closes a longer body. */
  drain(limit: number): Promise<void> {
    return this.source.drain(limit);
  }

  /** The body as a WHATWG ReadableStream. Cancelling the stream closes the body. */
  toReadableStream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const chunk = await this.read();
          if (chunk === null) controller.close();
          else {
            controller.enqueue(chunk);
            if (this.source.state === 'eof') controller.close();
          }
        },
        cancel: () => this.close(),
      },
      // Nothing is read ahead: a stream that nobody reads must not look read.
      { highWaterMark: 0 },
    );
  }

  /** Iterates over the chunks up to EOF. Leaving the loop early (`break`, `return`, `throw`) closes the body. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return new BodyIterator(this, () => this.next(Infinity, toResult));
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return inspectAs('Body', { state: this.state }, options, inspect);
  }

  /** `await using body = …` closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** An object with a `next` costs less per chunk than an async generator. It keeps the body alive. */
class BodyIterator implements AsyncIterableIterator<Uint8Array> {
  constructor(
    private readonly body: Body,
    readonly next: () => Promise<IteratorResult<Uint8Array>>,
  ) {}

  async return(): Promise<IteratorResult<Uint8Array>> {
    await this.body.close();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function toResult(chunk: Uint8Array | null): IteratorResult<Uint8Array> {
  return chunk === null ? DONE : { done: false, value: chunk };
}
