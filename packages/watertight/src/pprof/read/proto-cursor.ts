/**
 * Owns the reading of the protobuf wire format, as far as a profile needs it: a position in the bytes, and an
 * error where they are invalid.
 *
 * The decoder of `pprof-format` is not used, because it accepts truncated input as complete, takes quadratic
 * time for a number of a million bytes, and gives no position of an error.
 */
import { ProfileError } from '../profile/index.js';

/** Wire types. A profile has no groups (3 and 4). */
const VARINT = 0;
const FIXED64 = 1;
export const BYTES = 2;
const FIXED32 = 5;

const TWO_32 = 2 ** 32;

export class ProtoCursor {
  /** The lower and upper 32 bits of the last number read, unsigned. */
  low = 0;
  high = 0;
  /** The field number and wire type of the last tag. */
  field = 0;
  wireType = 0;

  constructor(
    readonly bytes: Buffer,
    public at: number,
    public end: number,
  ) {}

  /** Moves to another range of the same buffer. */
  within(at: number, end: number): this {
    this.at = at;
    this.end = end;
    return this;
  }

  /** Reads the next field's number and wire type; returns false at the end. */
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

  /** The last number as unsigned; beyond 2^53 the nearest double. */
  get unsigned(): number {
    return this.high * TWO_32 + this.low;
  }

  /** The last number as an int64; beyond 2^53 the nearest double. */
  get signed(): number {
    return (this.high >= 0x80000000 ? this.high - TWO_32 : this.high) * TWO_32 + this.low;
  }

  /** The last number as a key: equal only for equal numbers. */
  get exact(): number | bigint {
    return this.high < 0x200000 ? this.unsigned : (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  /**
   * Reads the field's value as a number.
   *
   * @throws ProfileError if it is of another wire type.
   */
  number(): void {
    if (this.wireType !== VARINT) throw this.error('ERR_PROFILE_SYNTAX', `Field ${this.field} has wire type ${this.wireType}, not that of a number`);
    this.varint();
  }

  /**
   * Moves to the first byte of a field of bytes, and returns its end.
   *
   * @throws ProfileError if it is of another wire type.
   */
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
