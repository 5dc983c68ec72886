/** Owns the decoding of a content coding by one of node:zlib's streams: deflate of both kinds and brotli. */
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { DecodeError, type Decoder, type Output } from './decoder.js';

/**
 * Feeds one of zlib's streams. Bytes behind the end of the data are passed over,
 * as Node's own decoders do. What zlib has decoded since its last output is lost
 * when it finds a fault. A kilobyte of brotli can decode to a gigabyte, so the
 * stream stops in the middle of a piece when its output is not wanted.
 */
export class StreamDecoder implements Decoder {
  private stream: Transform | null = null;
  private ended = false;
  private stopped = false;

  /** @param make makes the stream; it is given the first piece of the data */
  constructor(
    private readonly make: (first: Uint8Array) => Transform,
    private readonly output: Output,
  ) {}

  write(input: Uint8Array): Promise<void> {
    if (this.ended || this.stopped || input.length === 0) return Promise.resolve();
    const stream = (this.stream ??= this.started(input));
    return this.settled(stream, (done) => stream.write(input, (error) => {
      // A failed write is reported by the event as well.
      if (!error) done();
    }));
  }

  pause(): boolean {
    this.stream?.pause();
    return true;
  }

  resume(): void {
    this.stream?.resume();
  }

  end(): Promise<void> {
    const { stream } = this;
    if (stream === null || this.ended || this.stopped) return Promise.resolve();
    return this.settled(stream, () => stream.end());
  }

  stop(): void {
    this.stopped = true;
    this.stream?.destroy();
  }

  /** Does something to the stream, and resolves when the stream has done it, has ended or is gone. */
  private settled(stream: Transform, act: (done: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error: (Error & { code?: string }) | null): void => {
        stream.off('error', settle);
        stream.off('end', ended);
        stream.off('close', closed);
        if (error === null || this.stopped) resolve();
        else reject(new DecodeError(error.code === 'Z_BUF_ERROR' ? 'cut' : 'broken', error.message, { cause: error }));
      };
      const closed = (): void => settle(null);
      const ended = (): void => {
        this.ended = true;
        settle(null);
      };
      stream.once('error', settle);
      stream.once('end', ended);
      stream.once('close', closed);
      act(closed);
    });
  }

  private started(first: Uint8Array): Transform {
    const stream = this.make(first);
    stream.on('data', (bytes: Uint8Array) => {
      if (!this.stopped) this.output(bytes);
    });
    // Reported by the write that it belongs to; without a listener it would end the process.
    stream.on('error', () => undefined);
    return stream;
  }
}

/** `deflate` is the zlib format (RFC 9110 section 8.4.1.2), but many servers send bare deflate data: the first byte tells. */
export function inflate(output: Output): Decoder {
  return new StreamDecoder((first) => ((first[0] & 0x0f) === 0x08 ? zlib.createInflate() : zlib.createInflateRaw()), output);
}

/** Brotli (RFC 7932). */
export function brotli(output: Output): Decoder {
  return new StreamDecoder(() => zlib.createBrotliDecompress(), output);
}
