/** Owns a body that is decoded while it is read: it feeds a decoder from another source, as far as the reader asks, up to a limit. */
import { DecodeError, type Decoder, type Output } from '../coding/index.js';
import { asBytes, type BodySource, type BodyState } from './body-source.js';
import { BodyError } from './error.js';

/** What is fed to the decoder at once: the size of the reader that Go's gzip puts over the body. */
const FEED = 4096;

/** Go's flate gives nothing out before its window is full or the data ends; bytes that are here are decoded that far ahead. */
const WINDOW = 32 << 10;

/**
 * A body source that decodes another one. It takes input in the steps of Go's
 * transport, so that the same read releases the connection as in Go. What was
 * decoded before a fault is read before the fault is reported.
 */
export class DecodedBody implements BodySource {
  private readonly decoder: Decoder;
  private out: Uint8Array[] = [];
  private outBytes = 0;
  private total = 0;
  private fed = false;
  private reading = false;
  private ended = false;
  /** The program has closed the body. */
  private closed = false;
  /** The piece that is being decoded; it is held back while there is output enough. */
  private writing: Promise<void> | null = null;
  /** Is told that there is output enough. */
  private filled: (() => void) | null = null;
  /** Why there is nothing more to decode. */
  private error: Error | null = null;

  constructor(
    private readonly source: BodySource,
    /** The coding's name in errors. */
    private readonly coding: string,
    makeDecoder: (output: Output) => Decoder,
    /** In bytes, decoded. */
    private readonly limit: number,
    /** Data that ends too early is taken for complete, as `fetch` does everywhere: servers leave the checksum out. */
    private readonly cutIsEnd: boolean,
  ) {
    this.decoder = makeDecoder((bytes) => {
      this.total += bytes.length;
      this.outBytes += bytes.length;
      this.out.push(bytes);
      if ((this.outBytes >= WINDOW || this.total > this.limit) && this.decoder.pause()) this.filled?.();
    });
  }

  get state(): BodyState {
    if (this.outBytes === 0) {
      if (this.error !== null) return 'errored';
      if (this.closed) return 'closed';
      if (this.ended) return 'eof';
      if (this.source.state === 'errored' && this.writing === null) return 'errored';
    }
    return this.total === 0 ? 'unread' : 'reading';
  }

  take(max: number): Uint8Array | null | undefined {
    if (!this.ready()) return this.ended ? null : undefined;
    const chunk = this.out[0];
    const bytes = chunk.length > max ? chunk.subarray(0, max) : chunk;
    if (bytes === chunk) this.out.shift();
    else this.out[0] = chunk.subarray(max);
    this.outBytes -= bytes.length;
    return bytes;
  }

  takeInto(into: Uint8Array): number | null | undefined {
    if (!this.ready()) return this.ended ? null : undefined;
    let at = 0;
    while (at < into.length && this.outBytes > 0) {
      const bytes = this.take(into.length - at)!;
      into.set(bytes, at);
      at += bytes.length;
    }
    return at;
  }

  async wait<T>(max: number, handle: object, as: (bytes: Uint8Array | null) => T): Promise<T> {
    await this.decode(handle);
    return as(this.take(max) ?? null);
  }

  async waitInto(into: Uint8Array, handle: object): Promise<number | null> {
    await this.decode(handle);
    return this.takeInto(into) ?? null;
  }

  /** Nothing to do: a decoder's output is never a part of a buffer that is read into. Chunks may share it with each other. */
  separate(): void {}

  close(): Promise<void> {
    return this.stop() ? this.source.close() : Promise.resolve();
  }

  shut(): void {
    if (this.stop()) this.source.shut();
  }

  /** Nothing is decoded for it: what is dropped may be a bomb. */
  drain(limit: number): Promise<void> {
    return this.stop() ? this.source.drain(limit) : Promise.resolve();
  }

  /** Whether there are bytes to take. Throws where a read must fail. */
  private ready(): boolean {
    if (this.reading) throw new BodyError('ERR_BODY_READING', 'another read of this body is under way; await it first');
    if (this.outBytes > 0) return true;
    if (this.error !== null) throw this.error;
    if (this.closed) throw new BodyError('ERR_BODY_CLOSED', 'the body was closed; read it before close()');
    return false;
  }

  /** Ends the decoding; false if it was over. */
  private stop(): boolean {
    if (this.state === 'eof' || this.closed) return false;
    this.closed = true;
    this.decoder.stop();
    this.outBytes = this.out.length = 0;
    return true;
  }

  private async decode(handle: object): Promise<void> {
    this.reading = true;
    try {
      await this.fill(handle);
    } catch (error) {
      this.fail(error as Error);
    } finally {
      this.reading = false;
    }
  }

  /** Decodes until there is a window of output, or some and no input at hand, or the end. */
  private async fill(handle: object): Promise<void> {
    const { source, decoder } = this;
    while (!this.ended && this.outBytes < WINDOW) {
      if (this.writing !== null) {
        decoder.resume();
        if (!(await this.written(this.writing))) return;
        if (source.state === 'eof') await this.endOfInput();
        continue;
      }
      let input = source.take(FEED);
      if (input === undefined) {
        if (this.outBytes > 0) return;
        input = await source.wait(FEED, handle, asBytes);
      }
      if (input !== null) {
        this.fed = true;
        if (!(await this.written(decoder.write(input)))) return;
      }
      if (input === null || source.state === 'eof') await this.endOfInput();
    }
  }

  /** Waits until a piece is decoded; false if there is output enough before. */
  private async written(writing: Promise<void>): Promise<boolean> {
    this.writing = writing;
    const whole = await new Promise<boolean>((resolve, reject) => {
      this.filled = () => resolve(false);
      writing.then(() => resolve(true), reject);
    });
    if (whole) this.writing = null;
    if (this.closed) throw new BodyError('ERR_BODY_CLOSED', 'the body was closed during the read');
    if (this.total > this.limit) {
      this.outBytes = this.out.length = 0;
      throw new BodyError('ERR_BODY_TOO_LARGE', `the body is larger than ${this.limit} bytes when its ${this.coding} is decoded (maxDecompressedBytes); it was closed`);
    }
    return whole;
  }

  private async endOfInput(): Promise<void> {
    // An empty body is no gzip, but servers send it and Go takes it for an empty text.
    if (this.fed && !this.cutIsEnd) await this.decoder.end();
    this.ended = true;
  }

  /** There will be no more output. The connection is let go at once, the output that is here can still be read. */
  private fail(error: Error): void {
    if (error instanceof DecodeError) this.error = new BodyError('ERR_BODY_ENCODING', `the body is said to be ${this.coding} but can't be decoded: ${error.message}`, { cause: error.cause ?? error });
    else this.error = error;
    this.decoder.stop();
    this.source.shut();
  }
}
