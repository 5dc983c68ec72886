/** Owns the hosts that a transport knows, by their connect keys, and the question through which proxy a request goes. */
import type { Origin, Request } from '../conn/index.js';
import { mayChoose, type ProxyChoice, type ProxyServer } from '../proxy/index.js';
import { shownPath } from './address.js';
import { Counters } from './counters.js';
import { Host } from './host.js';
import type { ResolvedOptions } from './options.js';
import type { TripHost } from './round-trip.js';

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

  /** The host that is reached without a proxy, if it has anything. */
  known(origin: Origin): TripHost | null {
    return this.byId.get(origin.key) ?? null;
  }

  /** The host that is reached without a proxy. */
  direct(origin: Origin): TripHost {
    return this.byId.get(origin.key) ?? this.make(origin, origin.key, null, false);
  }

  through(origin: Origin, proxy: ProxyServer): TripHost {
    const forward = proxy.forwards(origin);
    const id = `${forward ? 'http' : origin.key} ${proxy.identity}`;
    return this.byId.get(id) ?? this.make(forward ? proxy.origin : origin, id, proxy, forward);
  }

  /** The host of the same key, which may have been forgotten meanwhile, with what was known of it. */
  again({ id, origin, via, forward }: TripHost): TripHost {
    return this.byId.get(id) ?? this.make(origin, id, via, forward);
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

  /** All of them at this moment: what is done with them may call the program, which may come back in. */
  get all(): TripHost[] {
    return [...this.byId.values()];
  }

  private make(origin: Origin, id: string, via: ProxyServer | null, forward: boolean): TripHost {
    const host: TripHost = new Host(origin, this.acceptEncoding, this.options.disableKeepAlives, id, via, forward, this.over);
    this.byId.set(id, host);
    return host;
  }
}
