/**
 * Owns one reading: the values of all metrics but the durations, computed from the live set in one go, so
 * that they agree with each other.
 */
import { DEFAULT_SUSPECT_AFTER, now, provenCounts, tasklessHolders, tasks, verdictOf, type Holder } from '../tasks/index.js';
import type { Attributes, ReadKey } from './definition.js';
import { isConnection, type Ledger } from './ledger.js';
import { methodOf } from './outcome.js';
import { OTHER_REQUESTS } from './request-sets.js';
import type { Servers } from './server.js';
import { OTHER_SITE, siteLabel, topSites } from './site-label.js';

export type Reading = Readonly<Record<ReadKey, ReadonlyMap<Attributes, number>>>;

/** The most stacks that one reading formats for the first time, at about 20 µs each. The others are formatted next time, and are `other` until then. */
const MAX_NEW_STACKS = 1000;

/** Keeps the series between readings, so that a series without a value is reported as 0. */
export class Reader {
  private readonly states = new Map<Attributes, { active: Attributes; idle: Attributes }>();
  private readonly connected = new Set<Attributes>();
  private readonly provenSites = new Map<string, Attributes>();
  private suspectSites = new Map<string, Attributes>();

  constructor(
    private readonly ledger: Ledger,
    private readonly servers: Servers,
    private readonly maxSites: number,
  ) {}

  read(): Reading {
    const at = now();
    const openConnections = new Map<Attributes, number>();
    const activeRequests = new Map<Attributes, number>(this.ledger.requestSets.all.map((set) => [set, 0]));
    const oldestHolder = new Map<Attributes, number>();
    const holders = new Set<Holder>();
    let last: { client: string; method: string; server: Attributes } = { client: '', method: '', server: OTHER_REQUESTS };
    let set: Attributes | null = null;
    const count = (client: string, method: string, origin: string, startedAt: number): void => {
      const server = this.servers.of(origin);
      // Consecutive requests of a leak have equal attributes.
      if (set === null || client !== last.client || method !== last.method || server !== last.server) {
        last = { client, method, server };
        set = this.ledger.requestSets.of(client, methodOf(method), server);
      }
      increase(activeRequests, set);
      oldestHolder.set(server, Math.max(oldestHolder.get(server) ?? 0, (at - startedAt) / 1000));
    };

    const starts = this.ledger.starts();
    for (const server of this.connected) for (const state of ['active', 'idle'] as const) openConnections.set(this.stateOf(server)[state], 0);
    for (const task of tasks()) {
      const { holder } = task;
      if (isConnection(task)) {
        const server = this.servers.ofConnection(task);
        if (!this.connected.has(server)) {
          this.connected.add(server);
          for (const state of ['active', 'idle'] as const) openConnections.set(this.stateOf(server)[state], 0);
        }
        increase(openConnections, this.stateOf(server)[holder === null ? 'idle' : 'active']);
      }
      if (holder !== null) holders.add(holder);
    }
    for (const holder of tasklessHolders()) holders.add(holder);
    for (const holder of holders) {
      // Without tracking, no time is recorded before the response headers come.
      const noted = holder.openedAt === 0 && holder.status === 0 ? at : holder.openedAt;
      count(holder.client, holder.method, holder.origin, starts.get(holder) ?? noted);
    }
    for (const [{ method, origin }, startedAt] of this.ledger.waiting()) count('watertight', method, origin, startedAt);
    for (const server of this.servers.all) if (!oldestHolder.has(server)) oldestHolder.set(server, 0);

    return {
      openConnections,
      activeRequests,
      oldestHolder,
      opened: this.ledger.opened,
      closed: new Map([...this.ledger.opened.keys()].map((server) => [server, this.ledger.closed.get(server) ?? 0])),
      suspects: this.suspects(holders, at),
      provenLeaks: this.provenLeaks(),
    };
  }

  private stateOf(server: Attributes): { active: Attributes; idle: Attributes } {
    let states = this.states.get(server);
    if (states === undefined) {
      states = { active: { 'http.connection.state': 'active', ...server }, idle: { 'http.connection.state': 'idle', ...server } };
      this.states.set(server, states);
    }
    return states;
  }

  private suspects(holders: Iterable<Holder>, at: number): Map<Attributes, number> {
    const counts = new Map<string, number>();
    let unread = MAX_NEW_STACKS;
    for (const holder of holders) {
      if (verdictOf(holder, at, DEFAULT_SUSPECT_AFTER) !== 'suspect') continue;
      const { trace } = holder;
      const isNew = trace !== null && trace.frames === null;
      increase(counts, isNew && unread-- <= 0 ? OTHER_SITE : siteLabel(trace));
    }
    const top = topSites(counts, this.maxSites);
    const before = this.suspectSites;
    this.suspectSites = new Map([...top.keys()].map((site) => [site, before.get(site) ?? { 'watertight.site': site }]));
    const values = new Map([...this.suspectSites].map(([site, attributes]) => [attributes, top.get(site)!]));
    for (const [site, attributes] of before) if (!top.has(site)) values.set(attributes, 0);
    return values;
  }

  /** The first sites keep their series. If the largest sites had them, a site could join or leave `other`, and a total would fall. */
  private provenLeaks(): Map<Attributes, number> {
    const { sites, other } = provenCounts();
    const counts = new Map<string, number>();
    for (const { count, first } of sites) {
      const label = siteLabel(first.trace);
      const known = this.provenSites.has(label) || this.provenSites.size < this.maxSites;
      if (known && !this.provenSites.has(label)) this.provenSites.set(label, { 'watertight.site': label });
      increase(counts, known ? label : OTHER_SITE, count);
    }
    if (other > 0) increase(counts, OTHER_SITE, other);
    const values = new Map([...this.provenSites].map(([site, attributes]) => [attributes, counts.get(site) ?? 0]));
    const rest = counts.get(OTHER_SITE) ?? 0;
    if (rest > 0) values.set(OTHER_PROVEN, rest);
    return values;
  }
}

const OTHER_PROVEN: Attributes = Object.freeze({ 'watertight.site': OTHER_SITE });

function increase<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
