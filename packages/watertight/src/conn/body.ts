/** Owns the body of a response as the program sees it: how it is read and closed. */
import { INSPECT, inspectAs, RequestError, show, type Inspect } from '../wire/index.js';
import type { Readable } from 'node:stream';
import { BodyReadable } from './body-readable.js';
import { asBytes, type BodySource, type BodyState } from './body-source.js';
import { bodyStream } from './body-stream.js';
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
   * Reads the next bytes into the caller's memory, as soon as there are any, and
   * resolves with their number; null at EOF. It is what Go's `Body.Read(p)` is: a
   * loop with one buffer allocates nothing for each chunk. Until it settles, the
   * memory belongs to the read and must be neither used nor transferred.
   *
   * @param options `into`: the memory. None of its bytes behind the number are touched; of length 0, the read resolves with 0.
   * @returns rejects as the form without options does; a RequestError (`ERR_INVALID_OPTION`) says that `into` is no Uint8Array.
   */
  read(options: { readonly into: Uint8Array }): Promise<number | null>;
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
  read(max?: number): Promise<Uint8Array | null>;
  read(what: number | { readonly into: Uint8Array } = Infinity): Promise<Uint8Array | number | null> {
    if (typeof what === 'object' && what !== null) return this.readInto(what.into);
    if (!(what >= 1)) return what === 0 ? Promise.resolve(new Uint8Array(0)) : Promise.reject(new RequestError('ERR_INVALID_OPTION', `read() takes the most bytes wanted, a positive number, or { into: a Uint8Array }, not ${show(what)}`));
    return this.next(what, asBytes);
  }

  private readInto(into: Uint8Array): Promise<number | null> {
    if (!(into instanceof Uint8Array)) return Promise.reject(new RequestError('ERR_INVALID_OPTION', `read({ into }) takes the memory to fill, a Uint8Array, not ${show(into)}`));
    if (into.length === 0) return Promise.resolve(0);
    try {
      const count = this.source.takeInto(into);
      return count === undefined ? this.source.waitInto(into, this.handle) : Promise.resolve(count);
    } catch (error) {
      return Promise.reject(error);
    }
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

  /** `first`: undefined if it must be waited for. */
  private async readRest(first: Uint8Array | undefined, limit: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    let chunk = first ?? (await this.source.wait(Infinity, this.handle, asBytes));
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

  /** @internal Bytes that have arrived, without a wait: null at the end; undefined if none have arrived yet. Throws where `read` rejects. */
  take(): Uint8Array | null | undefined {
    return this.source.take(Infinity);
  }

  /** @internal From now on, chunks are in memory of their own. */
  separate(): void {
    this.source.separate();
  }

  /** @internal Reads and drops a rest of at most `limit` bytes, which saves the connection; closes a longer body. */
  drain(limit: number): Promise<void> {
    return this.source.drain(limit);
  }

  /**
   * The body as a WHATWG ReadableStream of type `bytes`, so that its reader may
   * bring the memory: `getReader({ mode: 'byob' })`. Cancelling the stream closes
   * the body. Nothing is read before the stream's reader asks for it.
   */
  toReadableStream(): ReadableStream<Uint8Array> {
    // The stream transfers the memory of each chunk.
    this.source.separate();
    return bodyStream(this);
  }

  /**
   * The body as a Node stream, for `pipeline`. Destroying the stream closes the
   * body at once, also while the stream waits for a silent server: so a pipeline
   * whose other end has gone releases the connection. Async iteration can't do
   * that, for it is only told when it gives out its next chunk. The stream starts
   * to read when it is consumed, and it reads ahead up to its high-water mark.
   */
  toReadable(): Readable {
    return new BodyReadable(this);
  }

  /** Iterates over the chunks up to EOF. Leaving the loop early (`break`, `return`, `throw`) closes the body. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return new BodyIterator(this, () => this.next(Infinity, toResult));
  }

  /** What `console.log` and `util.inspect` show. */
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
