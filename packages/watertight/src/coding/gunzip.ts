/** Owns the decoding of gzip data (RFC 1952): its members, and the padding behind them. */
import { crc32 } from 'node:zlib';
import { DecodeError, type Decoder, type Output } from './decoder.js';
import { GzipHeader } from './gzip-header.js';
import { Inflater } from './inflater.js';

/** CRC-32 and length, four bytes each. */
const TRAILER = 8;

/**
 * Decodes one member after the other. Behind a member there may be zero bytes:
 * they are padding, and so is everything behind them, as for Node's own gunzip
 * (hence for `fetch`, got and axios). Other bytes there are an error, as in Go.
 */
export class Gunzip implements Decoder {
  private header: GzipHeader | null = null;
  private inflater: Inflater | null = null;
  private readonly trailer = new Uint8Array(TRAILER);
  /** Bytes of the trailer that have come; -1 in front of it. */
  private trailerAt = -1;
  private members = 0;
  private padded = false;
  private stopped = false;
  private crc = 0;
  private length = 0;

  constructor(private readonly output: Output) {}

  async write(input: Uint8Array): Promise<void> {
    let pos = 0;
    while (pos < input.length && !this.padded && !this.stopped) {
      if (this.trailerAt >= 0) pos = this.readTrailer(input, pos);
      else if (this.inflater === null) pos = this.readHeader(input, pos);
      else {
        const { used, done } = await this.inflater.write(pos === 0 ? input : input.subarray(pos));
        pos += used;
        if (done) {
          this.inflater.stop();
          this.inflater = null;
          this.trailerAt = 0;
        }
      }
    }
  }

  /** Deflate data decodes to a thousand times its size at most. */
  pause(): boolean {
    return false;
  }

  resume(): void {}

  end(): Promise<void> {
    if (this.header === null && this.inflater === null && this.trailerAt < 0) return Promise.resolve();
    return Promise.reject(new DecodeError('cut', 'unexpected end of file, the gzip data is cut'));
  }

  stop(): void {
    this.stopped = true;
    this.inflater?.stop();
  }

  private readHeader(input: Uint8Array, from: number): number {
    if (this.header === null) {
      if (this.members > 0 && input[from] === 0) {
        this.padded = true;
        return input.length;
      }
      this.header = new GzipHeader();
    }
    let pos: number;
    try {
      pos = this.header.read(input, from);
    } catch (error) {
      if (this.members === 0) throw error;
      throw new DecodeError('broken', `behind the gzip data there are bytes that are neither another member nor padding: ${(error as Error).message}`, { cause: error });
    }
    if (this.header.done) {
      this.header = null;
      this.crc = this.length = 0;
      this.inflater = new Inflater((bytes) => this.decoded(bytes));
    }
    return pos;
  }

  private decoded(bytes: Uint8Array): void {
    if (this.stopped) return;
    this.crc = crc32(bytes, this.crc);
    this.length = (this.length + bytes.length) >>> 0;
    this.output(bytes);
  }

  private readTrailer(input: Uint8Array, from: number): number {
    const { trailer } = this;
    let pos = from;
    while (pos < input.length && this.trailerAt < TRAILER) trailer[this.trailerAt++] = input[pos++];
    if (this.trailerAt < TRAILER) return pos;
    const view = new DataView(trailer.buffer);
    if (view.getUint32(0, true) !== this.crc) throw new DecodeError('broken', 'incorrect data check, the checksum of the gzip data is another');
    if (view.getUint32(4, true) !== this.length) throw new DecodeError('broken', 'incorrect length check, the gzip data has another length');
    this.trailerAt = -1;
    this.members++;
    return pos;
  }
}
