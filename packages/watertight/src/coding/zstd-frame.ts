/** Owns the search for the end of a zstd frame (RFC 8878 section 3.1), which may arrive in pieces of any size. */

/** What is read next. */
const enum At {
  Magic,
  SkippableSize,
  Descriptor,
  Header,
  BlockHeader,
  Block,
  Checksum,
  Done,
}

const MAGIC = 0xfd2fb528;
/** The first 28 bits of a skippable frame's magic number. */
const SKIPPABLE = 0x184d2a5;

/** How many bytes a dictionary's identifier and the content's size have, by their flags. */
const DICTIONARY_BYTES = [0, 1, 2, 4];
const SIZE_BYTES = [0, 2, 4, 8];

/**
 * Finds the end of one frame; what is in it is not looked at. Node's own stream
 * takes cut data for complete before Node 24, and stops behind the first frame
 * before Node 26.
 */
export class ZstdFrame {
  private at: At = At.Magic;
  /** Bytes that are still to come of what is read. */
  private left = 4;
  /** Those of them that have come, as a number, the first byte lowest. */
  private value = 0;
  private seen = 0;
  private checksum = false;
  private last = false;
  /** What stands there is no frame. */
  foreign = false;
  /** Metadata of a program, which decodes to nothing. */
  skippable = false;

  get done(): boolean {
    return this.at === At.Done;
  }

  /** Whether its first bytes have come, so that it is known what it is. */
  get known(): boolean {
    return this.at !== At.Magic;
  }

  /** Reads on from `bytes[from]`, and returns the position after what belongs to the frame. */
  read(bytes: Uint8Array, from: number): number {
    let pos = from;
    while (this.at !== At.Done) {
      if (this.at === At.Block || this.at === At.Header || this.at === At.Checksum) {
        const skipped = Math.min(this.left, bytes.length - pos);
        pos += skipped;
        this.left -= skipped;
      } else {
        while (this.left > 0 && pos < bytes.length) {
          this.value += bytes[pos++] * 2 ** (8 * this.seen++);
          this.left--;
        }
      }
      if (this.left > 0) break;
      this.next();
    }
    return pos;
  }

  private next(): void {
    const { value } = this;
    this.value = this.seen = 0;
    switch (this.at) {
      case At.Magic:
        if (value === MAGIC) this.expect(At.Descriptor, 1);
        else if (Math.floor(value / 16) === SKIPPABLE) {
          this.skippable = true;
          this.expect(At.SkippableSize, 4);
        } else {
          this.foreign = true;
          this.at = At.Done;
        }
        break;
      case At.SkippableSize:
        this.last = true;
        this.expect(At.Block, value);
        break;
      case At.Descriptor: {
        this.checksum = (value & 0x04) !== 0;
        const single = (value & 0x20) !== 0;
        const size = value >> 6;
        this.expect(At.Header, (single ? 0 : 1) + DICTIONARY_BYTES[value & 0x03] + (size === 0 && single ? 1 : SIZE_BYTES[size]));
        break;
      }
      case At.BlockHeader:
        this.last = (value & 1) !== 0;
        // A block of one repeated byte (type 1) has that byte alone.
        this.expect(At.Block, ((value >> 1) & 3) === 1 ? 1 : value >> 3);
        break;
      case At.Header:
        this.expect(At.BlockHeader, 3);
        break;
      case At.Block:
        if (!this.last) this.expect(At.BlockHeader, 3);
        else if (this.checksum) this.expect(At.Checksum, 4);
        else this.at = At.Done;
        break;
      default:
        this.at = At.Done;
    }
  }

  private expect(at: At, bytes: number): void {
    this.at = at;
    this.left = bytes;
  }
}
