/** Owns a response as the program sees it: its head, its body, and the forms in which the body can be read. */
import type { FileHandle } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { Headers, INSPECT, inspectAs, show, type Inspect } from '../wire/index.js';
import { Body } from './body.js';
import type { BodySource } from './body-source.js';
import { decodeText, decodeTyped, decodeUtf8, namesCharset } from './charset.js';
import { saveBody, type SaveOptions } from './download.js';
import { parseJson } from './json.js';
import type { Request } from './request.js';
import type { TlsState } from './tls-state.js';

/** A version of HTTP, spelled as in Go. */
export type Proto = 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2.0';

/** A response's head as it was read from the connection; the exchange implements it. */
export interface ResponseParts {
  readonly request: Request;
  readonly status: number;
  readonly proto: Proto;
  /** Status line and field lines as text, over HTTP/2 in the same form; `fieldsAt` is where the field lines start. */
  readonly head: string;
  readonly fieldsAt: number;
  /** In bytes; -1 if it is not known beforehand. */
  readonly contentLength: number;
  /** Of the body, before decoding. */
  readonly bytesRead: number;
  /** The trailer fields as they came; '' before EOF. */
  readonly trailers: string;
  readonly tls: TlsState | null;
  /** The connection as a stream both ways, made new; null if it still carries HTTP. */
  openSocket(body: Body): Duplex | null;
}

/**
 * A response. Its body must be read to EOF or closed; until then its connection
 * serves no other request. `await using res = await get(url)` closes it at the
 * end of the block, as `defer resp.Body.Close()` does in Go.
 */
export class Response {
  /** The status code, 200 to 999; 101 if the request asked for another protocol and got it. */
  readonly status: number;
  /** Bytes of the body; -1 if that is not known beforehand, as in Go. For a response to HEAD: the length that the server announced. */
  readonly contentLength: number;
  /** The body came in content codings that the transport had offered (`acceptEncodings`), and is decoded while it is read: Go's `Response.Uncompressed`. */
  readonly uncompressed: boolean;
  readonly body: Body;

  private readonly parts: ResponseParts;
  private parsed: Headers | null = null;
  private parsedTrailers: Headers | null = null;
  private duplex: Duplex | null = null;

  /** @internal `source` delivers the body, decoded if `uncompressed`. */
  constructor(parts: ResponseParts, source: BodySource, uncompressed: boolean) {
    this.status = parts.status;
    this.contentLength = uncompressed ? -1 : parts.contentLength;
    this.uncompressed = uncompressed;
    this.parts = parts;
    this.body = new Body(source, this);
  }

  /** @internal Bytes of the body that were read, before decoding. */
  get bytesRead(): number {
    return this.parts.bytesRead;
  }

  /** The request that this is the response to; after redirects, the last one. */
  get request(): Request {
    const { request } = this.parts;
    // One that is published is a copy, whose hooks are for that one time.
    return request.observer === null ? request : request.observer.given;
  }

  /** The version of HTTP in which the response came. */
  get proto(): Proto {
    return this.parts.proto;
  }

  /** The reason phrase; '' if there is none, as in HTTP/2. */
  get statusText(): string {
    // `HTTP/1.1 200 ` is 13 characters; a head without fields has no line end left.
    const { head } = this.parts;
    const end = head.indexOf('\r\n');
    return head.slice(13, end === -1 ? undefined : end);
  }

  /** The status is 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The URL that answered, without user, password and fragment. */
  get url(): string {
    return this.request.url;
  }

  /** The header fields. Those of a decoded body have no Content-Encoding and no Content-Length, as in Go. */
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

  /** What the client and the server agreed on in TLS; null over plain http. */
  get tls(): TlsState | null {
    return this.parts.tls;
  }

  /**
   * The connection itself, after 101 (Switching Protocols) and after a 2xx answer to
   * CONNECT; otherwise null. It is the program's from then on: neither the signal nor
   * a time limit of the request ends it. What came behind the head is the first that
   * it reads; it is also `body`, so read one of the two. End or destroy it, or close
   * the response: until then the connection is open. One that was never used is a
   * leak, with its line.
   *
   * After 101 the connection's two tasks have ended, as in Go, where the body is a
   * ReadWriteCloser: it counts against no limit, and `transport.close()` leaves it
   * open. After CONNECT the tasks last as long as the tunnel, as those of Go's body do.
   */
  get socket(): Duplex | null {
    return (this.duplex ??= this.parts.openSocket(this.body));
  }

  /**
   * Reads the body to EOF as text in the charset of its Content-Type (the labels of
   * the Encoding standard); UTF-8 without one, or where the charset is not known. A
   * byte order mark goes before the Content-Type, and is left out. Unlike `fetch`,
   * which takes every text for UTF-8. Rejects as `body.read()` does.
   */
  text(): Promise<string> {
    if (!namesCharset(this.parts.head)) return this.body.readAll().then(decodeText);
    return this.body.readAll().then((bytes) => decodeTyped(bytes, this.headers.get('content-type')));
  }

  /**
   * Reads the body to EOF as JSON, which is UTF-8 (RFC 8259 section 8.1). Rejects with a
   * JsonError, which is a SyntaxError (`code: 'ERR_BODY_JSON'`), with the URL and the
   * place if it is not JSON, otherwise as `body.read()` does.
   */
  json(): Promise<unknown> {
    return this.body.readAll().then((bytes) => parseJson(decodeUtf8(bytes), () => this.named()));
  }

  /** Reads the body to EOF. Rejects as `body.read()` does. */
  bytes(): Promise<Uint8Array> {
    return this.body.readAll();
  }

  /** Reads the body to EOF into an ArrayBuffer of exactly its length. Rejects as `body.read()` does. */
  arrayBuffer(): Promise<ArrayBuffer> {
    return this.body.readAll().then(toArrayBuffer);
  }

  /**
   * Reads the body to EOF into a file, and resolves with the number of bytes
   * written (decoded ones, if the body was encoded). The status does not matter:
   * look at `ok` first, or the page of an error is saved.
   *
   * A path gets a new file when the download is complete: until then it is written
   * under another name in the same folder. If it fails, or if the process dies,
   * a file that had the name before is unchanged. A device or a pipe is written to
   * directly. A FileHandle is written to at its position, is not closed, and
   * keeps what was written before a failure.
   *
   * @param to a path, a `file:` URL or a FileHandle of node:fs/promises
   * @returns rejects as `body.read()` does, with the file system's error, with a
   * BodyError whose `cause` is what `onProgress` threw, or with a RequestError (`ERR_INVALID_OPTION`). The body is closed then.
   */
  saveTo(to: string | URL | FileHandle, options: SaveOptions = {}): Promise<number> {
    return saveBody(this.body, this.contentLength >= 0 ? this.contentLength : null, to, options);
  }

  /** Closes the body: see {@link Body.close}. Never throws or rejects. */
  close(): Promise<void> {
    return this.body.close();
  }

  private named(): string {
    const { method, shownUrl } = this.request;
    const type = this.headers.get('content-type');
    return `the body of ${method} ${shownUrl} (${this.status}${type === null ? '' : `, ${show(type)}`})`;
  }

  /** What `console.log` and `util.inspect` show. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { status, statusText, proto, request, headers, contentLength, body } = this;
    return inspectAs('Response', { status, statusText, proto, url: request.shownUrl, headers, contentLength, body }, options, inspect);
  }

  /** What `await using` calls: closes the body. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.body.close();
  }
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  return byteLength === buffer.byteLength && buffer instanceof ArrayBuffer ? buffer : (buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
}
