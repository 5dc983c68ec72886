/** Owns the publication of requests on the diagnostics channels of undici, for what observes those: OpenTelemetry's instrumentation, for one. */
import { channel } from 'node:diagnostics_channel';
import type { Duplex } from 'node:stream';
import { chainTraces, type ClientTrace, type Request, type Response } from '../conn/index.js';
import { RequestError, type Headers } from '../wire/index.js';

const CREATE = channel('undici:request:create');
const SEND_HEADERS = channel('undici:client:sendHeaders');
const BODY_SENT = channel('undici:request:bodySent');
const HEADERS = channel('undici:request:headers');
const TRAILERS = channel('undici:request:trailers');
const ERROR = channel('undici:request:error');

const OURS: unique symbol = Symbol.for('watertight.request');

/** Whether somebody observes; if not, a request costs nothing more. */
export function isObserved(): boolean {
  return CREATE.hasSubscribers || HEADERS.hasSubscribers || TRAILERS.hasSubscribers || ERROR.hasSubscribers || SEND_HEADERS.hasSubscribers;
}

/**
 * A request as undici publishes it: the object that all events of one request
 * have in common. An observer may add fields until it is sent.
 */
export class PublishedRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: unknown;
  readonly host: string;
  readonly contentLength: number | null;
  readonly contentType: string | null;
  completed = false;
  aborted = false;
  /** Says to our own observation of undici that it is not one of undici's. */
  readonly [OURS] = true;
  private readonly fields: Headers;

  private constructor(request: Request) {
    const { origin, path } = request.target;
    this.origin = origin.href;
    this.path = path;
    this.method = request.method;
    this.fields = request.headers;
    this.headers = this.fields.raw.flat();
    this.body = request.body?.bytes ?? null;
    this.host = origin.host;
    this.contentLength = request.body?.length ?? null;
    this.contentType = this.fields.get('content-type');
  }

  /** Publishes the request, and gives it back with what an observer added. What an observer throws is reported by Node, and changes nothing. */
  static of(request: Request): { request: Request; published: PublishedRequest } {
    const published = new PublishedRequest(request);
    CREATE.publish({ request: published });
    const observed = request.observed(null, chainTraces(published.hooks, request.trace), published.fields);
    return { request: observed, published };
  }

  /** They say on which connection the head was written. */
  private get hooks(): ClientTrace {
    let socket: Duplex | null = null;
    return {
      gotConn: (info) => void (socket = info.socket),
      wroteHeaders: () => this.sent(socket!),
    };
  }

  /** Adds a field, as undici's request does. @throws RequestError for a name or value that can't be sent */
  addHeader(name: string, value: string): this {
    if (this.completed) throw new RequestError('ERR_INVALID_HEADER', 'the request was sent already; add a field when it is created');
    this.fields.append(name, value);
    this.headers.push(name, value);
    return this;
  }

  /** Observers read the addresses of the socket. */
  sent(socket: Duplex): void {
    SEND_HEADERS.publish({ request: this, headers: headOf(this), socket });
    if (this.body === null) BODY_SENT.publish({ request: this });
  }

  answered({ status, statusText, headers }: Pick<Response, 'status' | 'statusText' | 'headers'>): void {
    if (this.body !== null) BODY_SENT.publish({ request: this });
    HEADERS.publish({ request: this, response: { statusCode: status, headers: rawFields(headers), statusText } });
  }

  /** The response's body has been read to its end. */
  ended(trailers: Headers): void {
    if (this.completed) return;
    this.completed = true;
    TRAILERS.publish({ request: this, trailers: rawFields(trailers) });
  }

  failed(error: unknown): void {
    if (this.completed) return;
    this.completed = this.aborted = true;
    ERROR.publish({ request: this, error });
  }
}

function headOf({ method, path, host, headers }: PublishedRequest): string {
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return text;
}

/** Names and values in turn, as undici gives them. */
export function rawFields(headers: Headers): Buffer[] {
  return headers.raw.flatMap(([name, value]) => [Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1')]);
}
