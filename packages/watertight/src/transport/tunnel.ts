/** Owns the making of a tunnel: a connection to a proxy, TLS with the proxy, and the handshake after which the stream leads to the origin. */
import { connect, Socket, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Origin, TimeoutPhase, TlsState } from '../conn/index.js';
import { httpConnect, socksConnect, type ProxyServer } from '../proxy/index.js';
import { show } from '../wire/index.js';
import { addressOf } from './address.js';
import { hostPort, type DialTrace } from './dial-trace.js';
import { dialFault, type DialStage } from './dial-fault.js';
import { guardWrites, isDuplex } from './dialled-stream.js';
import type { ResolvedOptions } from './options.js';
import { startTls, tlsStateOf } from './tls.js';
import type { TlsSessions } from './tls-sessions.js';

/**
 * How long a proxy may take to answer CONNECT, or to make a connection by SOCKS5;
 * ms. It is the limit that Go sets where the request has none of its own; here it
 * holds in any case, because a dial may outlive the request that it was started for.
 */
const ANSWER_WITHIN = 60_000;

/** What a tunnel reports to: the dial that it is a part of. After each call the dial may be over, and then aborts the signal. */
export interface TunnelOwner {
  /** What comes now may take so long; it takes the place of the limit before. */
  limit(ms: number, phase: TimeoutPhase, message: string): void;
  failed(error: unknown): void;
  /** The connection to the proxy is made. */
  reached(): void;
  /** TLS with the proxy begins, and has ended well. */
  handshakeStarts(): void;
  handshakeDone(state: TlsState): void;
}

/** One tunnel, from its dial to the proxy's answer. */
export class Tunnel {
  private stage: DialStage = 'connect';
  private nameError: Error | null = null;
  private aborted = false;
  private readonly streams: Duplex[] = [];

  constructor(
    private readonly via: ProxyServer,
    private readonly origin: Origin,
    private readonly options: ResolvedOptions,
    private readonly sessions: TlsSessions,
    private readonly owner: TunnelOwner,
    private readonly told: DialTrace,
  ) {}

  /** Resolves with the stream that leads to the origin. If it rejects, or the signal aborts, nothing is left open. */
  async open(signal: AbortSignal): Promise<Duplex> {
    signal.addEventListener('abort', () => this.abort(), { once: true });
    try {
      const stream = await this.reach(signal);
      await this.handshake(stream, signal);
      return stream;
    } catch (thrown) {
      this.abort();
      const { via } = this;
      throw dialFault(thrown, { stage: this.stage, peer: `the proxy ${via.href}`, hostname: via.origin.hostname, isNameError: thrown !== null && thrown === this.nameError });
    }
  }

  /** It no longer keeps the process alive. */
  unref(): void {
    for (const stream of this.streams) if (stream instanceof Socket) stream.unref();
  }

  /** A stream that reaches the proxy: over TLS, if that is how it is spoken to. */
  private async reach(signal: AbortSignal): Promise<Duplex> {
    const { via, options, owner, told } = this;
    const isTls = via.scheme === 'https';
    const custom = isTls ? (options.dialTls ?? options.dial) : options.dial;
    if (custom !== undefined) told.connectStart('tcp', hostPort(via.origin));
    signal.throwIfAborted();
    const stream = this.adopt(custom === undefined ? this.connect() : await this.dialled(custom, signal));
    signal.throwIfAborted();
    told.watch(stream, hostPort(via.origin));
    signal.throwIfAborted();
    if (stream instanceof Socket && stream.connecting) await happens(stream, 'connect');
    signal.throwIfAborted();
    this.stage = 'tunnel';
    owner.reached();
    signal.throwIfAborted();
    return isTls && options.dialTls === undefined ? this.secure(stream, signal) : stream;
  }

  private connect(): Socket {
    const { told } = this;
    const owner = told.lookupOwner(() => this.aborted, (error) => (this.nameError = error));
    return connect(addressOf(this.via.origin, this.options, owner, told.wanted) as NetConnectOpts);
  }

  private async dialled(dial: NonNullable<ResolvedOptions['dial']>, signal: AbortSignal): Promise<Duplex> {
    const { hostname, port } = this.via.origin;
    const given = dial({ host: hostname, port, socketPath: null, signal });
    // Its error may come before the promise of it does.
    if (isDuplex(given)) this.adopt(given);
    const stream = await given;
    if (!isDuplex(stream)) throw new TypeError(`the dial option returned ${show(stream)}, not a socket or another Duplex`);
    if (!(stream instanceof Socket)) guardWrites(stream);
    return stream;
  }

  private async secure(below: Duplex, signal: AbortSignal): Promise<TLSSocket> {
    const { via, options, sessions, owner } = this;
    this.stage = 'tls';
    owner.handshakeStarts();
    signal.throwIfAborted();
    owner.limit(options.tlsHandshakeTimeout, 'the TLS handshake', `the TLS handshake with the proxy ${via.href} took longer than ${options.tlsHandshakeTimeout} ms (tlsHandshakeTimeout)`);
    const stream = startTls(via.origin, options.tls, sessions, false, { socket: below, onread: undefined }, (error) => owner.failed(error));
    this.adopt(stream);
    await happens(stream, 'secureConnect');
    this.stage = 'tunnel';
    owner.handshakeDone(tlsStateOf(stream));
    signal.throwIfAborted();
    return stream;
  }

  private async handshake(stream: Duplex, signal: AbortSignal): Promise<void> {
    const { via, origin, options, owner } = this;
    const { hostname, port } = origin;
    owner.limit(ANSWER_WITHIN, 'the proxy handshake', `the proxy ${via.href} did not connect to ${origin.href} within ${ANSWER_WITHIN} ms`);
    if (via.scheme === 'socks5') {
      await socksConnect(stream, { proxy: via, hostname, port, timeout: ANSWER_WITHIN, signal });
    } else {
      const target = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
      const headers = await options.proxyConnectHeaders(via, target);
      signal.throwIfAborted();
      const { maxResponseHeaderBytes: maxHeadBytes, maxResponseHeaderFields: maxFields, max1xxResponses: maxInterim } = options;
      await httpConnect(stream, { proxy: via, target, headers, limits: { maxHeadBytes, maxFields, maxInterim }, leniency: options.lenient, signal });
    }
    owner.limit(0, 'the proxy handshake', '');
  }

  /** It is closed if the dial ends. What it reports later is nobody's. */
  private adopt<S extends Duplex>(stream: S): S {
    if (!this.streams.includes(stream)) {
      this.streams.push(stream);
      stream.on('error', ignore);
    }
    if (this.aborted) stream.destroy();
    return stream;
  }

  private abort(): void {
    this.aborted = true;
    for (const stream of this.streams.toReversed()) this.told.destroy(stream);
  }
}

/** Resolves at the event; rejects if the stream fails or closes before. */
function happens(stream: Duplex, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error: Error | null): void => {
      stream.off(event, onEvent);
      stream.off('error', end);
      stream.off('close', onClose);
      if (error === null) resolve();
      else reject(error);
    };
    const onEvent = (): void => end(null);
    const onClose = (): void => end(new Error('the connection was closed'));
    stream.on(event, onEvent);
    stream.on('error', end);
    stream.on('close', onClose);
  });
}

function ignore(): void {}
