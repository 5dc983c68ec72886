/** Owns the decoding of a content coding by one of node:zlib's streams: deflate of both kinds, brotli and zstd. */
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { DecodeError, type Decoder } from './decoder.js';

type Output = (bytes: Uint8Array) => void;

/**
 * Feeds one of zlib's streams. Bytes behind the end of the data are passed over,
 * as Node's own decoders do. What zlib has decoded since its last output is lost
 * when it finds a fault.
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
    return new Promise((resolve, reject) => {
      const settle = (error: Error | null): void => {
        stream.off('error', settle);
        stream.off('end', ended);
        stream.off('close', closed);
        if (error === null || this.stopped) resolve();
        else reject(new DecodeError('broken', error.message, { cause: error }));
      };
      const closed = (): void => settle(null);
      const ended = (): void => {
        this.ended = true;
        settle(null);
      };
      stream.once('error', settle);
      stream.once('end', ended);
      stream.once('close', closed);
      stream.write(input, (error) => {
        // A failed write is reported by the event as well.
        if (!error) settle(null);
      });
    });
  }

  end(): void {
    if (this.stream !== null && !this.ended) throw new DecodeError('cut', 'unexpected end of file, the data is cut');
  }

  stop(): void {
    this.stopped = true;
    this.stream?.destroy();
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

type WithZstd = typeof zlib & { createZstdDecompress?: () => Transform };

/** Zstandard (RFC 8878); null where Node has none (before 22.15). */
export const zstd: ((output: Output) => Decoder) | null = makeZstd((zlib as WithZstd).createZstdDecompress);

function makeZstd(create: (() => Transform) | undefined): ((output: Output) => Decoder) | null {
  return create === undefined ? null : (output) => new StreamDecoder(() => create(), output);
}
