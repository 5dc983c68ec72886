/** Owns the reading of a gzip member's header (RFC 1952 section 2.3), which may arrive in pieces of any size. */
import { DecodeError } from './decoder.js';

const FHCRC = 0x02;
const FEXTRA = 0x04;
const FNAME = 0x08;
const FCOMMENT = 0x10;
const RESERVED = 0xe0;

/** What is read next. */
const enum At {
  Fixed,
  ExtraLow,
  ExtraHigh,
  Extra,
  Name,
  Comment,
  Crc,
  Done,
}

/** Bytes in front of the optional fields. */
const FIXED = 10;

/** Reads one header. Its name, comment and extra fields are skipped: they may be of any length, and nothing of them is kept. */
export class GzipHeader {
  private at: At = At.Fixed;
  private seen = 0;
  private flags = 0;
  /** Bytes of the field that is being skipped. */
  private left = 0;

  /** The deflate data follows. */
  get done(): boolean {
    return this.at === At.Done;
  }

  /** Reads on from `bytes[pos]`, and returns the position after what belongs to the header. @throws DecodeError */
  read(bytes: Uint8Array, from: number): number {
    let pos = from;
    while (pos < bytes.length && this.at !== At.Done) {
      if (this.at === At.Extra || this.at === At.Crc) {
        const skipped = Math.min(this.left, bytes.length - pos);
        pos += skipped;
        this.left -= skipped;
        if (this.left === 0) this.next();
      } else this.take(bytes[pos++]);
    }
    return pos;
  }

  private take(byte: number): void {
    switch (this.at) {
      case At.Fixed:
        this.takeFixed(byte);
        break;
      case At.ExtraLow:
        this.left = byte;
        this.at = At.ExtraHigh;
        break;
      case At.ExtraHigh:
        this.left += byte << 8;
        this.at = At.Extra;
        if (this.left === 0) this.next();
        break;
      default:
        // A name or a comment ends in a zero byte.
        if (byte === 0) this.next();
    }
  }

  private takeFixed(byte: number): void {
    const index = this.seen++;
    if (index === 0 && byte !== 0x1f || index === 1 && byte !== 0x8b) throw new DecodeError('broken', 'incorrect header check, the data does not start with the magic number of gzip');
    if (index === 2 && byte !== 8) throw new DecodeError('broken', `unknown compression method ${byte} in the gzip header`);
    if (index === 3) {
      if ((byte & RESERVED) !== 0) throw new DecodeError('broken', 'unknown header flags set in the gzip header');
      this.flags = byte;
    }
    if (this.seen === FIXED) this.next();
  }

  /** Goes to the next field that the flags announce. */
  private next(): void {
    const { flags, at } = this;
    if (at < At.ExtraLow && (flags & FEXTRA) !== 0) this.at = At.ExtraLow;
    else if (at < At.Name && (flags & FNAME) !== 0) this.at = At.Name;
    else if (at < At.Comment && (flags & FCOMMENT) !== 0) this.at = At.Comment;
    else if (at < At.Crc && (flags & FHCRC) !== 0) {
      this.at = At.Crc;
      this.left = 2;
    } else this.at = At.Done;
  }
}
