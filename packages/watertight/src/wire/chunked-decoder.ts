/** Owns the chunked transfer coding (RFC 9112 section 7.1): it finds the payload in bytes that arrive in any pieces. */
import { CR, HEX, HTAB, LF, SEMICOLON, SP, TEXT } from './bytes.js';
import { ProtocolError } from './error.js';
import type { HeadScanner } from './head-scanner.js';
import { MAX_CHUNK_LINE, MAX_CHUNK_OVERHEAD } from './limits.js';

const enum At {
  Size,
  AfterSize,
  Extension,
  SizeLf,
  Data,
  DataCr,
  DataLf,
  TrailerStart,
  TrailerLf,
  Trailer,
  Done,
}

/** Decodes one body, up to the end of its trailers. Chunk extensions are ignored, but their size is limited. */
export class ChunkedDecoder {
  /** After `step`: the payload it found is `bytes[dataStart, dataEnd)`. */
  dataStart = 0;
  dataEnd = 0;
  /** The trailer fields as they came, '' where there are none (yet). */
  trailers = '';

  private at: At = At.Size;
  private size = 0;
  private digits = 0;
  private lineLength = 0;
  private overhead = 0;

  /** `scanner` reads the trailers; it must have finished the head. */
  constructor(private readonly scanner: HeadScanner) {}

  /** The last chunk and the trailers have been read. */
  get done(): boolean {
    return this.at === At.Done;
  }

  /**
   * Takes bytes from `pos` on, up to the end of the next run of payload, of
   * the body, or of the bytes. Returns the position after what it took.
   *
   * @throws ProtocolError for anything but well-formed chunks.
   */
  step(bytes: Buffer, pos: number, end: number): number {
    this.dataStart = this.dataEnd = pos;
    while (pos < end) {
      const byte = bytes[pos];
      switch (this.at) {
        case At.Data: {
          const take = Math.min(this.size, end - pos);
          this.dataStart = pos;
          this.dataEnd = pos + take;
          this.size -= take;
          if (this.size === 0) this.at = At.DataCr;
          return pos + take;
        }
        case At.DataCr:
          if (byte !== CR) throw badChunk('its data is not followed by CR LF', byte);
          this.at = At.DataLf;
          pos++;
          break;
        case At.DataLf:
          if (byte !== LF) throw badChunk('its data is not followed by CR LF', byte);
          this.at = At.Size;
          pos++;
          break;
        case At.Size: {
          const digit = HEX[byte];
          if (digit === 255) {
            if (this.digits === 0) throw badChunk('its size does not start with a hexadecimal digit', byte);
            this.at = At.AfterSize;
            break;
          }
          this.size = this.size * 16 + digit;
          // 16 digits are what Go takes; zeros in front count.
          if (++this.digits > 16 || this.size > Number.MAX_SAFE_INTEGER) throw new ProtocolError('ERR_CHUNK', 'a chunk of the response is larger than 2^53-1 bytes or its size has more than 16 digits');
          this.lineLength++;
          pos++;
          break;
        }
        case At.AfterSize:
          // Whitespace behind the size is bad, but common (RFC 9112 section 7.1.1 has BWS there); Go takes it.
          if (byte === CR) this.at = At.SizeLf;
          else if (byte === SEMICOLON) this.at = At.Extension;
          else if (byte !== SP && byte !== HTAB) throw badChunk('its size is followed by neither CR LF nor an extension', byte);
          this.countLine();
          pos++;
          break;
        case At.Extension:
          if (byte === CR) this.at = At.SizeLf;
          else if (TEXT[byte] !== 1) throw badChunk('its extension holds a control byte', byte);
          this.countLine();
          pos++;
          break;
        case At.SizeLf:
          if (byte !== LF) throw badChunk('its size line does not end in CR LF', byte);
          pos++;
          this.endSizeLine();
          break;
        case At.TrailerStart:
          if (byte === CR) {
            this.at = At.TrailerLf;
            pos++;
          } else {
            this.scanner.resetTrailers();
            this.at = At.Trailer;
          }
          break;
        case At.TrailerLf:
          if (byte !== LF) throw badChunk('the empty line after the last chunk does not end in CR LF', byte);
          this.at = At.Done;
          return pos + 1;
        case At.Trailer: {
          const next = this.scanner.feed(bytes, pos, end);
          this.dataStart = this.dataEnd = end;
          if (next === -1) return end;
          this.trailers = this.scanner.text;
          this.at = At.Done;
          return next;
        }
        case At.Done:
          return pos;
      }
    }
    this.dataStart = this.dataEnd = pos;
    return pos;
  }

  private countLine(): void {
    if (++this.lineLength > MAX_CHUNK_LINE) throw new ProtocolError('ERR_CHUNK', `a chunk-size line of the response is longer than ${MAX_CHUNK_LINE} bytes`);
  }

  private endSizeLine(): void {
    // Go's rule (CVE-2023-39326): a line of 16 bytes and as much again as the data is free.
    this.overhead = Math.max(0, this.overhead + this.lineLength + 2 - 16 - 2 * this.size);
    if (this.overhead > MAX_CHUNK_OVERHEAD) throw new ProtocolError('ERR_CHUNK', `the response's chunks carry more than ${MAX_CHUNK_OVERHEAD} bytes of extensions beyond their data`);
    this.at = this.size === 0 ? At.TrailerStart : At.Data;
    this.digits = 0;
    this.lineLength = 0;
  }
}

function badChunk(what: string, byte: number): ProtocolError {
  return new ProtocolError('ERR_CHUNK', `a chunk of the response is malformed: ${what} (found 0x${byte.toString(16).padStart(2, '0')}; RFC 9112 section 7.1)`);
}
