/** Owns the reading of one response, from the first byte of its head to the end of its body. */
import { ChunkedDecoder } from './chunked-decoder.js';
import { ProtocolError } from './error.js';
import { framingOf, type Framing } from './framing.js';
import { HeadScanner } from './head-scanner.js';
import { STRICT, type Leniency } from './leniency.js';
import type { WireLimits } from './limits.js';

/** Is told of 1xx responses. */
export interface InterimSink {
  /** The request asked for another protocol, so 101 (Switching Protocols) is a final response. */
  readonly upgrades?: boolean;
  /** `head` is valid only during the call. */
  interim(head: HeadScanner): void;
}

/** Takes a body's payload. */
export interface PayloadSink {
  /** Each chunk of a chunked body is given by itself; otherwise small ones are joined. */
  readonly piecewise?: boolean;
  /** `bytes[start, end)`, valid only during the call. */
  push(bytes: Buffer, start: number, end: number): void;
  /** Bytes that belong to the sink from now on. */
  add(chunk: Uint8Array): void;
}

/** Reads one response after the other: 1xx responses, the final head, and the payload of its body. */
export class ResponseReader {
  readonly scanner: HeadScanner;
  framing: Framing = 'none';
  /** Bytes of a body of known length that have not come yet. */
  remaining = 0;
  /** The message is complete; bytes behind it belong to no response. */
  complete = false;
  /** The trailer fields as they came, once complete. */
  trailers = '';

  private decoder: ChunkedDecoder | null = null;
  private interims = 0;

  constructor(
    private readonly limits: WireLimits,
    private readonly leniency: Leniency = STRICT,
  ) {
    this.scanner = new HeadScanner(limits, leniency);
  }

  /** Makes ready for the next response. */
  reset(): void {
    this.scanner.reset();
    this.framing = 'none';
    this.remaining = this.interims = 0;
    this.complete = false;
    this.trailers = '';
    this.decoder = null;
  }

  /**
   * Reads on in the head of the response to a `method` request; `sink` is
   * told of each 1xx response before it. Returns the position after the
   * final head, or -1 if more bytes are needed.
   *
   * @throws ProtocolError
   */
  readHead(method: string, bytes: Buffer, start: number, end: number, sink: InterimSink): number {
    const { scanner } = this;
    let pos = scanner.feed(bytes, start, end);
    while (pos !== -1 && scanner.status < 200) {
      if (scanner.status === 101) {
        if (sink.upgrades === true) break;
        throw new ProtocolError('ERR_UNEXPECTED_UPGRADE', 'the server answered 101 (Switching Protocols) to a request that asked for no upgrade (RFC 9110 section 7.8)');
      }
      if (++this.interims > this.limits.maxInterim) throw new ProtocolError('ERR_TOO_MANY_INTERIM', `the server sent more than ${this.limits.maxInterim} informational (1xx) responses (max1xxResponses)`);
      sink.interim(scanner);
      scanner.resetInterim();
      if (pos === end) return -1;
      pos = scanner.feed(bytes, pos, end);
    }
    if (pos === -1) return -1;
    this.framing = framingOf(method, scanner, this.leniency.http10Chunked);
    // RFC 9112 section 6.1: the connection is closed after a message that is framed like that.
    if (scanner.chunked && scanner.minor === 0) scanner.close = true;
    if (this.framing === 'length') this.remaining = scanner.contentLength;
    else if (this.framing === 'chunked') this.decoder = new ChunkedDecoder(scanner);
    else if (this.framing === 'none') this.complete = true;
    return pos;
  }

  /**
   * Takes the body's share of `bytes[start, end)` and returns the position after it.
   *
   * @throws ProtocolError; the payload before the fault has gone to the sink.
   */
  readBody(bytes: Buffer, start: number, end: number, sink: PayloadSink): number {
    if (this.framing === 'length') {
      const used = Math.min(end, start + this.remaining);
      this.remaining -= used - start;
      if (used > start) sink.push(bytes, start, used);
      if (this.remaining === 0) this.complete = true;
      return used;
    }
    if (this.framing === 'chunked') return this.readChunks(this.decoder!, bytes, start, end, sink);
    sink.push(bytes, start, end);
    return end;
  }

  /** An orderly end of the connection. True if it is the end of the body, too. */
  end(): boolean {
    if (this.framing === 'close' || this.framing === 'tunnel') this.complete = true;
    return this.complete;
  }

  /** Small chunks are joined: a reader wants bytes, not the server's writes. */
  private readChunks(decoder: ChunkedDecoder, bytes: Buffer, start: number, end: number, sink: PayloadSink): number {
    let pos = start;
    let runStart = 0;
    let runEnd = -1;
    let joined: Uint8Array | null = null;
    let length = 0;
    try {
      while (pos < end && !decoder.done) {
        pos = decoder.step(bytes, pos, end);
        const { dataStart, dataEnd } = decoder;
        if (dataEnd === dataStart) continue;
        if (sink.piecewise) {
          sink.push(bytes, dataStart, dataEnd);
          continue;
        }
        if (runEnd === -1) {
          runStart = dataStart;
          runEnd = dataEnd;
          continue;
        }
        if (joined === null) {
          joined = new Uint8Array(end - runStart);
          joined.set(bytes.subarray(runStart, runEnd));
          length = runEnd - runStart;
        }
        joined.set(bytes.subarray(dataStart, dataEnd), length);
        length += dataEnd - dataStart;
      }
    } finally {
      // Also when the decoder threw: what came before the fault can be read.
      if (joined !== null) sink.add(joined.subarray(0, length));
      else if (runEnd !== -1) sink.push(bytes, runStart, runEnd);
    }
    if (decoder.done) {
      this.complete = true;
      this.trailers = decoder.trailers;
    }
    return pos;
  }
}
