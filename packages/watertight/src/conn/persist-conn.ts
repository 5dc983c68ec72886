/** Owns one persistent connection: its socket and its read loop, with one exchange at a time. */
import type { OnReadOpts, Socket } from 'node:net';
import { addTask, defineEntry, isMockedSocket, now, removeTask, Task, type TaskLabels, type Trace } from '../tasks/index.js';
import type { Carrier } from './carrier.js';
import { causeAfter, type CloseCause } from './close-cause.js';
import { ConnectionError } from './error.js';
import type { Exchange } from './exchange.js';
import type { ExchangeSettings } from './exchange-settings.js';
import { sharedBuffer } from './read-buffer.js';
import type { TlsState } from './tls-state.js';
import { Slab } from './slab.js';
import { checkMove, CONN_MOVES, type ConnState } from './states.js';
import { callHook, type Hooked } from './user-call.js';
import { WriteLoop } from './write-loop.js';

/** What a connection reports to: the pool that it belongs to. */
export interface ConnOwner<C> {
  /** It has finished an exchange and can serve another. `at`: now. */
  connReady(conn: C, at: number): void;
  /** It has ended, or carries no HTTP any more. */
  connClosed(conn: C, cause: CloseCause): void;
}

const CONN = Symbol('watertight.conn');

type OurSocket = Socket & { [CONN]?: PersistConn };

/**
 * One connection, Go's `persistConn`. Its two loops are no functions that wait:
 * they are states of this object, with a task record each. An async function
 * that awaits a channel would cost more than the whole request.
 */
export class PersistConn implements Carrier {
  readonly readLoop: Task;
  private readonly writeLoop: WriteLoop;
  tls: TlsState | null = null;
  exchange: Exchange | null = null;
  /** Exchanges it has served or serves. */
  uses = 0;
  keepAliveTimeout = -1;
  mocked = false;
  /** When the last byte of its last response came, by the library's clock; 0 before the first. What has come since may lie in the socket, unread. */
  seenAt = 0;
  /** The exchange that has just ended, if its hooks want to hear what became of the connection. */
  private served: Hooked | null = null;
  /** The server ended it while no request was on it. */
  endedIdle = false;
  /** Null before the dial has succeeded. To look at: whoever is outside neither reads, writes nor closes it. */
  socket: OurSocket | null = null;
  /** Bytes came that no request asked for: it must not serve another. */
  private excess = false;
  private state: ConnState = 'idle';
  private socketError: Error | null = null;
  /** The peer has ended it, or it broke. */
  ended = false;
  /** Why it was closed, if something was wrong. */
  closedFor: unknown = null;
  paused = false;
  private referenced = true;
  private slab: Slab | null = null;

  constructor(
    settings: ExchangeSettings,
    private readonly owner: ConnOwner<PersistConn>,
    labels: TaskLabels,
    trace: Trace | null,
  ) {
    this.readLoop = new Task('connection', 'readLoop', 'io wait', trace, labels);
    this.writeLoop = new WriteLoop(settings, labels, trace);
  }

  get closed(): boolean {
    return this.state === 'closed';
  }

  /** It can take a request: idle, and as far as we know alive. */
  get usable(): boolean {
    return this.state === 'idle' && !this.ended && !this.excess && !this.writeLoop.broken;
  }

  /** Bytes of the request wait for the kernel to take them. A stream of another kind may not say so. */
  get sending(): boolean {
    return this.socket!.writableLength > 0;
  }

  get localPort(): number | undefined {
    return this.socket?.localPort;
  }

  get remoteAddress(): string | undefined {
    return this.socket?.remoteAddress;
  }

  /** The dial has succeeded: starts the two loops. `stream`: the socket was made without our `onread`. */
  attach(socket: Socket, tls: TlsState | null, stream: boolean): void {
    const ours: OurSocket = socket;
    ours[CONN] = this;
    this.socket = ours;
    this.writeLoop.attach(ours);
    this.tls = tls;
    addTask(this.readLoop);
    addTask(this.writeLoop.task);
    socket.on('error', onError);
    socket.on('end', onEnd);
    socket.on('close', onClose);
    if (stream) {
      socket.on('data', onData);
      // No mock's socket reads into our buffers.
      this.mocked = isMockedSocket(socket);
    }
  }

  // ---- the write loop

  /** Sends the request `head` and its body and waits for the response. */
  start(exchange: Exchange, head: string): void {
    this.state = checkMove(CONN_MOVES, this.state, 'busy');
    this.exchange = exchange;
    this.uses++;
    this.readLoop.holder = exchange;
    this.writeLoop.task.holder = exchange;
    exchange.begin(this);
    this.ref();
    this.writeLoop.send(exchange, head);
  }

  get awaitsContinue(): boolean {
    return this.writeLoop.awaitsContinue;
  }

  continueBody(): void {
    this.writeLoop.continueBody();
  }

  answeredEarly(status: number): void {
    this.writeLoop.answeredEarly(status);
  }

  // ---- the read loop

  static {
    defineEntry('readLoop', 'watertight.(*persistConn).readLoop');
  }

  /** @internal What the socket reads into next. */
  readBuffer(): Buffer {
    if (this.exchange === null || !this.exchange.streaming) {
      this.slab = null;
      return this.exchange?.turnBuffer() ?? sharedBuffer();
    }
    return (this.slab ??= new Slab()).room();
  }

  /** @internal Takes what was read; false pauses the socket. */
  receive(bytes: Buffer, length: number): boolean {
    const { exchange } = this;
    if (exchange === null) {
      // No response is due (RFC 9112 section 9.2): whatever this is, it must not answer the next request.
      this.excess = true;
      this.close('excessBytes');
      return false;
    }
    exchange.receive(bytes, 0, length);
    if (exchange.tookBuffer()) this.slab?.give(length);
    if (this.exchange !== exchange || !exchange.full) return true;
    this.paused = true;
    return false;
  }

  resume(): void {
    if (!this.paused || this.closed) return;
    this.paused = false;
    this.socket!.resume();
  }

  foundExcess(): void {
    this.excess = true;
  }

  readStarted(since: number): void {
    this.readLoop.setState('io wait', since);
    this.ref();
    this.resume();
  }

  readEnded(since: number): void {
    this.unref();
    this.readLoop.setState('select', since);
  }

  /** The connection keeps the process alive: somebody awaits something of it. */
  ref(): void {
    if (this.referenced) return;
    this.referenced = true;
    // A stream of the `dial` option need not have it: then its own way decides whether the process ends.
    this.socket!.ref?.();
  }

  unref(): void {
    if (!this.referenced) return;
    this.referenced = false;
    this.socket!.unref?.();
  }

  handOver(leaves: boolean): Socket {
    if (leaves) {
      this.state = checkMove(CONN_MOVES, this.state, 'switched');
      removeTask(this.readLoop);
      removeTask(this.writeLoop.task);
      this.owner.connClosed(this, 'handedOver');
    }
    return this.socket!;
  }

  exchangeEnded(reusable: boolean): void {
    const exchange = this.exchange!;
    this.exchange = null;
    this.seenAt = exchange.arrivedAt;
    this.readLoop.holder = null;
    this.writeLoop.task.holder = null;
    this.writeLoop.exchangeEnded(exchange.error);
    if (!reusable || this.excess || this.ended || this.closed || this.socket!.writableLength > 0) {
      const { bodyState, error, bodyWritten, abandoned, handedOver } = exchange;
      const cause = causeAfter({ bodyState, error, bodyWritten, abandoned, handedOver, reusable }, { ended: this.ended, broken: this.socketError !== null, excess: this.excess });
      this.close(cause, error);
      return;
    }
    this.state = checkMove(CONN_MOVES, this.state, 'idle');
    this.unref();
    this.resume();
    const at = now();
    this.readLoop.setState('io wait', at);
    if (exchange.request.trace !== null) this.served = exchange;
    this.owner.connReady(this, at);
  }

  /** Tells the hooks of the exchange that has just ended whether another request may follow. `error`: why not. Last of all, for it calls the program. */
  tellPut(error: Error | null): void {
    const { served } = this;
    if (served === null) return;
    this.served = null;
    callHook(served, 'putIdleConn', error);
  }

  /** Ends the connection and both loops. An exchange on it fails with `reason`. */
  close(cause: CloseCause, reason: unknown = null): void {
    if (this.closed) return;
    this.closedFor = reason ?? this.socketError;
    this.state = checkMove(CONN_MOVES, this.state, 'closed');
    removeTask(this.readLoop);
    removeTask(this.writeLoop.task);
    this.socket?.destroy();
    this.owner.connClosed(this, cause);
    if (this.exchange !== null) this.exchange.cancel(reason ?? new ConnectionError('ERR_CONNECTION_CLOSED', 'the connection was closed by this process'));
  }

  /** @internal The socket's `error` event; `close` follows. */
  socketFailed(error: Error): void {
    this.socketError = error;
  }

  /** @internal The socket's `end` or `close` event, whichever is first: the read loop's last exit. */
  socketEnded(): void {
    if (this.ended) return;
    this.ended = true;
    if (this.exchange === null) {
      this.endedIdle = true;
      this.close(this.socketError === null ? 'serverClosed' : 'error');
    } else this.exchange.connectionLost(this.socketError);
  }

  /** @internal The `data` event of a socket without our `onread`. */
  socketData(chunk: Buffer | Uint8Array | string): void {
    // After its end, a stream of the program may still deliver what it had.
    if (this.closed) return;
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as string, 'latin1');
    if (!this.receive(bytes, bytes.length) && !this.closed) this.socket!.pause();
  }
}

// One function for all sockets: an idle connection should cost little.

/** Whose read has just been taken: Node asks for that socket's next buffer before it does anything else. */
let reading: PersistConn | null = null;

/** Pass as `onread` to `net.connect` or `tls.connect`. */
export const ONREAD: OnReadOpts = {
  buffer() {
    const conn = reading;
    reading = null;
    // Without one, it is a new socket's first.
    return conn === null ? sharedBuffer() : conn.readBuffer();
  },
  // Node calls it as a method of the socket.
  callback(this: OurSocket, length: number, buffer: Uint8Array) {
    const conn = this[CONN];
    // Nobody has the socket any more, but Node reads on. Seen where HTTP/2 sessions had ended before their sockets.
    if (conn === undefined) return true;
    const goOn = conn.receive(buffer as Buffer, length);
    reading = conn;
    return goOn;
  },
};

function onError(this: OurSocket, error: Error): void {
  this[CONN]!.socketFailed(error);
}

function onEnd(this: OurSocket): void {
  this[CONN]!.socketEnded();
}

function onClose(this: OurSocket): void {
  this[CONN]!.socketEnded();
}

function onData(this: OurSocket, bytes: Buffer): void {
  this[CONN]!.socketData(bytes);
}
