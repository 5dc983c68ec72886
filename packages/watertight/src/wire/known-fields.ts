/** Owns the fields of a response's head that the client itself acts on: how they are recognised, read and checked. */
import { COMMA, HTAB, isWord, SP } from './bytes.js';
import { ProtocolError, showBytes } from './error.js';

/** A longer promise of the server is taken as this one: 100 days. */
const MAX_SECONDS = 8_640_000;

/** What the known fields of one head say. `HeadScanner` extends it: one object, and nothing to copy. */
export class KnownFields {
  /** -1 where there is none. */
  contentLength = -1;
  chunked = false;
  /** `Connection` holds `close`, `keep-alive`. */
  close = false;
  keepAlive = false;
  /** The content coding is `gzip` (or its alias `x-gzip`), alone. */
  gzip = false;
  /** Seconds for which the server keeps an idle connection: `timeout` of `Keep-Alive`; -1 where it says nothing. */
  keepAliveTimeout = -1;

  /** How many Content-Encoding fields there are. */
  codings = 0;

  protected clearFields(): void {
    this.contentLength = -1;
    this.chunked = false;
    this.close = false;
    this.keepAlive = false;
    this.gzip = false;
    this.keepAliveTimeout = -1;
    this.codings = 0;
  }

  /**
   * Looks at one field line: its name is `bytes[name, nameEnd)`, its value `bytes[value, valueEnd)`.
   *
   * @throws ProtocolError if it is a known field whose value can't be taken.
   */
  protected takeField(bytes: Uint8Array, name: number, nameEnd: number, value: number, valueEnd: number): void {
    // Most names differ in their length already.
    const length = nameEnd - name;
    if (length !== 14 && length !== 17 && length !== 10 && length !== 16) return;
    let start = value;
    let end = valueEnd;
    while (start < end && (bytes[start] === SP || bytes[start] === HTAB)) start++;
    while (end > start && (bytes[end - 1] === SP || bytes[end - 1] === HTAB)) end--;
    if (length === 14) {
      if (isWord(bytes, name, nameEnd, 'content-length')) this.takeContentLength(bytes, start, end);
    } else if (length === 17) {
      if (isWord(bytes, name, nameEnd, 'transfer-encoding')) this.takeTransferEncoding(bytes, start, end);
    } else if (length === 10) {
      if (isWord(bytes, name, nameEnd, 'connection')) this.takeConnection(bytes, start, end);
      else if (isWord(bytes, name, nameEnd, 'keep-alive')) this.takeKeepAlive(bytes, start, end);
    } else if (isWord(bytes, name, nameEnd, 'content-encoding')) {
      this.codings++;
      this.gzip = this.codings === 1 && (isWord(bytes, start, end, 'gzip') || isWord(bytes, start, end, 'x-gzip'));
    }
  }

  /** One length, or a list of equal ones: what RFC 9110 section 8.6 says of a list holds for the lines of one, too. */
  private takeContentLength(bytes: Uint8Array, start: number, end: number): void {
    let from = start;
    for (let i = start; i < end; i++) {
      if (bytes[i] !== COMMA) continue;
      this.takeLength(bytes, from, i);
      from = i + 1;
    }
    this.takeLength(bytes, from, end);
  }

  private takeLength(bytes: Uint8Array, from: number, to: number): void {
    let start = from;
    let end = to;
    while (start < end && (bytes[start] === SP || bytes[start] === HTAB)) start++;
    while (end > start && (bytes[end - 1] === SP || bytes[end - 1] === HTAB)) end--;
    let length = 0;
    let valid = end > start && end - start <= 19;
    for (let i = start; valid && i < end; i++) {
      const digit = bytes[i] - 0x30;
      valid = digit >= 0 && digit <= 9;
      length = length * 10 + digit;
    }
    if (!valid || length > Number.MAX_SAFE_INTEGER) {
      throw new ProtocolError('ERR_CONTENT_LENGTH', `the response's Content-Length is ${showBytes(bytes, start, end)}, not a decimal number of bytes below 2^53 (RFC 9110 section 8.6); the server is faulty`);
    }
    // RFC 9110 section 8.6: equal lengths may be taken as one; different ones never.
    if (this.contentLength !== -1 && this.contentLength !== length) {
      throw new ProtocolError('ERR_CONTENT_LENGTH', `the response has two different Content-Lengths, ${this.contentLength} and ${length} (RFC 9112 section 6.3); the server is faulty or somebody is smuggling`);
    }
    this.contentLength = length;
  }

  private takeTransferEncoding(bytes: Uint8Array, start: number, end: number): void {
    // We offer no transfer coding, so the one that may come is chunked (RFC 9112 section 6.1). The line may come
    // twice: a gateway that copies its upstream's fields beside its own sends that, and there is one way to read it.
    if (!isWord(bytes, start, end, 'chunked')) {
      throw new ProtocolError('ERR_TRANSFER_ENCODING', `the response's Transfer-Encoding is ${showBytes(bytes, start, end)}; only "chunked" is accepted (RFC 9112 section 6.1)`);
    }
    this.chunked = true;
  }

  /** `timeout=5, max=100` (RFC 2068 section 19.7.1.1). A hint, so what can't be read is passed over. */
  private takeKeepAlive(bytes: Uint8Array, start: number, end: number): void {
    let from = start;
    for (let i = start; i <= end; i++) {
      // Servers separate the parameters by commas, some by semicolons.
      if (i < end && bytes[i] !== 0x2c && bytes[i] !== 0x3b) continue;
      while (from < i && (bytes[from] === SP || bytes[from] === HTAB)) from++;
      if (i - from > 8 && isWord(bytes, from, from + 8, 'timeout=')) this.takeSeconds(bytes, from + 8, i);
      from = i + 1;
    }
  }

  private takeSeconds(bytes: Uint8Array, start: number, end: number): void {
    let seconds = 0;
    let pos = start;
    for (; pos < end && bytes[pos] >= 0x30 && bytes[pos] <= 0x39; pos++) seconds = Math.min(MAX_SECONDS, seconds * 10 + bytes[pos] - 0x30);
    // Of two hints, the shorter one is safe.
    if (pos > start && (this.keepAliveTimeout === -1 || seconds < this.keepAliveTimeout)) this.keepAliveTimeout = seconds;
  }

  private takeConnection(bytes: Uint8Array, start: number, end: number): void {
    let from = start;
    for (let i = start; i <= end; i++) {
      if (i < end && bytes[i] !== COMMA) continue;
      let a = from;
      let b = i;
      while (a < b && (bytes[a] === SP || bytes[a] === HTAB)) a++;
      while (b > a && (bytes[b - 1] === SP || bytes[b - 1] === HTAB)) b--;
      if (isWord(bytes, a, b, 'close')) this.close = true;
      else if (isWord(bytes, a, b, 'keep-alive')) this.keepAlive = true;
      from = i + 1;
    }
  }
}
