/** Owns one dial: from name resolution over TCP and TLS to a connection that can take a request. */
import { connect, type NetConnectOpts, type OnReadOpts, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { addTask, defineEntry, removeTask, Task, type TaskLabels, type Trace } from '../tasks/index.js';
import { Deadline, ONREAD, TimeoutError, type Hooked, type Origin, type PersistConn, type TimeoutPhase, type TlsState } from '../conn/index.js';
import type { ProxyServer } from '../proxy/index.js';
import { show } from '../wire/index.js';
import { addressOf, checkGuard, shownPath, shownPeer, socketPathOf } from './address.js';
import { guardWrites, isDuplex } from './dialled-stream.js';
import { dialFault, type DialStage } from './dial-fault.js';
import { DialTrace, hostPort } from './dial-trace.js';
import { DialError } from './error.js';
import type { ResolvedOptions } from './options.js';
import { readingOf } from './socket-reading.js';
import { startTls, tlsStateOf } from './tls.js';
import type { TlsSessions } from './tls-sessions.js';
import { Tunnel } from './tunnel.js';

/** What a dial needs, and the functions that it calls: exactly one of `ready`, `readyForHttp2` and `failed`, unless it is aborted. */
export interface DialOrders {
  /** What the connection is to, seen from above: the origin, or a proxy that forwards. */
  readonly origin: Origin;
  /** The proxy on the way; null: none. */
  readonly via: ProxyServer | null;
  /** The connection ends at the proxy, which forwards the requests. */
  readonly forward: boolean;
  /** HTTP/2 is offered; of a `dialTls` socket: it may have been agreed on. */
  readonly http2: boolean;
  /** Gets the socket. */
  readonly conn: PersistConn;
  readonly labels: TaskLabels;
  readonly options: ResolvedOptions;
  readonly sessions: TlsSessions;
  readonly trace: Trace | null;
  /** The request that it was started for: its hooks are called, even if another request waits for the dial by then. */
  readonly hooked: Hooked;
  ready(): void;
  /** In the place of `ready`: the server has chosen HTTP/2, which `conn` does not speak. Called in the turn in which the handshake ended. */
  readyForHttp2(socket: Duplex, tls: TlsState): void;
  failed(error: Error): void;
}

/** One dial, Go's `dialConnFor`. It is a task as long as it lasts. `W` is the request that it is made for. */
export class Dial<W> {
  private readonly task: Task;
  private socket: Socket | Duplex | null = null;
  /** What `dial` returned, with TLS over it. */
  private below: Duplex | null = null;
  private deadline: Deadline | null = null;
  private done = false;
  private stage: DialStage = 'connect';
  /** What comes first where a proxy does not forward. */
  private tunnel: Tunnel | null = null;
  /** What the hooks are told. */
  private readonly told: DialTrace;
  /** The error of the lookup. */
  private nameError: Error | null = null;
  /** Only for the program's own `dial`. */
  private controller: AbortController | null = null;

  /** The request that waits for it: the one it was started for or, if that gave up, the next one; null if none does. */
  waiter: W | null;

  constructor(
    private readonly orders: DialOrders,
    waiter: W,
  ) {
    this.waiter = waiter;
    this.told = new DialTrace(orders.hooked);
    this.task = new Task('dial', 'dialConn', 'io wait', orders.trace, orders.labels);
  }

  static {
    defineEntry('dialConn', 'watertight.(*Transport).dialConn');
  }

  start(): void {
    addTask(this.task);
    const { origin, options, via, forward } = this.orders;
    this.limit(options.dialTimeout, 'dialling', `connecting to ${via === null ? this.peer : `the proxy ${via.href}`} took longer than ${options.dialTimeout} ms (dialTimeout)`);
    try {
      const custom = origin.scheme === 'https' ? (options.dialTls ?? options.dial) : options.dial;
      if (custom === undefined) checkGuard(origin, options);
      if (via !== null && !forward) {
        this.openTunnel(via);
        return;
      }
      if (custom === undefined) this.openOurs();
      else void this.openCustom(custom, origin.scheme === 'https' && options.dialTls !== undefined, this.hostPort);
    } catch (error) {
      this.fail(error);
    }
  }

  /** It has ended, whether that was reported or not. */
  get over(): boolean {
    return this.done;
  }

  /** Its request was served by another connection: the dial goes on, but no longer keeps the process alive. */
  letGo(): void {
    this.waiter = null;
    this.deadline?.unref();
    if (this.socket instanceof Socket) this.socket.unref();
    this.tunnel?.unref();
  }

  /** Nobody wants the connection any more. */
  abort(): void {
    if (!this.finish()) return;
    const error = new DialError('ERR_DIAL', 'the dial was cancelled');
    this.dispose(error);
    this.told.aborted(error);
  }

  private openTunnel(via: ProxyServer): void {
    const { origin, options, sessions } = this.orders;
    const tunnel = (this.tunnel = new Tunnel(via, origin, options, sessions, {
      limit: (ms, phase, message) => this.limit(ms, phase, message),
      failed: (error) => this.fail(error),
      reached: () => {
        this.stage = 'tunnel';
      },
      handshakeStarts: () => {
        this.stage = 'tls';
        this.told.tlsStart();
      },
      handshakeDone: (state) => {
        this.stage = 'tunnel';
        this.told.tlsDone(state, null);
      },
    }, this.told));
    void this.openCustom(({ signal }) => tunnel.open(signal), false, null);
  }

  private openOurs(): void {
    const { origin, options } = this.orders;
    const path = socketPathOf(origin, options);
    if (path !== null) this.told.connectStart('unix', shownPath(path));
    if (this.done) return;
    const socket = this.open(ONREAD);
    const reading = readingOf(socket);
    if (reading === 'buffers') this.watchSocket(socket, false);
    else if (reading === 'events') {
      if (!(socket instanceof Socket)) guardWrites(socket);
      this.watchSocket(socket, true);
    } else {
      socket.on('error', ignore);
      socket.destroy();
      if (!this.done) this.watchSocket(this.open(undefined), true);
    }
  }

  private open(onread: OnReadOpts | undefined): Socket {
    return this.orders.origin.scheme === 'https' ? this.openTls({ onread }) : connect({ ...this.address(), onread } as NetConnectOpts);
  }

  private address(): object {
    const { origin, options } = this.orders;
    const { told } = this;
    const owner = told.lookupOwner(() => this.done, (error) => (this.nameError = error));
    return addressOf(origin, options, owner, told.wanted);
  }

  private openTls(over: { socket: Duplex } | { onread: OnReadOpts | undefined }): TLSSocket {
    const { origin, options, sessions, http2 } = this.orders;
    return startTls(origin, options.tls, sessions, http2, 'socket' in over ? { ...over, onread: undefined } : { ...this.address(), ...over }, (error) => this.fail(error));
  }

  /** `to`: what the hooks are told of; null if what dials tells them itself. */
  private async openCustom(dial: NonNullable<ResolvedOptions['dial']>, handshakeDone: boolean, to: string | null): Promise<void> {
    const { origin } = this.orders;
    this.controller = new AbortController();
    try {
      if (to !== null) this.told.connectStart('tcp', to);
      if (this.done) return;
      const given = dial({ host: origin.hostname, port: origin.port, socketPath: origin.socketPath, signal: this.controller.signal });
      // Its error may come before the promise of it does.
      if (isDuplex(given)) given.on('error', this.onError);
      const socket = await given;
      if (!isDuplex(socket)) throw new TypeError(`the dial option returned ${show(socket)}, not a socket or another Duplex`);
      if (this.done) {
        socket.on('error', ignore);
        socket.destroy();
        return;
      }
      socket.off('error', this.onError);
      if (!(socket instanceof Socket)) guardWrites(socket);
      // Below TLS, too.
      if (to !== null) this.told.watch(socket, to);
      if (this.done) {
        socket.on('error', ignore);
        socket.destroy();
        return;
      }
      if (origin.scheme === 'https' && !handshakeDone) {
        this.stage = 'tls';
        this.below = socket;
        // For good: TLS over a stream does not hear all of its errors.
        socket.on('error', this.onError);
        this.watchSocket(this.openTls({ socket }), true);
      } else this.watchSocket(socket, true);
    } catch (error) {
      this.fail(error);
    }
  }

  private watchSocket(socket: Socket | Duplex, custom: boolean): void {
    this.socket = socket;
    // What it was made with may have ended the dial, such as a `lookup` that aborts.
    if (this.done) {
      this.dispose(new DialError('ERR_DIAL', 'the dial was cancelled'));
      return;
    }
    socket.on('error', this.onError);
    socket.on('close', this.onClose);
    this.told.watch(socket, this.hostPort);
    if (this.done) return;
    const isTls = this.orders.origin.scheme === 'https' && 'getCipher' in socket;
    const connecting = socket instanceof Socket && socket.connecting;
    if (isTls) {
      const tls = socket as TLSSocket;
      if (connecting) tls.once('connect', () => this.handshake());
      else if (!this.isSecure(tls)) this.handshake();
      if (this.isSecure(tls)) {
        // As in Go, also where `dialTls` did it.
        this.told.tlsStart();
        this.succeed(tls, tls, custom);
      }
      else tls.once('secureConnect', () => this.succeed(tls, tls, custom));
    } else if (connecting) socket.once('connect', () => this.succeed(socket, null, custom));
    else this.succeed(socket, null, custom);
  }

  /** Only a dialTls can hand out a socket whose handshake is over. */
  private isSecure(tls: TLSSocket): boolean {
    return !tls.connecting && this.orders.options.dialTls !== undefined && tls.getProtocol() !== null && tls.getFinished() !== undefined;
  }

  private readonly onError = (error: Error): void => this.fail(error);
  private readonly onClose = (): void => this.fail(new Error('the connection was closed'));

  private handshake(): void {
    const { options } = this.orders;
    if (this.done) return;
    this.stage = 'tls';
    this.told.tlsStart();
    this.limit(options.tlsHandshakeTimeout, 'the TLS handshake', `the TLS handshake with ${this.peer} took longer than ${options.tlsHandshakeTimeout} ms (tlsHandshakeTimeout)`);
  }

  private succeed(socket: Socket | Duplex, tls: TLSSocket | null, custom: boolean): void {
    const { conn } = this.orders;
    if (this.done) return;
    const state = tls === null ? null : tlsStateOf(tls);
    // While the dial can still be aborted: a hook may cancel its request.
    if (state !== null) this.told.tlsDone(state, null);
    if (!this.finish()) return;
    socket.off('close', this.onClose);
    socket.off('error', this.onError);
    if (state !== null && state.alpnProtocol === 'h2') {
      // Only a dialTls can have agreed on what was not to be offered.
      if (this.orders.http2) this.orders.readyForHttp2(socket, state);
      else this.refuseHttp2();
      return;
    }
    conn.attach(socket as Socket, state, custom);
    this.orders.ready();
  }

  private refuseHttp2(): void {
    const error = new DialError('ERR_TLS', `dialTls agreed with ${this.peer} on HTTP/2 by ALPN, but this connection is for HTTP/1.1 (forceAttemptHttp2 is false, or the request needs it); offer http/1.1 alone`);
    this.dispose(error);
    this.orders.failed(error);
  }

  private fail(cause: unknown): void {
    if (!this.finish()) return;
    const error = this.explain(cause);
    this.dispose(cause);
    this.told.failed(error, this.stage === 'connect' && !(error instanceof DialError && error.code === 'ERR_DNS') ? this.hostPort : null);
    this.orders.failed(error);
  }

  private explain(thrown: unknown): Error {
    return dialFault(thrown, { stage: this.stage, peer: this.peer, hostname: this.orders.origin.hostname, isNameError: thrown !== null && thrown === this.nameError });
  }

  /** What is connected to first. */
  private get hostPort(): string {
    return hostPort(this.orders.via?.origin ?? this.orders.origin);
  }

  /** Whom the connection is to, as an error says it. */
  private get peer(): string {
    const { origin, via, forward } = this.orders;
    if (via === null) return shownPeer(origin, this.orders.options);
    return forward ? `the proxy ${via.href}` : `${origin.href} through the proxy ${via.href}`;
  }

  private limit(ms: number, phase: TimeoutPhase, message: string): void {
    this.deadline?.clear();
    this.deadline = null;
    if (ms === 0 || this.done) return;
    this.deadline = new Deadline(ms, () => this.fail(new TimeoutError(message, phase)));
    // Somebody awaits this dial, and a custom one may hold nothing that keeps the process alive.
    if (this.waiter !== null) this.deadline.ref();
  }

  /** Ends the dial; false if it had ended. */
  private finish(): boolean {
    if (this.done) return false;
    this.done = true;
    this.deadline?.clear();
    removeTask(this.task);
    return true;
  }

  private dispose(reason: unknown): void {
    for (const stream of [this.socket, this.below]) {
      if (stream === null) continue;
      stream.on('error', ignore);
      this.told.destroy(stream);
    }
    // Last, for it calls the program.
    this.controller?.abort(reason);
  }
}

/** Listens to errors after the end of a dial: without a listener they would end the process. */
function ignore(): void {}
