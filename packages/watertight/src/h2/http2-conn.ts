/** Owns one HTTP/2 connection: its session, its read loop, and which streams are open on it. */
import type { ClientHttp2Session, OutgoingHttpHeaders, Settings } from 'node:http2';
import type { Duplex } from 'node:stream';
import { addTask, defineEntry, now, removeTask, startOwnTimer, startTimer, stopTimer, Task, type Holder, type TaskLabels, type Trace } from '../tasks/index.js';
import { afterPoll, checkMove, ConnectionError, type CloseCause, type TlsState } from '../conn/index.js';
import { ClientStream, type StreamHost } from './client-stream.js';
import { isComplaint, type Goaway } from './failure.js';
import { CONNECTION_WINDOW, DEFAULT_STREAMS, FIRST_STREAMS, PING_TIMEOUT, SEND_BLOCK, SESSION_MEMORY, STREAM_WINDOW, type Http2Settings } from './http2-settings.js';
import { HTTP2_MOVES, type Http2State } from './states.js';
import type { StreamExchange } from './stream-exchange.js';

/** What a connection reports to: the transport that it belongs to. */
export interface Http2Owner<C> {
  /** It can take a request that it could not take before. */
  streamFree(conn: C): void;
  /** It has ended. */
  connClosed(conn: C, cause: CloseCause): void;
}

/** Go's `readLoop` of an HTTP/2 connection: it has no write loop. */
class ReadLoopTask extends Task {
  static {
    defineEntry('http2ClientConn.readLoop', 'watertight.(*http2ClientConn).readLoop');
  }

  override get entry(): string {
    return 'http2ClientConn.readLoop';
  }
}

/** In the setting of an unlimited number of streams, Node says this. */
const UNLIMITED = 2 ** 32 - 1;

/**
 * One connection, Go's `http2ClientConn`. Requests share it, each on a stream of
 * its own. It is a task as long as it lasts; each open stream is another.
 */
export class Http2Conn implements StreamHost {
  private readonly readLoop: Task;
  readonly session: ClientHttp2Session;
  /** Requests it has served or serves. */
  uses = 0;
  /** When it last had something from the server, by the library's clock. */
  seenAt: number;
  heard = 0;
  /** When its last stream ended, or it was made. */
  idleAt: number;
  goaway: Goaway | null = null;
  /** SETTINGS_MAX_HEADER_LIST_SIZE of the server. */
  peerFieldListSize = Infinity;
  private readonly streams = new Set<ClientStream>();
  /** Streams that were reset, of which the server may not know yet. */
  private leaving = 0;
  private maxStreams = FIRST_STREAMS;
  private state: Http2State = 'open';
  /** Streams from which somebody awaits something. */
  private awaited = 0;
  private idleTimer: NodeJS.Timeout | null = null;
  /** Runs until the server has answered a PING. */
  private probing: NodeJS.Timeout | null = null;
  /** The server has ended it, or it broke. */
  endedByPeer = false;
  /** Why it takes no further request, where it does not; otherwise what its end means. */
  private drainedFor: CloseCause = 'serverClosed';
  /** What was wrong when it ended; null for an end in order. */
  closedFor: Error | null = null;

  /** @param socket its handshake is done, and has chosen `h2`; from here on the session reads and writes it */
  constructor(
    readonly socket: Duplex,
    readonly tls: TlsState,
    readonly settings: Http2Settings,
    private readonly owner: Http2Owner<Http2Conn>,
    origin: string,
    private readonly labels: TaskLabels,
    trace: Trace | null,
  ) {
    this.seenAt = this.idleAt = now();
    this.readLoop = new ReadLoopTask('connection', 'readLoop', 'io wait', trace, labels);
    this.session = this.openSession(origin);
    this.session.unref();
    addTask(this.readLoop);
    this.becomesIdle();
  }

  get closed(): boolean {
    return this.state === 'closed';
  }

  /** Streams that are open. */
  get streamCount(): number {
    return this.streams.size;
  }

  /** Over HTTP/2, an exchange knows this of its own stream only. */
  get sending(): boolean {
    return false;
  }

  get localPort(): number | undefined {
    return (this.socket as { localPort?: number }).localPort;
  }

  /** 0 for a stream that does not count them. */
  get bytesReceived(): number {
    return (this.socket as { bytesRead?: number }).bytesRead ?? 0;
  }

  get remoteAddress(): string | undefined {
    return (this.socket as { remoteAddress?: string }).remoteAddress;
  }

  /** Whether it can take another request now. */
  canTake(at: number): boolean {
    return this.state === 'open' && this.streams.size + this.leaving < this.maxStreams && !this.session.closed && !this.session.destroyed && !this.socket.destroyed && !this.tooIdle(at);
  }

  /** The one that has been unfinished for the longest time. */
  get oldestHolder(): Holder | null {
    let oldest: Holder | null = null;
    // Of a request whose response has not come, the begin is not recorded where nothing is tracked.
    for (const holder of this.holders()) if (holder.openedAt !== 0 && (oldest === null || holder.openedAt < oldest.openedAt)) oldest = holder;
    return oldest;
  }

  /** The unfinished responses on its streams. */
  *holders(): Generator<Holder> {
    for (const { exchange } of this.streams) yield exchange;
  }

  private firstHolder(): Holder | null {
    for (const holder of this.holders()) return holder;
    return null;
  }

  /** Sends a request on a new stream and waits for the response. */
  start(exchange: StreamExchange, fields: OutgoingHttpHeaders): void {
    const reused = this.uses > 0;
    this.uses++;
    this.clearIdleTimer();
    const stream = new ClientStream(this, exchange, this.labels);
    this.streams.add(stream);
    this.readLoop.holder ??= exchange;
    if (exchange.request.close || this.settings.disableKeepAlives) this.drain('connectionClose');
    stream.start(fields, reused);
  }

  /** Takes no further request, and closes with its last stream. */
  drain(cause: CloseCause): void {
    if (this.state !== 'open') return;
    this.state = checkMove(HTTP2_MOVES, this.state, 'draining');
    this.drainedFor = cause;
  }

  /** Closes it if no stream is open: Go's `closeIfIdle`. */
  closeIfIdle(cause: CloseCause): void {
    if (this.streams.size === 0) this.close(cause);
  }

  /** Ends it. What is on its streams fails with `reason`. */
  close(cause: CloseCause, reason: Error | null = null): void {
    if (this.closed) return;
    const open = [...this.streams];
    this.closedFor = reason;
    this.end(cause);
    for (const { exchange } of open) exchange.cancel(reason ?? new ConnectionError('ERR_CONNECTION_CLOSED', 'the connection was closed by this process'));
  }

  // ---- from its streams

  streamEnded(stream: ClientStream, gone: boolean): void {
    if (!this.streams.delete(stream)) return;
    if (!gone) this.leaving++;
    if (this.readLoop.holder === stream.exchange) this.readLoop.holder = this.firstHolder();
    if (this.closed) return;
    if (this.streams.size === 0) {
      if (this.state === 'draining') {
        // Not at once: the end of the stream has yet to be written.
        afterPoll(() => this.closeIfIdle(this.drainedFor));
        return;
      }
      this.becomesIdle();
    }
    if (gone) this.owner.streamFree(this);
  }

  streamGone(): void {
    this.leaving--;
    if (!this.closed) this.owner.streamFree(this);
  }

  /**
   * Nothing has come since a request was sent that was given up now. If the server
   * does not answer a PING either, what follows would wait in vain too: the network
   * may have lost the connection, and Node 20 falls silent when it can't read a frame.
   * Go does so since 1.23.
   */
  probe(): void {
    if (this.probing !== null || this.closed || this.session.closed || this.session.destroyed) return;
    this.probing = startTimer(() => {
      this.endedByPeer = true;
      this.close('timeout', new ConnectionError('ERR_CONNECTION_LOST', `the server did not answer a PING within ${PING_TIMEOUT} ms`));
    }, PING_TIMEOUT).unref();
    // Of a session that ends, too.
    this.session.ping(() => this.endProbe());
  }

  private endProbe(): void {
    if (this.probing !== null) stopTimer(this.probing);
    this.probing = null;
  }

  /** Somebody awaits something of a stream: it keeps the process alive. */
  ref(): void {
    if (this.awaited++ === 0) this.session.ref();
  }

  unref(): void {
    if (--this.awaited === 0) this.session.unref();
  }

  // ---- from the session

  private openSession(origin: string): ClientHttp2Session {
    const { maxHeadBytes, maxFields } = this.settings;
    const { socket } = this;
    // Loaded with the first connection: most programs have none.
    const session = process.getBuiltinModule('node:http2').connect(origin, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW, maxHeaderListSize: Math.min(maxHeadBytes, UNLIMITED) },
      // Beyond what `checkFields` refuses, because Node does not say what was wrong.
      maxHeaderListPairs: Math.min(2 * maxFields + 10, UNLIMITED),
      maxSendHeaderBlockLength: SEND_BLOCK,
      maxSessionMemory: SESSION_MEMORY,
    });
    session.setLocalWindowSize(CONNECTION_WINDOW);
    session.on('remoteSettings', (settings: Settings) => {
      const { maxConcurrentStreams, maxHeaderListSize } = settings;
      this.seenAt = now();
      this.maxStreams = maxConcurrentStreams === undefined || maxConcurrentStreams === UNLIMITED ? DEFAULT_STREAMS : maxConcurrentStreams;
      this.peerFieldListSize = maxHeaderListSize === undefined || maxHeaderListSize === UNLIMITED ? Infinity : maxHeaderListSize;
      if (this.state === 'open') this.owner.streamFree(this);
    });
    session.on('goaway', (code: number, lastStreamId: number, debug?: Uint8Array) => {
      this.goaway = { code, lastStreamId, debug: debug === undefined ? '' : Buffer.from(debug).toString('latin1', 0, 100) };
      this.endedByPeer = true;
      this.drain('serverClosed');
      this.closeIfIdle('serverClosed');
    });
    // Its streams have errors of their own.
    session.on('error', (error: Error) => this.broke(error));
    session.on('close', () => {
      this.endedByPeer ||= !this.closed;
      this.sessionEnded();
    });
    socket.on('error', (error: Error) => this.broke(error));
    socket.on('end', () => {
      this.endedByPeer ||= !this.closed;
      this.drain('serverClosed');
      this.closeIfIdle('serverClosed');
    });
    return session;
  }

  /** Its end follows. */
  private broke(error: Error): void {
    if (!this.closed) this.closedFor ??= error;
  }

  private becomesIdle(): void {
    this.idleAt = now();
    const { idleConnTimeout } = this.settings;
    if (idleConnTimeout > 0) this.idleTimer = startOwnTimer(() => this.closeIfIdle('idleTimeout'), idleConnTimeout).unref();
  }

  /** The timer that closes it is late if the event loop was blocked. */
  private tooIdle(at: number): boolean {
    const { idleConnTimeout } = this.settings;
    return idleConnTimeout > 0 && this.streams.size === 0 && at - this.idleAt > idleConnTimeout;
  }

  private clearIdleTimer(): void {
    if (this.idleTimer !== null) stopTimer(this.idleTimer);
    this.idleTimer = null;
  }

  /** The session has ended. Its streams say for themselves that they have failed. */
  sessionEnded(): void {
    const { closedFor } = this;
    this.end(closedFor === null ? this.drainedFor : isComplaint(closedFor) ? 'protocolError' : 'error');
  }

  private end(cause: CloseCause): void {
    if (this.closed) return;
    this.state = checkMove(HTTP2_MOVES, this.state, 'closed');
    this.clearIdleTimer();
    this.endProbe();
    removeTask(this.readLoop);
    // In this order: a session that finds its socket open would still say GOAWAY, which Go does not do.
    this.socket.destroy();
    this.session.destroy();
    this.owner.connClosed(this, cause);
  }
}
