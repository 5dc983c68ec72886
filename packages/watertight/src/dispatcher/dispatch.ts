/** Owns one dispatched request: it tells undici's handler what happens, and does what the handler's controller says. */
import { Duplex, Writable } from 'node:stream';
import { callQuietly, Deadline, type Body, type ClientTrace, type GotConnInfo, type Request, type RequestTerms, type Response } from '../conn/index.js';
import { isObserved, PublishedRequest, rawFields, type Transport } from '../transport/index.js';
import type { Headers } from '../wire/index.js';
import { dispatchError, type DispatchErrors } from './dispatch-error.js';
import type { Controller, FieldRecord, Handler } from './handler.js';

/** The limits of one request, and how it is carried. */
export interface DispatchLimits {
  /** Milliseconds; 0 is none. */
  readonly headersTimeout: number;
  /** Milliseconds; 0 is none. */
  readonly bodyTimeout: number;
  /** The most bytes of a body; Infinity is no limit. */
  readonly maxResponseSize: number;
  /** What the packets of the connection are marked with; null: as they are. */
  readonly typeOfService: number | null;
}

/** One request, from `dispatch` to the last call of its handler: `onResponseEnd` or `onResponseError`, once. */
export class Dispatch implements Controller, ClientTrace, RequestTerms {
  rawHeaders: Buffer[] | null = null;
  rawTrailers: Buffer[] | null = null;
  aborted = false;
  paused = false;
  /** What it was aborted with; null for any other failure, which interceptors tell apart by that. */
  reason: unknown = null;
  private over = false;
  /** For what its error says. */
  response: Response | null = null;
  private body: Body | null = null;
  socket: Duplex | null = null;
  private written = false;
  /** `onResponseStarted` was called for the message that comes: each 1xx is one. */
  private started = false;
  private deadline: Deadline | null = null;
  private resumed: (() => void) | null = null;
  /** Null where nobody observes. */
  private published: PublishedRequest | null = null;
  private readonly cancellation = new AbortController();

  constructor(
    private readonly handler: Handler,
    readonly idempotent: boolean | null,
    private readonly limits: DispatchLimits,
    private readonly errors: DispatchErrors,
    private readonly ended: (dispatch: Dispatch) => void,
  ) {}

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }

  start(request: Request, transport: Transport): void {
    this.tell(() => this.handler.onRequestStart?.(this, null));
    if (this.over) {
      request.body?.release(this.reason ?? new this.errors.RequestAbortedError());
      return;
    }
    if (isObserved()) {
      const observed = PublishedRequest.of(request);
      this.published = observed.published;
      this.send(observed.request, transport);
    } else this.send(request, transport);
  }

  private send(request: Request, transport: Transport): void {
    transport.dispatch(request, (response) => void this.receive(response), (error) => this.fail(error));
  }

  // ---- the controller

  abort(reason?: unknown): void {
    if (this.aborted || this.over) return;
    this.aborted = true;
    this.reason = reason ?? new this.errors.RequestAbortedError();
    this.breakOff(this.reason);
  }

  /** Ends the request, without an act of the handler. */
  private breakOff(error: unknown): void {
    this.fail(error);
    this.cancellation.abort(error);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    const { resumed } = this;
    this.resumed = null;
    resumed?.();
  }

  // ---- from the connection

  gotConn({ socket }: GotConnInfo): void {
    this.socket = socket;
    const { typeOfService } = this.limits;
    // Not in every Node, and not on every system: it is no reason to fail.
    if (typeOfService !== null) callQuietly(() => (socket as Duplex & { setTypeOfService?(value: number): void }).setTypeOfService?.(typeOfService));
  }

  wroteHeaders(): void {
    this.awaitHeaders();
  }

  wroteChunk(chunk: unknown): void {
    this.awaitHeaders();
    this.tell(() => this.handler.onBodySent?.(chunk));
  }

  requestSent(): void {
    this.written = true;
    this.awaitHeaders();
    this.tell(() => this.handler.onRequestSent?.());
  }

  gotFirstResponseByte(): void {
    this.messageStarted();
  }

  got1xxResponse(status: number, headers: Headers): void {
    this.messageStarted();
    this.tell(() => this.head(status, headers, ''));
    this.started = false;
  }

  private messageStarted(): void {
    if (this.started) return;
    this.started = true;
    this.tell(() => this.handler.onResponseStarted?.());
  }

  /** The time for the headers begins anew with each piece of the request. A slow source of its body is no slow server. */
  private awaitHeaders(): void {
    if (this.response !== null) return;
    this.limit(this.limits.headersTimeout, () => {
      const blocked = this.socket !== null && this.socket.writableNeedDrain;
      if (this.written || blocked) this.breakOff(new this.errors.HeadersTimeoutError());
    });
  }

  // ---- the response

  private async receive(response: Response): Promise<void> {
    this.deadline?.clear();
    this.response = response;
    this.body = response.body;
    if (this.over) {
      await response.close();
      return;
    }
    this.messageStarted();
    this.published?.answered(response);
    if (response.socket !== null || response.request.method === 'CONNECT') {
      this.leaveHttp(response);
      return;
    }
    this.tell(() => this.head(response.status, response.headers, response.statusText));
    await this.pump(response);
  }

  /** The connection is the program's from now on. Undici takes every answer to a CONNECT for one: then there is the body alone. */
  private leaveHttp(response: Response): void {
    const { status, headers } = response;
    const socket = response.socket ?? Duplex.from({ readable: response.body.toReadable(), writable: new Writable({ write: (_chunk, _encoding, done) => done() }) });
    this.rawHeaders = rawFields(headers);
    this.published?.ended(response.trailers);
    this.tell(() => this.handler.onRequestUpgrade!(this, status, recordOf(headers), socket));
    if (this.over) socket.destroy();
    else this.end();
  }

  private head(status: number, headers: Headers, statusText: string): void {
    this.rawHeaders = rawFields(headers);
    this.handler.onResponseStart?.(this, status, recordOf(headers), statusText);
  }

  private async pump(response: Response): Promise<void> {
    const { body } = response;
    let got = 0;
    try {
      for (;;) {
        if (this.paused && !this.over) {
          await new Promise<void>((resolve) => {
            this.resumed = resolve;
          });
        }
        if (this.over) return;
        // What came with the head is told with it, in the same turn, as undici does: a cache has stored a small response by the time the program has it.
        let chunk = body.take();
        if (chunk === undefined) {
          this.limit(this.limits.bodyTimeout, () => this.breakOff(new this.errors.BodyTimeoutError()));
          chunk = await body.read();
          this.deadline?.clear();
        }
        if (chunk === null) break;
        if (this.over) return;
        got += chunk.byteLength;
        if (got > this.limits.maxResponseSize) throw new this.errors.ResponseExceededMaxSizeError();
        this.tell(() => this.handler.onResponseData?.(this, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
      }
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.over) return;
    this.published?.ended(response.trailers);
    this.rawTrailers = rawFields(response.trailers);
    this.tell(() => this.handler.onResponseEnd?.(this, recordOf(response.trailers)));
    this.end();
  }

  // ---- the end

  /** Fails the request, unless it is over. */
  fail(error: unknown): void {
    if (this.over) return;
    this.end();
    void this.body?.close();
    this.published?.failed(error);
    callQuietly(() => this.handler.onResponseError?.(this, this.aborted ? this.reason : dispatchError(error, this.errors, this)));
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    this.deadline?.clear();
    this.resumed?.();
    this.ended(this);
  }

  /** Calls the handler; what it throws ends the request. It is no abort: undici's handler for retries tells them apart. */
  private tell(call: () => void): void {
    if (this.over) return;
    try {
      call();
    } catch (error) {
      this.breakOff(error);
    }
  }

  private limit(ms: number, expire: () => void): void {
    this.deadline?.clear();
    this.deadline = ms === 0 ? null : new Deadline(ms, expire);
  }
}

function recordOf(headers: Headers): FieldRecord {
  const record: FieldRecord = {};
  for (const [name, value] of headers.raw) {
    const lower = name.toLowerCase();
    const known = Object.hasOwn(record, lower) ? record[lower] : undefined;
    const both = known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value];
    Object.defineProperty(record, lower, { value: both, enumerable: true, configurable: true, writable: true });
  }
  return record;
}
