/** Owns the hosts that a transport knows, by their connect keys, and the question through which proxy a request goes. */
import type { Origin, Request } from '../conn/index.js';
import { mayChoose, type ProxyChoice, type ProxyServer } from '../proxy/index.js';
import { shownPath } from './address.js';
import { Counters } from './counters.js';
import { Host } from './host.js';
import type { ResolvedOptions } from './options.js';
import type { TripHost } from './round-trip.js';

/** In the key of a host whose connections must not speak HTTP/2, while others to the same origin may: Go's `onlyH1`. */
const HTTP1 = ' http/1.1';

/** A host is here as long as it has connections, dials or requests, so that their number is bounded by that of those. */
export class Hosts {
  private readonly byId = new Map<string, TripHost>();
  /** The counters of the hosts that are not here any more, so that nothing is lost and the memory stays bounded. */
  readonly forgotten = new Counters();
  /** Null: no request goes through a proxy. */
  private choice: ProxyChoice | null;
  private choiceSeen = false;

  /** What requests offer, as text; '' for nothing. */
  private readonly acceptEncoding: string;

  /** The Unix socket that all of them are reached over. */
  private readonly over: string | null;

  constructor(private readonly options: ResolvedOptions) {
    this.over = options.socketPath === null ? null : shownPath(options.socketPath);
    // Every connection is to that socket, so there is nothing that a proxy could be asked for.
    this.choice = options.socketPath === null ? options.proxy : null;
    this.acceptEncoding = options.acceptEncodings.join(', ');
  }

  /** Whether a request may go through a proxy. What the environment says is known from the first request on. */
  get mayProxy(): boolean {
    if (this.choice === null) return false;
    if (!this.choiceSeen && !mayChoose(this.choice)) {
      this.choice = null;
      return false;
    }
    this.choiceSeen = true;
    return true;
  }

  /** @throws what the request is to fail with */
  proxyFor(request: Request): ProxyServer | null {
    return this.choice === null ? null : this.choice(request);
  }

  /** The host that is reached without a proxy, for requests of another client's interface, if it has anything. */
  known(origin: Origin): TripHost | null {
    return this.byId.get(this.mayHttp2(origin) ? origin.key + HTTP1 : origin.key) ?? null;
  }

  /** The host that is reached without a proxy. */
  direct(request: Request): TripHost {
    const { origin } = request.target;
    if (!this.mayHttp2(origin)) return this.byId.get(origin.key) ?? this.make(origin, origin.key, null, false, false);
    const http2 = !request.http1Only;
    const id = http2 ? origin.key : origin.key + HTTP1;
    return this.byId.get(id) ?? this.make(origin, id, null, false, http2);
  }

  through(request: Request, proxy: ProxyServer): TripHost {
    const { origin } = request.target;
    const forward = proxy.forwards(origin);
    const http2 = !forward && this.mayHttp2(origin) && !request.http1Only;
    const id = `${forward ? 'http' : origin.key} ${proxy.identity}${forward || http2 ? '' : HTTP1}`;
    return this.byId.get(id) ?? this.make(forward ? proxy.origin : origin, id, proxy, forward, http2);
  }

  /** The host of the same key, which may have been forgotten meanwhile, with what was known of it. */
  again({ id, origin, via, forward, offersHttp2 }: TripHost): TripHost {
    return this.byId.get(id) ?? this.make(origin, id, via, forward, offersHttp2);
  }

  /** The one to the same server over the same way, whose connections speak HTTP/1.1. */
  http1({ id, origin, via }: TripHost): TripHost {
    return this.byId.get(id + HTTP1) ?? this.make(origin, id + HTTP1, via, false, false);
  }

  /** Forgets a host that has nothing any more. */
  tidy(host: TripHost): void {
    if (!host.empty || this.byId.get(host.id) !== host) return;
    this.byId.delete(host.id);
    this.forgotten.add(host.counters);
  }

  clear(): void {
    for (const { counters } of this.byId.values()) this.forgotten.add(counters);
    this.byId.clear();
  }

  /** From now on the call sites of requests to the origin are recorded. */
  suspect(origin: string): void {
    // Through whatever proxy: one that forwards stands for every http origin.
    for (const host of this.byId.values()) if (host.forward || host.origin.href === origin) host.sampling.suspicious = true;
  }

  /** All of them at this moment: what is done with them may call the program, which may come back in. */
  get all(): TripHost[] {
    return [...this.byId.values()];
  }

  private mayHttp2(origin: Origin): boolean {
    return origin.scheme === 'https' && this.options.forceAttemptHttp2;
  }

  private make(origin: Origin, id: string, via: ProxyServer | null, forward: boolean, offersHttp2: boolean): TripHost {
    const host: TripHost = new Host(origin, this.acceptEncoding, this.options.disableKeepAlives, id, via, forward, this.over, offersHttp2);
    this.byId.set(id, host);
    return host;
  }
}
