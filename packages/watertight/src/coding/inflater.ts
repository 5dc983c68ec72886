/** Owns the decoding of one run of deflate data (RFC 1951), which knows where the data ended and gives out what is before a fault. */
import { createInflateRaw, type InflateRaw } from 'node:zlib';
import { DecodeError } from './decoder.js';

/** How much input is kept to be decoded again after a fault. */
const KEPT = 64 << 10;

/** The pieces in which it is decoded again: a fault is found in a piece of the first size, then byte by byte. */
const STEPS = [64, 1];

/** What became of a piece of input. */
interface Step {
  /** Bytes of the piece that belong to the deflate data. */
  readonly used: number;
  /** The deflate data has ended. */
  readonly done: boolean;
}

/**
 * One run of deflate data. zlib drops what it has decoded since its last output
 * when it finds a fault. So the first 64 KiB of input are kept, and after a fault
 * they are decoded again in small pieces. Behind them, up to 16 KiB of output in
 * front of a fault are lost.
 */
export class Inflater {
  private readonly zlib: InflateRaw;
  private given = 0;
  private kept: Uint8Array[] | null = [];
  private keptBytes = 0;
  private stopped = false;

  constructor(private readonly output: (bytes: Uint8Array) => void) {
    this.zlib = inflating((bytes) => this.give(bytes));
  }

  /** Decodes a piece. @returns rejects with a DecodeError */
  async write(input: Uint8Array): Promise<Step> {
    try {
      const step = await writeTo(this.zlib, input);
      this.keep(input);
      return step;
    } catch (error) {
      await this.salvage(input);
      throw new DecodeError('broken', (error as Error).message, { cause: error });
    }
  }

  stop(): void {
    this.stopped = true;
    this.kept = null;
    this.zlib.destroy();
  }

  private give(bytes: Uint8Array): void {
    this.given += bytes.length;
    this.output(bytes);
  }

  private keep(input: Uint8Array): void {
    if (this.kept === null) return;
    this.keptBytes += input.length;
    if (this.keptBytes > KEPT) this.kept = null;
    else this.kept.push(input);
  }

  /** Gives out what stands in `faulty` before the fault. */
  private async salvage(faulty: Uint8Array): Promise<void> {
    const { kept } = this;
    if (kept === null) return;
    let rest = faulty;
    for (const step of STEPS) {
      let skip = this.given;
      const again = inflating((bytes) => {
        if (skip < bytes.length) this.give(bytes.subarray(skip));
        skip = Math.max(0, skip - bytes.length);
      });
      try {
        for (const piece of kept) await writeTo(again, piece);
        for (let at = 0; at < rest.length; at += step) {
          if (this.stopped) return;
          const piece = rest.subarray(at, at + step);
          try {
            await writeTo(again, piece);
          } catch {
            rest = piece;
            break;
          }
          kept.push(piece);
        }
      } finally {
        again.destroy();
      }
    }
  }
}

function inflating(output: (bytes: Uint8Array) => void): InflateRaw {
  const zlib = createInflateRaw();
  zlib.on('data', output);
  // Reported by the write that it belongs to; without a listener it would end the process.
  zlib.on('error', () => undefined);
  return zlib;
}

/**
 * Writes a piece. zlib calls back if it wants more input; where the data has
 * ended it says so by `end` instead, and after `destroy()` by `close`.
 */
function writeTo(zlib: InflateRaw, input: Uint8Array): Promise<Step> {
  return new Promise((resolve, reject) => {
    const before = zlib.bytesWritten;
    const settle = (done: boolean, error: Error | null): void => {
      zlib.off('error', failed);
      zlib.off('end', ended);
      zlib.off('close', closed);
      if (error === null) resolve({ used: zlib.bytesWritten - before, done });
      else reject(error);
    };
    const failed = (error: Error): void => settle(false, error);
    const ended = (): void => settle(true, null);
    const closed = (): void => settle(false, null);
    zlib.once('error', failed);
    zlib.once('end', ended);
    zlib.once('close', closed);
    zlib.write(input, (error) => {
      // A failed write is reported by the event as well.
      if (!error) settle(false, null);
    });
  });
}
