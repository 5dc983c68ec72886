/** Owns a response as the program holds it: the head, and the body that it must finish. */
// Not the global of that name: a test's document (jsdom) has none.
import { TextDecoder } from 'node:util';
import type { PeerCertificate } from 'node:tls';
import { Headers, INSPECT, inspectAs, type Inspect } from '../wire/index.js';
import { Body } from './body.js';
import type { BodySource } from './body-source.js';
import type { Request } from './request.js';

/** What was agreed on with a TLS server. */
export interface TlsState {
  /** Such as `TLSv1.3`. */
  readonly protocol: string | null;
  readonly cipher: string;
  /** The name that was asked for in SNI, '' for an IP address. */
  readonly serverName: string;
  readonly authorized: boolean;
  readonly alpnProtocol: string | null;
  /** The session was resumed. */
  readonly resumed: boolean;
  readonly peerCertificate: PeerCertificate;
}

/** A response's head as the connection has read it; the exchange has it. */
export interface ResponseParts {
  readonly request: Request;
  readonly status: number;
  /** Of HTTP/1.x. */
  readonly minor: number;
  /** Status line and field lines, and where the latter start: see HeadScanner. */
  readonly head: string;
  readonly fieldsAt: number;
  /** -1 where it is not known beforehand. */
  readonly contentLength: number;
  /** The trailer fields as they came, '' before EOF. */
  readonly trailers: string;
  readonly tls: TlsState | null;
}

/**
 * A response. Its body must be read to EOF or closed; `await using res =
 * await get(url)` does the latter, as `defer resp.Body.Close()` does in Go.
 */
export class Response {
  readonly status: number;
  /** Bytes of the body; -1 where that is not known beforehand, as in Go. For HEAD and 304: what the server said. */
  readonly contentLength: number;
  /** The body was gzip and is decoded on the way, as Go's `Response.Uncompressed`. */
  readonly uncompressed: boolean;
  readonly body: Body;

  private readonly parts: ResponseParts;
  private parsed: Headers | null = null;
  private parsedTrailers: Headers | null = null;

  /** @internal `source` delivers the body, decoded if `uncompressed`. */
  constructor(parts: ResponseParts, source: BodySource, uncompressed: boolean) {
    this.status = parts.status;
    this.contentLength = uncompressed ? -1 : parts.contentLength;
    this.uncompressed = uncompressed;
    this.parts = parts;
    this.body = new Body(source, this);
  }

  /** The request that led to it: after redirects the last one. */
  get request(): Request {
    return this.parts.request;
  }

  /** `HTTP/1.1` or `HTTP/1.0`. */
  get proto(): string {
    return this.parts.minor === 1 ? 'HTTP/1.1' : 'HTTP/1.0';
  }

  /** The reason phrase, '' where there is none. */
  get statusText(): string {
    // `HTTP/1.1 200 ` is 13 characters; a head without fields has no line end left.
    const { head } = this.parts;
    const end = head.indexOf('\r\n');
    return head.slice(13, end === -1 ? undefined : end);
  }

  /** 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The URL that answered, without user, password and fragment. */
  get url(): string {
    return this.request.url;
  }

  get headers(): Headers {
    if (this.parsed === null) {
      this.parsed = Headers.parsed(this.parts.head, this.parts.fieldsAt);
      if (this.uncompressed) {
        this.parsed.delete('content-encoding');
        this.parsed.delete('content-length');
      }
    }
    return this.parsed;
  }

  /** The trailer fields; empty until the body was read to EOF (RFC 9112 section 7.1.2). */
  get trailers(): Headers {
    const text = this.parts.trailers;
    if (text === '' || this.body.state !== 'eof') return new Headers();
    if (this.parsedTrailers === null) {
      this.parsedTrailers = Headers.parsed(text, 0);
      // RFC 9110 section 6.5.1: what frames or routes a message has no meaning in a trailer.
      for (const name of ['transfer-encoding', 'content-length', 'content-encoding', 'connection', 'host', 'trailer']) this.parsedTrailers.delete(name);
    }
    return this.parsedTrailers;
  }

  /** What TLS agreed on, null over plain http. */
  get tls(): TlsState | null {
    return this.parts.tls;
  }

  /** The body up to EOF as text: UTF-8, without a byte order mark. Rejects as `body.read()` does. */
  text(): Promise<string> {
    return this.body.readAll().then(decodeText);
  }

  /** The body up to EOF as JSON. Rejects with a SyntaxError if it is none. */
  json(): Promise<unknown> {
    return this.body.readAll().then(parseJson);
  }

  /** The body up to EOF. */
  bytes(): Promise<Uint8Array> {
    return this.body.readAll();
  }

  /** The body up to EOF, in a buffer of its own. */
  arrayBuffer(): Promise<ArrayBuffer> {
    return this.body.readAll().then(toArrayBuffer);
  }

  /** Closes the body: see {@link Body.close}. Never throws. */
  close(): Promise<void> {
    return this.body.close();
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { status, statusText, proto, request, headers, contentLength, body } = this;
    return inspectAs('Response', { status, statusText, proto, url: request.shownUrl, headers, contentLength, body }, options, inspect);
  }

  /** What `await using` calls: closes the body. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.body.close();
  }
}

const decoder = new TextDecoder();

function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(decoder.decode(bytes));
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  return byteLength === buffer.byteLength && buffer instanceof ArrayBuffer ? buffer : (buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
}
