/**
 * Owns the protobuf wire format, as much of it as a profile needs: a position
 * in bytes, and an error where they are not what the format allows.
 *
 * `pprof-format` has a decoder; it is used for writing only, because it takes
 * what is truncated as complete, and a number of a million bytes in quadratic
 * time, and gives no position.
 */
import { ProfileError } from '../profile/index.js';

/** Wire types. Groups (3 and 4) are not in a profile. */
const VARINT = 0;
const FIXED64 = 1;
export const BYTES = 2;
const FIXED32 = 5;

const TWO_32 = 2 ** 32;

export class ProtoCursor {
  /** Of the last number read: its lower and upper 32 bits, unsigned. */
  low = 0;
  high = 0;
  /** Of the last tag. */
  field = 0;
  wireType = 0;

  constructor(
    readonly bytes: Buffer,
    public at: number,
    public end: number,
  ) {}

  /** Moves to other bytes of the same buffer. */
  within(at: number, end: number): this {
    this.at = at;
    this.end = end;
    return this;
  }

  /** The next field's number and wire type; false at the end. */
  tag(): boolean {
    if (this.at >= this.end) return false;
    const from = this.at;
    this.varint();
    this.wireType = this.low & 7;
    this.field = this.low >>> 3;
    if (this.high !== 0 || this.field === 0) throw this.error('ERR_PROFILE_SYNTAX', 'A protobuf field has no valid number', from);
    return true;
  }

  varint(): void {
    const { bytes, end } = this;
    const from = this.at;
    let at = from;
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= end) throw this.error('ERR_PROFILE_TRUNCATED', 'The profile ends, or its part does, in the middle of a number', from);
      if (shift === 70) throw this.error('ERR_PROFILE_SYNTAX', 'A number is longer than ten bytes', from);
      const byte = bytes[at++];
      const part = byte & 127;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= part << 28;
        high = part >>> 4;
      } else if (shift < 63) high |= part << (shift - 32);
      else high |= (part & 1) << 31;
      if (byte < 128) break;
    }
    this.at = at;
    this.low = low >>> 0;
    this.high = high >>> 0;
  }

  /** The last number as unsigned; the nearest double beyond 2^53. */
  get unsigned(): number {
    return this.high * TWO_32 + this.low;
  }

  /** The last number as an int64; the nearest double beyond 2^53. */
  get signed(): number {
    return (this.high >= 0x80000000 ? this.high - TWO_32 : this.high) * TWO_32 + this.low;
  }

  /** The last number as a key that is equal for equal numbers only. */
  get exact(): number | bigint {
    return this.high < 0x200000 ? this.unsigned : (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  /** The field's value as a number. */
  number(): void {
    if (this.wireType !== VARINT) throw this.error('ERR_PROFILE_SYNTAX', `Field ${this.field} has wire type ${this.wireType}, not that of a number`);
    this.varint();
  }

  /** Goes to the first byte of the field's value, which is bytes, and returns where it ends. */
  bytesEnd(): number {
    if (this.wireType !== BYTES) throw this.error('ERR_PROFILE_SYNTAX', `Field ${this.field} has wire type ${this.wireType}, not that of bytes`);
    const from = this.at;
    this.varint();
    const length = this.unsigned;
    if (length > this.end - this.at) {
      throw this.error('ERR_PROFILE_TRUNCATED', `Field ${this.field} has ${length} bytes, of which ${this.end - this.at} are there`, from);
    }
    return this.at + length;
  }

  skip(): void {
    switch (this.wireType) {
      case VARINT:
        this.varint();
        return;
      case BYTES:
        this.at = this.bytesEnd();
        return;
      case FIXED64:
      case FIXED32: {
        const length = this.wireType === FIXED64 ? 8 : 4;
        if (length > this.end - this.at) throw this.error('ERR_PROFILE_TRUNCATED', `Field ${this.field} is cut off`);
        this.at += length;
        return;
      }
      default:
        throw this.error('ERR_PROFILE_SYNTAX', `Field ${this.field} has wire type ${this.wireType}, which profile.proto does not use`);
    }
  }

  error(code: 'ERR_PROFILE_SYNTAX' | 'ERR_PROFILE_TRUNCATED' | 'ERR_PROFILE_LIMIT', message: string, position = this.at): ProfileError {
    return new ProfileError(code, message, { position, line: 0 });
  }
}
