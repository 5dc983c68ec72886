/** Owns the reading of a response's head, or of its trailers, from bytes that arrive in any pieces. */
import { COLON, CR, HTAB, type Latin1Bytes, LF, SP, TEXT, TOKEN } from './bytes.js';
import { ProtocolError, showBytes } from './error.js';
import { KnownFields } from './known-fields.js';
import { orBeLenient, STRICT, type Leniency } from './leniency.js';
import type { WireLimits } from './limits.js';

/** Where a scan stopped for want of bytes. Small integers: this is read for each piece that arrives. */
const enum At {
  StatusLine,
  StatusLineLf,
  LineStart,
  Name,
  Value,
  ValueLf,
  EndLf,
}

/**
 * Reads one head after the other: call `feed` until it returns a position, read
 * the properties, call `reset`. Each byte is checked once, in one pass. The known
 * fields are read on the way; the text of all fields is kept as one string, and
 * is only parsed if the program asks for it.
 *
 * It is strict: a line ends with CR LF, a name is a token, and a value holds no
 * control byte. What two parsers could read differently is refused, because it
 * lets an attacker smuggle a response (RFC 9112 sections 2.2, 5 and 11.2). A
 * program may accept some of it by name (`Leniency`), in heads but not in trailers.
 * That is looked up only where a byte would be refused, so it costs nothing.
 */
export class HeadScanner extends KnownFields {
  /** The minor version of HTTP/1.x: 0 or 1. */
  minor = 1;
  status = 0;
  /** The head without its last CR LF CR LF, one char a byte, folds undone. */
  text = '';
  /** Where the first field line starts in `text`. */
  fieldsAt = 0;

  private at: At = At.StatusLine;
  private fields = 0;
  private folded = false;
  /** A line ended in a bare LF, and that is accepted. */
  private bareLf = false;
  /** The name that is being read holds a byte that no token has, and that is accepted. */
  private oddName = false;
  /** The trailers are being read: they belong to the chunks, where nothing is accepted that could be read in two ways. */
  private inTrailers = false;
  private nameStart = 0;
  private nameEnd = 0;
  private valueStart = 0;
  private valueEnd = 0;
  /** Bytes of heads already done that count against the same limit (1xx responses). */
  private before = 0;
  /** Bytes of the last whole head, folds included. */
  private size = 0;
  private pos = 0;
  /** The bytes so far of a head that came in pieces; its length is `pending`. */
  private store: Buffer | null = null;
  private pending = 0;

  constructor(
    private readonly limits: WireLimits,
    private readonly leniency: Leniency = STRICT,
  ) {
    super();
  }

  /**
   * Goes on with `bytes[start, end)`. Returns the position after the head's
   * last byte, or -1 if all bytes were taken and more are needed.
   *
   * @throws ProtocolError at the first byte that can't be part of a head.
   */
  feed(bytes: Buffer, start: number, end: number): number {
    if (this.store === null) {
      if (this.scan(bytes, start, start, end)) {
        this.finish(bytes, start);
        return this.pos;
      }
      this.checkSize(end - start);
      this.keep(bytes, start, end);
      return -1;
    }
    const had = this.pending;
    this.keep(bytes, start, end);
    const resumeAt = this.pos;
    if (this.scan(this.store, 0, resumeAt, this.pending)) {
      const taken = this.pos - had;
      this.finish(this.store, 0);
      return start + taken;
    }
    this.checkSize(this.pending);
    return -1;
  }

  /** Whether bytes of an unfinished head have come. */
  get started(): boolean {
    return this.store !== null;
  }

  /** Makes ready for the next message's head. */
  reset(): void {
    this.before = 0;
    this.inTrailers = false;
    this.clear(At.StatusLine);
  }

  /** Makes ready for the next head of the same message, after a 1xx response: what it took counts on. */
  resetInterim(): void {
    this.before += this.size;
    this.clear(At.StatusLine);
  }

  /** Makes ready for the trailers of the message, which have no status line. */
  resetTrailers(): void {
    this.before = 0;
    this.fieldsAt = 0;
    this.inTrailers = true;
    this.clear(At.LineStart);
  }

  private clear(at: At): void {
    this.at = at;
    this.text = '';
    this.fields = 0;
    this.clearFields();
    this.folded = false;
    this.bareLf = this.oddName = false;
    this.store = null;
    this.pending = 0;
  }

  /**
   * The state machine. `base` is where the head starts in `bytes`; all kept
   * positions are relative to it once a head is in pieces (then it is 0).
   */
  private scan(bytes: Uint8Array, base: number, from: number, end: number): boolean {
    let pos = from;
    let at = this.at;
    for (;;) {
      switch (at) {
        case At.Name:
          while (pos < end && TOKEN[bytes[pos]] === 1) pos++;
          if (pos === end) return this.suspend(at, pos - base);
          if (bytes[pos] !== COLON || pos === this.nameStart + base) {
            if (bytes[pos] === LF && pos === this.nameStart + base && this.takesBareLf()) {
              this.pos = pos + 1;
              return true;
            }
            if (!this.takesInName(bytes[pos])) throw this.badName(bytes, this.nameStart + base, pos, end);
            pos++;
            break;
          }
          if (this.oddName) {
            this.oddName = false;
            const fault = oddNameFault(bytes, this.nameStart + base, pos);
            if (fault !== null) throw new ProtocolError('ERR_HEADER_FIELD', `${showBytes(bytes, this.nameStart + base, pos)} is no field name: ${fault} (RFC 9112 section 5.1)`);
          }
          this.nameEnd = pos - base;
          this.valueStart = ++pos - base;
          at = At.Value;
          break;
        case At.Value:
          while (pos < end && TEXT[bytes[pos]] === 1) pos++;
          if (pos === end) return this.suspend(at, pos - base);
          this.valueEnd = pos - base;
          at = At.ValueLf;
          if (bytes[pos] === CR) pos++;
          else if (bytes[pos] !== LF || !this.takesBareLf()) throw this.badByte('ERR_HEADER_FIELD', `the value of the field ${this.nameIn(bytes, base)}`, bytes[pos]);
          break;
        case At.ValueLf:
          if (pos === end) return this.suspend(at, pos - base);
          if (bytes[pos] !== LF) throw this.badByte('ERR_HEADER_FIELD', `the field ${this.nameIn(bytes, base)}, after a CR,`, bytes[pos]);
          pos++;
          if (++this.fields > this.limits.maxFields) throw tooMany(this.limits.maxFields);
          this.takeField(bytes, this.nameStart + base, this.nameEnd + base, this.valueStart + base, this.valueEnd + base);
          at = At.LineStart;
          break;
        case At.LineStart: {
          if (pos === end) return this.suspend(at, pos - base);
          const byte = bytes[pos];
          if (byte === CR) {
            pos++;
            at = At.EndLf;
          } else if (byte === SP || byte === HTAB) {
            // obs-fold (RFC 9112 section 5.2): a user agent replaces it by spaces. There must be a line to continue.
            if (this.fields === 0) throw new ProtocolError('ERR_HEADER_FIELD', 'the response head starts with a continuation line (RFC 9112 section 2.2); the server is faulty');
            this.folded = true;
            this.fields--;
            at = At.Value;
          } else {
            this.nameStart = pos - base;
            at = At.Name;
          }
          break;
        }
        case At.EndLf:
          if (pos === end) return this.suspend(at, pos - base);
          if (bytes[pos] !== LF) throw this.badByte('ERR_HEADER_FIELD', 'the end of the head, after a CR,', bytes[pos]);
          this.pos = pos + 1;
          return true;
        case At.StatusLine:
          while (pos < end && TEXT[bytes[pos]] === 1) pos++;
          if (pos === end) return this.suspend(at, pos - base);
          this.valueEnd = pos - base;
          at = At.StatusLineLf;
          if (bytes[pos] === CR) pos++;
          else if (bytes[pos] !== LF || !this.takesBareLf()) throw this.badByte('ERR_STATUS_LINE', 'the status line', bytes[pos]);
          break;
        case At.StatusLineLf:
          if (pos === end) return this.suspend(at, pos - base);
          if (bytes[pos] !== LF) throw this.badByte('ERR_STATUS_LINE', 'the status line, after a CR,', bytes[pos]);
          pos++;
          this.statusLine(bytes, base, this.valueEnd + base);
          this.fieldsAt = pos - base;
          at = At.LineStart;
          break;
      }
    }
  }

  private suspend(at: At, pos: number): false {
    this.at = at;
    this.pos = pos;
    return false;
  }

  /** `HTTP/1.1 200 reason`; the reason may be missing, with its space (many servers). */
  private statusLine(bytes: Uint8Array, start: number, end: number): void {
    const minor = bytes[start + 7] - 0x30;
    const a = bytes[start + 9] - 0x30;
    const b = bytes[start + 10] - 0x30;
    const c = bytes[start + 11] - 0x30;
    const valid =
      end - start >= 12 &&
      bytes[start] === 0x48 &&
      bytes[start + 1] === 0x54 &&
      bytes[start + 2] === 0x54 &&
      bytes[start + 3] === 0x50 &&
      bytes[start + 4] === 0x2f &&
      bytes[start + 6] === 0x2e &&
      (bytes[start + 5] === 0x31 ? minor === 0 || minor === 1 : bytes[start + 5] === 0x32 && minor === 0 && this.leniency.http20) &&
      bytes[start + 8] === SP &&
      a >= 1 && a <= 9 && b >= 0 && b <= 9 && c >= 0 && c <= 9 &&
      (end - start === 12 || bytes[start + 12] === SP);
    if (!valid) throw badStatusLine(bytes, start, end);
    if (bytes[start + 5] === 0x32) {
      // What it speaks looks like HTTP/1.1. What it would do with a second request on the connection is not known.
      this.minor = 1;
      this.close = true;
    } else this.minor = minor;
    this.status = a * 100 + b * 10 + c;
  }

  private finish(bytes: Buffer, start: number): void {
    const end = this.pos;
    this.size = end - start;
    this.checkSize(this.size);
    if (this.bareLf) this.normalise((bytes as Buffer & Latin1Bytes).latin1Slice(start, end));
    else this.text = (bytes as Buffer & Latin1Bytes).latin1Slice(start, Math.max(start, end - 4));
    if (this.folded) this.unfold();
  }

  /** Gives each line the end that whoever parses the text expects. A CR has come only before an LF. */
  private normalise(head: string): void {
    this.text = head.replace(/\r?\n/g, '\r\n').slice(0, -4);
    const statusEnd = this.text.indexOf('\r\n');
    this.fieldsAt = statusEnd === -1 ? this.text.length : statusEnd + 2;
  }

  /** Undoes folds and reads the head once more, so that a framing field that was folded is judged as a whole. */
  private unfold(): void {
    const text = this.text.replace(/[ \t]*\r\n[ \t]+/g, ' ');
    const { before, pos } = this;
    this.clear(this.inTrailers ? At.LineStart : At.StatusLine);
    const again = Buffer.from(`${text}\r\n\r\n`, 'latin1');
    this.scan(again, 0, 0, again.length);
    this.text = text;
    this.before = before;
    this.pos = pos;
  }

  private keep(bytes: Buffer, start: number, end: number): void {
    const need = this.pending + end - start;
    if (this.store === null || this.store.length < need) {
      const larger = Buffer.allocUnsafe(Math.max(1024, need * 2));
      this.store?.copy(larger, 0, 0, this.pending);
      this.store = larger;
    }
    bytes.copy(this.store, this.pending, start, end);
    this.pending = need;
  }

  private checkSize(bytes: number): void {
    if (this.before + bytes > this.limits.maxHeadBytes) {
      throw new ProtocolError('ERR_HEADERS_TOO_LARGE', `the response's head is larger than ${this.limits.maxHeadBytes} bytes (maxResponseHeaderBytes)`);
    }
  }

  private takesBareLf(): boolean {
    if (!this.leniency.bareLf || this.inTrailers) return false;
    return (this.bareLf = true);
  }

  /** Whether a byte that no token has may be part of a name. A blank at the start continues a line, and never comes here. */
  private takesInName(byte: number): boolean {
    if (!this.leniency.fieldNames || this.inTrailers || byte === COLON || TEXT[byte] !== 1) return false;
    return (this.oddName = true);
  }

  private badByte(code: 'ERR_STATUS_LINE' | 'ERR_HEADER_FIELD', where: string, byte: number): ProtocolError {
    const avoidable = byte === LF && !this.inTrailers;
    return new ProtocolError(code, `${where} holds the byte 0x${byte.toString(16).padStart(2, '0')}, which has no place there (RFC 9112 sections 2.2 and 5); the server is faulty or speaks another protocol${avoidable ? orBeLenient('bare-lf') : ''}`);
  }

  private badName(bytes: Uint8Array, start: number, pos: number, end: number): ProtocolError {
    const { fieldNames } = this.leniency;
    let door = '';
    if (!this.inTrailers && bytes[pos] === LF && pos === start) door = orBeLenient('bare-lf');
    else if (!this.inTrailers && !fieldNames) {
      let colon = pos;
      while (colon < end && bytes[colon] !== COLON && TEXT[bytes[colon]] === 1) colon++;
      if (colon > start && colon < end && bytes[colon] === COLON && oddNameFault(bytes, start, colon) === null) door = orBeLenient('field-names');
    }
    return new ProtocolError('ERR_HEADER_FIELD', `${showBytes(bytes, start, Math.min(end, pos + 1))} is not the start of a header field: a name is made of token characters and followed by a colon (RFC 9112 section 5)${door}`);
  }

  private nameIn(bytes: Uint8Array, base: number): string {
    return showBytes(bytes, this.nameStart + base, this.nameEnd + base);
  }
}

/** What is wrong with a name that is no token, even where such names are accepted; null if nothing is. */
function oddNameFault(bytes: Uint8Array, start: number, end: number): string | null {
  if (bytes[end - 1] === SP || bytes[end - 1] === HTAB) return 'a blank stands before the colon';
  let letters = '';
  for (let i = start; i < end; i++) if (TOKEN[bytes[i]] === 1) letters += String.fromCharCode(bytes[i]);
  return /^(content-?length|transfer-?encoding)$/i.test(letters) ? 'another reader could take it for a field that frames the message' : null;
}

function badStatusLine(bytes: Uint8Array, start: number, end: number): ProtocolError {
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 16)));
  return new ProtocolError('ERR_STATUS_LINE', `${showBytes(bytes, start, end)} is not the status line of an HTTP/1.0 or HTTP/1.1 response (RFC 9112 section 4)${/^HTTP\/2\.0 \d{3}( |$)/.test(text) ? orBeLenient('http-2.0') : ''}`);
}

function tooMany(limit: number): ProtocolError {
  return new ProtocolError('ERR_HEADERS_TOO_LARGE', `the response's head has more than ${limit} fields`);
}
