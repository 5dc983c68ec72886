/** Owns the events of a dispatcher: `connect`, `disconnect`, `connectionError` and `drain`, with the arguments that undici's Agent gives them. */
import { EventEmitter } from 'node:events';
import type { Origin } from '../conn/index.js';
import type { ConnectionEnd, ConnectionObserver, Transport } from '../transport/index.js';
import { dispatchError, type DispatchErrors } from './dispatch-error.js';

/** The dispatcher, as far as it emits events. */
export interface Emitter {
  emit(event: string, ...args: unknown[]): boolean;
  listenerCount(event: string): number;
}

const OF_CONNECTIONS = ['connect', 'disconnect', 'connectionError'];

/** What is emitted comes in a microtask: a listener may do anything, and the transport is at work. */
export class ConnectionEvents implements ConnectionObserver {
  private unobserve: (() => void) | null = null;
  private ended = false;
  /** Origins for which a request had to wait, or the next one has to. */
  private readonly full = new Map<string, Origin>();

  constructor(
    private readonly dispatcher: Emitter,
    private readonly transport: Transport,
    private readonly errors: DispatchErrors,
  ) {
    // A transport may be used by many dispatchers, and does not hold those that nobody listens to.
    EventEmitter.prototype.on.call(dispatcher as unknown as EventEmitter, 'newListener', (event: string) => {
      if (!this.ended && OF_CONNECTIONS.includes(event)) this.unobserve ??= transport.observe(this);
    });
  }

  /** The dispatcher is closed. What has happened until now is still told. */
  end(): void {
    this.ended = true;
    this.unobserve?.();
    this.unobserve = null;
  }

  // ---- from the transport

  connected(origin: Origin): void {
    this.emit('connect', origin);
  }

  dialFailed(origin: Origin, error: Error): void {
    this.emit('connectionError', origin, dispatchError(error, this.errors));
  }

  disconnected(origin: Origin, { byPeer, error }: ConnectionEnd): void {
    const { SocketError, InformationalError } = this.errors;
    const reason = error !== null ? dispatchError(error, this.errors) : byPeer ? new SocketError('other side closed') : new InformationalError('the connection was closed by this process');
    this.emit('disconnect', origin, reason);
  }

  // ---- from the dispatcher

  /** Whether the next request to the origin has to wait for a connection. Then `drain` follows when it has not. */
  isFull(origin: Origin): boolean {
    const full = this.transport.isFull(origin);
    if (full) this.full.set(origin.key, origin);
    return full;
  }

  requestEnded(): void {
    // Its connection is given back in this turn.
    if (this.full.size > 0) queueMicrotask(() => this.lookForRoom());
  }

  private lookForRoom(): void {
    for (const [key, origin] of this.full) {
      if (this.transport.isFull(origin)) continue;
      this.full.delete(key);
      this.emit('drain', origin);
    }
  }

  private emit(event: string, origin: Origin, ...error: unknown[]): void {
    const { dispatcher } = this;
    if (dispatcher.listenerCount(event) > 0) queueMicrotask(() => dispatcher.emit(event, new URL(origin.href), [dispatcher], ...error));
  }
}
