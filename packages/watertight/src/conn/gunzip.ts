/** Owns the decoding of a gzip body that this client asked for. */
import { createGunzip, type Gunzip as ZlibGunzip } from 'node:zlib';
import { asBytes, type BodySource, type BodyState } from './body-source.js';
import { BodyError } from './error.js';

/** What is fed to the decoder at once: the size of the reader that Go's gzip puts over the body. */
const FEED = 4096;

/** Go's flate gives nothing out before its window is full or the data ends; bytes that are here are decoded that far ahead. */
const WINDOW = 32 << 10;

/**
 * A body source that decodes another one. It decodes as far as the reader asks,
 * stops at a limit, and takes input in the steps of Go's transport, so that the
 * same read releases the connection as in Go.
 */
export class Gunzip implements BodySource {
  private readonly zlib: ZlibGunzip = createGunzip();
  private out: Uint8Array[] = [];
  private outBytes = 0;
  private total = 0;
  private fed = false;
  private reading = false;
  private ended = false;
  private closed = false;
  private error: Error | null = null;

  constructor(
    private readonly source: BodySource,
    private readonly limit: number,
  ) {
    this.zlib.on('data', (chunk: Buffer) => {
      this.total += chunk.length;
      this.outBytes += chunk.length;
      this.out.push(chunk);
    });
    // Reported by the write or end that it belongs to; without a listener it would end the process.
    this.zlib.on('error', () => undefined);
  }

  get state(): BodyState {
    if (this.error !== null) return 'errored';
    const { state } = this.source;
    if (this.closed) return 'closed';
    if (state === 'errored' && this.outBytes === 0) return 'errored';
    if (this.ended && this.outBytes === 0) return 'eof';
    return this.total === 0 ? 'unread' : 'reading';
  }

  take(max: number): Uint8Array | null | undefined {
    if (this.reading) throw new BodyError('ERR_BODY_READING', 'another read of this body is under way; await it first');
    if (this.closed && this.error === null) throw new BodyError('ERR_BODY_CLOSED', 'the body was closed; read it before close()');
    if (this.outBytes > 0) {
      const chunk = this.out[0];
      const bytes = chunk.length > max ? chunk.subarray(0, max) : chunk;
      if (bytes === chunk) this.out.shift();
      else this.out[0] = chunk.subarray(max);
      this.outBytes -= bytes.length;
      return bytes;
    }
    if (this.error !== null) throw this.error;
    return this.ended ? null : undefined;
  }

  async wait<T>(max: number, handle: object, as: (bytes: Uint8Array | null) => T): Promise<T> {
    this.reading = true;
    try {
      await this.fill(handle);
    } catch (error) {
      this.error = error as Error;
      await this.close();
      throw error;
    } finally {
      this.reading = false;
    }
    return as(this.take(max) ?? null);
  }

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

  /** Ends the decoding; false if it was over. */
  private stop(): boolean {
    if (this.state === 'eof' || this.closed) return false;
    this.closed = true;
    this.zlib.destroy();
    this.outBytes = this.out.length = 0;
    return true;
  }

  /** Decodes until there is a window of output, or some and no input at hand, or the end. */
  private async fill(handle: object): Promise<void> {
    while (!this.ended && this.outBytes < WINDOW) {
      let input = this.source.take(FEED);
      if (input === undefined) {
        if (this.outBytes > 0) return;
        input = await this.source.wait(FEED, handle, asBytes);
      }
      if (input !== null) await this.feed(input);
      if (input === null || this.source.state === 'eof') await this.end();
    }
  }

  private feed(input: Uint8Array): Promise<void> {
    this.fed = true;
    return this.run((done) => this.zlib.write(input, done));
  }

  private async end(): Promise<void> {
    // An empty body is no gzip, but servers send it and Go takes it for an empty text.
    if (this.fed) await this.run((done) => {
      this.zlib.once('end', done);
      this.zlib.end();
    });
    this.ended = true;
  }

  private run(step: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const { zlib } = this;
      const failed = (error: Error): void => finish(error);
      const closed = (): void => finish(new BodyError('ERR_BODY_CLOSED', 'the body was closed during the read'));
      const finish = (error?: Error | null): void => {
        zlib.off('error', failed);
        zlib.off('close', closed);
        if (error instanceof BodyError) reject(error);
        else if (error) reject(new BodyError('ERR_BODY_ENCODING', `the body is said to be gzip but can't be decoded: ${error.message}`, { cause: error }));
        else if (this.total > this.limit) reject(new BodyError('ERR_BODY_TOO_LARGE', `the body is larger than ${this.limit} bytes when decoded (maxDecompressedBytes); it was closed`));
        else resolve();
      };
      zlib.once('error', failed);
      zlib.once('close', closed);
      step(finish);
    });
  }
}
