/** Owns what the hooks of a request are told of its dial: names, each attempt to connect, TLS, in Go's order. */
import { isIP, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { asError } from '../tasks/index.js';
import { callHook, callQuietly, TimeoutError, type ClientTrace, type Hooked, type Network, type ResolvedAddress, type TlsState } from '../conn/index.js';
import type { LookupOwner } from './lookup.js';

/** `host:port`, with brackets around an IPv6 address. */
export function hostPort({ hostname, port }: { readonly hostname: string; readonly port: number }): string {
  return `${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port}`;
}

/**
 * One dial as the hooks of the request see it that it was started for. Each start is
 * followed by its end, whatever happens. A hook may do anything, so whoever calls this
 * looks at its own state afterwards.
 */
export class DialTrace {
  private name: string | null = null;
  private attempt: { readonly network: Network; readonly address: string } | null = null;
  private attempted = false;
  private shaking = false;
  private inside = false;
  /** What hooks throw is nobody's any more: the request is over. */
  private quiet = false;

  constructor(private readonly hooked: Hooked) {}

  /** There are hooks. */
  get wanted(): boolean {
    return this.hooked.request.trace !== null;
  }

  dnsStart(host: string): void {
    this.name = host;
    this.call('dnsStart', { host });
  }

  dnsDone(addresses: readonly ResolvedAddress[], error: Error | null): void {
    if (this.name === null) return;
    const host = this.name;
    this.name = null;
    this.call('dnsDone', { host, addresses, error, coalesced: false });
  }

  /** The owner of a lookup of the dial, which tells the hooks of it; `failed` is called before they are. */
  lookupOwner(ended: () => boolean, failed: (error: Error) => void): LookupOwner {
    return {
      ended,
      failed: (error) => {
        failed(error);
        this.dnsDone([], error);
      },
      asked: (host) => this.dnsStart(host),
      answered: (addresses) => this.dnsDone(addresses, null),
    };
  }

  connectStart(network: Network, address: string): void {
    this.attempted = true;
    this.attempt = { network, address };
    this.call('connectStart', network, address);
  }

  connectDone(error: Error | null): void {
    if (this.attempt === null) return;
    const { network, address } = this.attempt;
    this.attempt = null;
    this.call('connectDone', network, address, error);
  }

  /** Follows the attempts of a socket that connects: one for each address. `to`: what is told of a socket that does not tell of them. */
  watch(socket: Socket | Duplex, to: string): void {
    if (!this.wanted) return;
    if (!(socket instanceof Socket) || !socket.connecting) {
      this.connected(to);
      return;
    }
    const began = (ip: string, port: number): void => this.within(() => this.connectStart('tcp', hostPort({ hostname: ip, port })));
    const failed = (_ip: string, _port: number, _family: number, error: Error): void => this.within(() => this.connectDone(error));
    const late = (): void => this.within(() => this.connectDone(new TimeoutError('the attempt took longer than autoSelectFamilyAttemptTimeout, so the next address is tried', 'dialling')));
    // What the program's own socket connects to is told already, and so is the path of a Unix socket.
    if (!this.attempted) socket.on('connectionAttempt', began).on('connectionAttemptFailed', failed).on('connectionAttemptTimeout', late);
    socket.once('connect', () => {
      socket.off('connectionAttempt', began).off('connectionAttemptFailed', failed).off('connectionAttemptTimeout', late);
      this.connected(to);
    });
  }

  /** Node tells of an attempt in the midst of it, and goes on with the socket's handle. */
  private within(tell: () => void): void {
    this.inside = true;
    tell();
    this.inside = false;
  }

  /** Destroys a stream of the dial: a hook may have ended it while Node is at work on the socket. */
  destroy(stream: Duplex): void {
    if (this.inside) process.nextTick(() => stream.destroy());
    else stream.destroy();
  }

  /** A socket that a library for tests has taken over tells of no attempt. */
  private connected(to: string): void {
    if (!this.attempted) this.connectStart('tcp', to);
    this.connectDone(null);
  }

  tlsStart(): void {
    this.shaking = true;
    this.call('tlsHandshakeStart');
  }

  tlsDone(state: TlsState | null, error: Error | null): void {
    if (!this.shaking) return;
    this.shaking = false;
    this.call('tlsHandshakeDone', state, error);
  }

  /** The dial has failed: what has begun ends with it. `to`: what could not be attempted at all, null if that is not the fault. */
  failed(error: unknown, to: string | null): void {
    if (!this.wanted) return;
    const cause = asError(error);
    const named = this.name !== null;
    this.dnsDone([], cause);
    if (to !== null && !this.attempted && !named) this.connectStart('tcp', to);
    this.connectDone(cause);
    this.tlsDone(null, cause);
  }

  /** The dial was given up. */
  aborted(error: Error): void {
    this.quiet = true;
    this.failed(error, null);
  }

  private call<K extends keyof ClientTrace>(name: K, ...args: Parameters<NonNullable<ClientTrace[K]>>): void {
    if (!this.quiet) {
      callHook(this.hooked, name, ...args);
      return;
    }
    const { trace } = this.hooked.request;
    callQuietly(() => (trace?.[name] as ((...all: unknown[]) => unknown) | undefined)?.apply(trace, args));
  }
}
