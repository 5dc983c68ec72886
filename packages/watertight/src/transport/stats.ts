/** Owns a transport's statistics: how many connections and requests there are, what became of connections, who holds them. */
import type { CloseCause } from '../conn/index.js';
import { siteOf, type Holder, type Site } from '../tasks/index.js';
import { Counters, reusesOf, type CloseCounts } from './counters.js';

/** Numbers of connections and of requests, of one host or of all. */
export interface ConnCounts {
  /** Connections in the idle pool. */
  readonly idle: number;
  /** Connections that serve a request, those with an unfinished response included; of HTTP/2, those with an open stream. */
  readonly active: number;
  /** Open streams of HTTP/2 connections: requests that share them. */
  readonly streams: number;
  /** Dials under way. */
  readonly dialling: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
}

/** What has happened: numbers that only rise. */
export interface ConnHistory {
  /** Connections made. */
  readonly dialled: number;
  /** Dials that failed; those that were cancelled are not counted. */
  readonly dialFailed: number;
  /** Requests that were sent on a connection that had served another before. */
  readonly reused: number;
  /** Connections that have ended. */
  readonly closed: number;
  /** The same by reason; a reason that did not occur is absent. */
  readonly closedBy: Readonly<Partial<Record<CloseCause, number>>>;
  /** The response, or the request without one so far, that has held a connection for the longest time; null if none does. */
  readonly oldest: OldestHolder | null;
}

/** Who has held a connection for the longest time. */
export interface OldestHolder {
  readonly method: string;
  /** Without user and password; query values are replaced by `*`. */
  readonly url: string;
  /** 0 as long as there is no response. */
  readonly status: number;
  /** The line of the program that made the request; null where that was not recorded (option `track`). */
  readonly site: Site | null;
  /** Milliseconds since the response came; before that, since the request was sent. */
  readonly heldFor: number;
}

/** The same of one host. */
export interface HostStats extends ConnCounts, ConnHistory {
  /**
   * `http://host:port`, and `as NAME` behind it where requests asked TLS for a name of their own; `https://host:port
   * through http://proxy:port` where connections go through a proxy, and `http://* through http://proxy:port` for the
   * requests that a proxy forwards to any host; `http://unix:/path/to.sock:` for a URL of a Unix socket, and ` over
   * /path/to.sock` behind the key with the option `socketPath`. It has no credentials.
   */
  readonly key: string;
}

/** The state of a transport at one moment: a copy, which does not change. */
export interface TransportStats extends ConnCounts, ConnHistory {
  /**
   * A host is here as long as it has connections, dials or waiting requests. When it has none any more it is
   * forgotten: its numbers stay in the transport's own (`dialled` and so on), and begin anew if it comes back.
   */
  readonly hosts: readonly HostStats[];
  /** The same as `dialled`. */
  readonly opened: number;
}

/** What the statistics need of a host. */
interface CountedHost {
  readonly key: string;
  readonly idle: readonly unknown[];
  readonly open: number;
  readonly dialling: number;
  readonly waiters: number;
  readonly counters: Counters;
  /** Its connections of HTTP/2; null if there is none. */
  readonly http2: readonly { readonly streamCount: number }[] | null;
}

/** What they need of a connection. */
interface CountedConn {
  readonly host: { readonly key: string };
  readonly uses: number;
  readonly exchange: Holder | null;
}

/** What the connections of one host, or of all, add to its counters. */
class Tally {
  reused = 0;
  holder: Holder | null = null;

  take(uses: number, holder: Holder | null): void {
    this.reused += reusesOf(uses);
    // Of a request whose response has not come, the begin is not recorded where nothing is tracked.
    if (holder === null || holder.openedAt === 0) return;
    if (this.holder === null || holder.openedAt < this.holder.openedAt) this.holder = holder;
  }
}

/** The numbers of one key: connections that must not speak HTTP/2 count with the others to the same origin. */
class Sums implements ConnCounts {
  idle = 0;
  active = 0;
  streams = 0;
  dialling = 0;
  waiting = 0;
  readonly counters = new Counters();
  readonly tally = new Tally();

  constructor(readonly key: string) {}

  take({ idle, open, dialling, waiters, counters, http2 }: CountedHost): void {
    const shared = (http2 ?? []).map(({ streamCount }) => streamCount);
    const unused = idle.length + shared.filter((streams) => streams === 0).length;
    this.idle += unused;
    this.active += open - unused;
    this.streams += shared.reduce((total, streams) => total + streams, 0);
    this.dialling += dialling;
    this.waiting += waiters;
    this.counters.add(counters);
  }
}

/** `forgotten`: the counters of hosts that are not among `hosts` any more. `at`: now. */
export function statsOf(hosts: readonly CountedHost[], conns: Iterable<CountedConn>, forgotten: Counters, at: number): TransportStats {
  const byKey = new Map<string, Sums>();
  const total = new Counters();
  total.add(forgotten);
  for (const host of hosts) {
    let sums = byKey.get(host.key);
    if (sums === undefined) byKey.set(host.key, (sums = new Sums(host.key)));
    sums.take(host);
    total.add(host.counters);
  }
  const all = new Tally();
  for (const { host, uses, exchange } of conns) {
    byKey.get(host.key)?.tally.take(uses, exchange);
    all.take(uses, exchange);
  }
  const each = [...byKey.values()].map(({ key, idle, active, streams, dialling, waiting, counters, tally }) => ({ key, idle, active, streams, dialling, waiting, ...historyOf(counters, tally, at) }));
  const sum = (of: keyof ConnCounts): number => each.reduce((before, host) => before + host[of], 0);
  return { idle: sum('idle'), active: sum('active'), streams: sum('streams'), dialling: sum('dialling'), waiting: sum('waiting'), hosts: each, opened: total.dialled, ...historyOf(total, all, at) };
}

function historyOf({ dialled, dialFailed, reused, closed, closedBy }: Counters, tally: Tally, at: number): ConnHistory {
  const counts: CloseCounts = { ...closedBy };
  return { dialled, dialFailed, reused: reused + tally.reused, closed, closedBy: counts, oldest: tally.holder === null ? null : oldestOf(tally.holder, at) };
}

function oldestOf({ method, url, status, trace, openedAt }: Holder, at: number): OldestHolder {
  return { method, url, status, site: trace === null ? null : siteOf(trace), heldFor: at - openedAt };
}
