/** Owns one stream of an HTTP/2 connection: the request that is sent on it, the frames that come, and the task that lasts as long as the stream. */
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { nextTick } from 'node:process';
import { addTask, asError, defineEntry, now, removeTask, Task, type TaskLabels, type Trace } from '../tasks/index.js';
import { BodyUpload, callHook, expectsContinue, headWritten, requestWritten, type Carrier, type CloseCause, type TlsState } from '../conn/index.js';
import { CODES, failureOf, notBegun, type Goaway } from './failure.js';
import type { Http2Settings } from './http2-settings.js';
import type { RawFields } from './response-head.js';
import { checkFieldListSize, type StreamExchange } from './stream-exchange.js';
import { fieldListSize, trailerFields } from './request-fields.js';

/** The statuses from which on a server that answers early does not want the body any more; Go: above 299. */
const REFUSAL = 300;

/** The flag of a HEADERS frame (RFC 9113 section 6.2). */
const END_STREAM = 1;

/** What a stream asks of its connection; `Http2Conn` implements it. */
export interface StreamHost {
  readonly session: ClientHttp2Session;
  readonly tls: TlsState;
  readonly settings: Http2Settings;
  readonly goaway: Goaway | null;
  readonly closed: boolean;
  /** What was wrong with the connection; null if nothing is known to be. */
  readonly closedFor: Error | null;
  readonly peerFieldListSize: number;
  readonly bytesReceived: number;
  seenAt: number;
  /** How many heads and pieces of bodies have come. */
  heard: number;
  /** It must take no further request. */
  drain(cause: CloseCause): void;
  /** The session has ended. */
  sessionEnded(): void;
  /** The stream is over. `gone`: it leaves its place to another at once; otherwise with `streamGone`, when its reset was sent: the server counts it until then. */
  streamEnded(stream: ClientStream, gone: boolean): void;
  streamGone(): void;
  /** Asks whether the server is still there. */
  probe(): void;
  /** Somebody awaits something of the stream, and then does not any more. */
  ref(): void;
  unref(): void;
}

/** Go's `doRequest`, whose name the task has. */
class StreamTask extends Task {
  static {
    defineEntry('http2clientStream.doRequest', 'watertight.(*http2clientStream).doRequest');
  }

  constructor(trace: Trace | null, labels: TaskLabels) {
    super('connection', 'doRequest', 'io wait', trace, labels);
  }

  override get entry(): string {
    return 'http2clientStream.doRequest';
  }
}

/**
 * One stream, Go's `clientStream`. Its task begins with the request and ends when
 * both sides have ended the stream or one has reset it, as Go's goroutine does:
 * so a body that has come in full has none, whether it was read or not.
 *
 * Node's stream is not read as a stream: each piece goes from `push` into the
 * body's own queue. So the end of a body is known when it comes, not when somebody
 * has read that far; and no byte lies in two queues.
 */
export class ClientStream implements Carrier {
  readonly tls: TlsState | null;
  /** Of HTTP/1.1 only. */
  keepAliveTimeout = -1;
  /** No mock answers over HTTP/2. */
  readonly mocked = false;
  /** The server gets no room for more of the body at the moment. */
  paused = true;
  private readonly task: Task;
  private stream: ClientHttp2Stream | null = null;
  private upload: BodyUpload | null = null;
  /** Trailers are to follow the request's body. */
  private trailing = false;
  /** END_STREAM has come; what came before may not have been taken in yet. */
  private endSeen = false;
  private endTaken = false;
  /** Our END_STREAM has left. */
  private requestEnded = false;
  /** `wroteRequest` was called. */
  private told = false;
  /** The rest of the request's body is not wanted. */
  private gaveUp = false;
  /** Nothing more comes of it. */
  private over = false;
  /** It was reset by us, and is not closed yet. */
  private leaving = false;
  private referenced = false;
  private error: Error | null = null;
  private bytesBefore = 0;
  private readonly heardBefore: number;

  constructor(
    private readonly conn: StreamHost,
    readonly exchange: StreamExchange,
    labels: TaskLabels,
  ) {
    this.tls = conn.tls;
    this.heardBefore = conn.heard;
    this.task = new StreamTask(exchange.trace, labels);
    this.task.holder = exchange;
  }

  /** Sends the request and waits for the response. The connection knows the stream already. */
  start(fields: OutgoingHttpHeaders, reused: boolean): void {
    const { exchange, conn } = this;
    const { body, declaredLength, trailers, trace, onUploadProgress } = exchange.request;
    exchange.begin(this, reused);
    addTask(this.task);
    this.ref();
    // In memory and empty: there is nothing to wait for.
    const empty = body === null || (body.bytes !== null && body.bytes.length === 0);
    try {
      checkFieldListSize(fieldListSize(fields), conn.peerFieldListSize);
      // As in Go: a body of known length has no trailers.
      this.trailing = !empty && trailers !== null && (body.length ?? declaredLength) === null;
      this.stream = conn.session.request(fields, { endStream: empty, waitForTrailers: this.trailing });
    } catch (error) {
      this.notBegun(asError(error));
      return;
    }
    exchange.nothingWritten = false;
    this.bytesBefore = conn.bytesReceived;
    this.listen(this.stream);
    exchange.bodyWritten = empty;
    const expect = !empty && expectsContinue(exchange.request, conn.settings.expectContinueTimeout);
    if (trace !== null) {
      headWritten(exchange, () => Object.entries(fields).map(([name, value]) => ({ name, values: [value].flat().map(String) })));
      if (expect && !exchange.finished) callHook(exchange, 'wait100Continue');
    }
    // A hook may have ended it.
    if (exchange.finished) return;
    if (empty) {
      this.requestEnded = true;
      this.tellWritten(null);
      if (exchange.finished) return;
      exchange.requestSent();
    } else if (!expect && body.bytes !== null && onUploadProgress === null) this.stream.end(body.bytes);
    else {
      const { stream } = this;
      this.upload = new BodyUpload({ exchange, target: stream, chunked: false, sent: () => stream.end(), flushed: undefined, ended: (error) => this.tellWritten(error) });
      if (expect) this.upload.awaitContinue(conn.settings.expectContinueTimeout);
      else this.upload.start();
    }
  }

  /** The request was not handed to the session. */
  private notBegun(error: Error): void {
    const { exchange } = this;
    exchange.nothingWritten = true;
    exchange.streamLost(notBegun(error, exchange.where));
  }

  // ---- from Node's stream

  private listen(stream: ClientHttp2Stream): void {
    const push = stream.push.bind(stream) as (chunk: null) => boolean;
    stream.push = (chunk: Buffer | null): boolean => {
      if (chunk !== null) return this.dataCame(chunk);
      // A stream that was reset ends, too; but then it is closed by now.
      if (!stream.closed) this.endSoon();
      return push(null);
    };
    const headers = (_: IncomingHttpHeaders, flags: number, raw: RawFields): void => this.headCame(raw, (flags & END_STREAM) !== 0);
    stream.on('headers', headers);
    stream.on('response', headers as unknown as () => void);
    stream.on('trailers', ((_: IncomingHttpHeaders, __: number, raw: RawFields) => this.trailersCame(raw)) as unknown as () => void);
    stream.on('finish', () => this.requestSent());
    if (this.trailing) stream.on('wantTrailers', () => this.sendTrailers(stream));
    stream.on('error', (error: Error) => void (this.error = error));
    stream.on('close', () => this.closed(stream));
  }

  private headCame(raw: RawFields, last: boolean): void {
    if (this.over) return;
    this.conn.heard++;
    this.conn.seenAt = now();
    this.exchange.headCame(raw, last);
  }

  private dataCame(bytes: Buffer): boolean {
    if (this.over) return false;
    this.conn.heard++;
    this.conn.seenAt = now();
    const more = this.exchange.dataCame(bytes);
    this.paused = !more;
    return more;
  }

  private trailersCame(raw: RawFields): void {
    if (this.over) return;
    try {
      this.exchange.trailersCame(raw);
    } catch (error) {
      this.exchange.streamLost({ error: error as Error, refused: false });
    }
  }

  /** Node emits the fields that came before in the next ticks, so the end is taken in after them. */
  private endSoon(): void {
    if (this.endSeen) return;
    this.endSeen = true;
    nextTick(() => {
      this.endTaken = true;
      if (this.over) return;
      this.exchange.endCame();
      this.lookWhetherDone();
    });
  }

  /** The body has been sent. What the program's functions say of the trailers follows. */
  private sendTrailers(stream: ClientHttp2Stream): void {
    const { exchange } = this;
    exchange.request.trailers!.collect().then(
      (lines) => {
        if (this.over || stream.closed) return;
        stream.sendTrailers(trailerFields(lines));
        this.trailing = false;
        this.requestSent();
      },
      (error: unknown) => {
        if (!this.over) exchange.cancel(error);
      },
    );
  }

  private requestSent(): void {
    const { exchange } = this;
    if (this.over || this.trailing || this.stream === null || this.stream.closed || this.requestEnded) return;
    this.requestEnded = true;
    this.upload = null;
    exchange.bodyWritten = true;
    this.tellWritten(null);
    // A hook may have ended it.
    if (exchange.finished) return;
    exchange.requestSent();
    this.lookWhetherDone();
  }

  /** The stream is gone, in whichever way. */
  private closed(stream: ClientHttp2Stream): void {
    if (this.leaving) this.conn.streamGone();
    this.leaving = false;
    if (this.over) return;
    // The response is complete, so whatever became of the request's rest is of no importance.
    if (this.endTaken) {
      this.gaveUp = true;
      this.lookWhetherDone();
      return;
    }
    const { conn, exchange } = this;
    if (stream.rstCode === CODES.protocolError) conn.drain('protocolError');
    if (conn.session.destroyed) conn.sessionEnded();
    const failure = failureOf({ error: this.error ?? conn.closedFor, rstCode: stream.rstCode, streamId: stream.id ?? 0, goaway: conn.goaway, connectionEnded: conn.closed, headBytes: exchange.status === 0 ? conn.bytesReceived - this.bytesBefore : 0, where: exchange.where, limits: conn.settings });
    exchange.streamLost(failure);
  }

  /** Both sides have ended the stream: it is forgotten, as in Go, even if the body was not read. */
  private lookWhetherDone(): void {
    if (this.over || !this.endTaken || !(this.requestEnded || this.gaveUp)) return;
    this.exchange.outlivesStream();
    this.end();
  }

  /** The stream ends here. What we had not sent or read is not wanted any more. */
  private end(): void {
    this.over = true;
    const { stream } = this;
    if (stream !== null && !stream.closed && !(this.endSeen && this.requestEnded)) {
      stream.close(CODES.cancel);
      this.leaving = true;
    }
    this.unref();
    removeTask(this.task);
    this.conn.streamEnded(this, !this.leaving);
  }

  // ---- from the exchange

  readStarted(since: number): void {
    this.task.setState('io wait', since);
    this.ref();
    this.resume();
  }

  readEnded(since: number): void {
    this.unref();
    this.task.setState('select', since);
  }

  /** Gives the server room for as many bytes as were taken, and goes on doing so as bytes come. */
  resume(): void {
    if (!this.paused || this.over || this.stream === null) return;
    this.paused = false;
    this.stream._read(0);
  }

  /** Only HTTP/1.1 has such bytes. */
  foundExcess(): void {}

  /** Only HTTP/1.1 leaves HTTP: such requests get no stream. */
  handOver(): never {
    throw new Error('a stream of HTTP/2 carries nothing else');
  }

  get awaitsContinue(): boolean {
    return this.upload !== null && this.upload.awaitsContinue;
  }

  continueBody(): void {
    this.upload?.continue();
  }

  answeredEarly(status: number): void {
    // As in Go: a server that says 200 to `Expect: 100-continue` may still read the body.
    if (status < REFUSAL) return;
    this.gaveUp = true;
    this.upload?.answeredEarly(status, REFUSAL);
  }

  exchangeEnded(): void {
    const { exchange } = this;
    const unsent = exchange.error ?? new Error('the response ended before the body was sent');
    this.upload?.stop(unsent);
    this.upload = null;
    if (!this.requestEnded && this.stream !== null) this.tellWritten(unsent);
    if (this.over) return;
    if (exchange.error !== null && this.conn.heard === this.heardBefore) this.conn.probe();
    this.end();
  }

  /** The hooks hear of the end of the request once. */
  private tellWritten(error: unknown): void {
    if (this.told || this.exchange.request.trace === null) return;
    this.told = true;
    requestWritten(this.exchange, error);
  }

  private ref(): void {
    if (this.referenced || this.over) return;
    this.referenced = true;
    this.conn.ref();
  }

  private unref(): void {
    if (!this.referenced) return;
    this.referenced = false;
    this.conn.unref();
  }
}
