/** Owns the decoding of zstd data (RFC 8878): its frames, one after the other. */
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { DecodeError, type Decoder, type Output } from './decoder.js';
import { StreamDecoder } from './stream-decoder.js';
import { ZstdFrame } from './zstd-frame.js';

/** The largest window, 8 MiB: a sender of the content coding may use no larger one (RFC 9659 section 3), and a decoder needs so much memory. */
const WINDOW_LOG = 23;

type MakeStream = () => Transform;

/** Decodes one frame after the other, each by a stream of its own. Bytes that are no frame are passed over behind one, and are an error without one. */
export class Unzstd implements Decoder {
  private frame: ZstdFrame | null = null;
  private decoder: StreamDecoder | null = null;
  private frames = 0;
  private over = false;
  /** The first bytes of a frame of which it is not known yet what it is. */
  private start: Uint8Array = new Uint8Array(0);

  constructor(
    private readonly make: MakeStream,
    private readonly output: Output,
  ) {}

  async write(input: Uint8Array): Promise<void> {
    let bytes = input;
    if (this.start.length > 0) bytes = Buffer.concat([this.start, input]);
    let pos = 0;
    while (pos < bytes.length && !this.over) {
      if (this.frame === null || !this.frame.known) this.frame = new ZstdFrame();
      const { frame } = this;
      const end = frame.read(bytes, pos);
      if (!frame.known) {
        this.start = bytes.slice(pos);
        return;
      }
      this.start = new Uint8Array(0);
      if (frame.foreign) {
        if (this.frames === 0) throw new DecodeError('broken', 'the data does not start with the magic number of zstd');
        this.frame = null;
        this.over = true;
        return;
      }
      if (!frame.skippable) {
        this.decoder ??= new StreamDecoder(this.make, this.output);
        await this.decoder.write(bytes.subarray(pos, end));
      }
      pos = end;
      if (frame.done) await this.endFrame();
    }
  }

  pause(): boolean {
    return this.decoder?.pause() ?? false;
  }

  resume(): void {
    this.decoder?.resume();
  }

  end(): Promise<void> {
    return this.frame === null || (this.frames > 0 && !this.frame.known) ? Promise.resolve() : Promise.reject(new DecodeError('cut', 'unexpected end of file, the zstd data is cut'));
  }

  stop(): void {
    this.over = true;
    this.decoder?.stop();
  }

  private async endFrame(): Promise<void> {
    const { decoder } = this;
    this.frame = null;
    this.frames++;
    if (decoder === null) return;
    await decoder.end();
    decoder.stop();
    this.decoder = null;
  }
}

type WithZstd = typeof zlib & { createZstdDecompress?: (options: object) => Transform };

/** Zstandard (RFC 8878); null where Node has none (before 22.15). */
export const zstd: ((output: Output) => Decoder) | null = makeZstd(zlib);

function makeZstd({ createZstdDecompress: create, constants }: WithZstd): ((output: Output) => Decoder) | null {
  if (create === undefined) return null;
  const params = { [(constants as unknown as Record<string, number>).ZSTD_d_windowLogMax]: WINDOW_LOG };
  return (output) => new Unzstd(() => create({ params }), output);
}
