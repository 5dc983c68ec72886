/** Owns the watch over all targets: when each is scraped, and who is told of the result. */
import { setImmediate as turn } from 'node:timers/promises';
import { Transport } from 'watertight';
import { scrapeClient, Scraper, type Target, type TargetSource } from '../scrape/index.js';
import { FINE, type Acknowledgement, type FileTrouble, type History } from '../store/index.js';
import { Faults, type FaultListener } from './faults.js';
import type { TargetReport } from './judgement.js';
import { phaseOf } from './phase.js';
import { ProfileBudget } from './profile-budget.js';
import type { PaceSettings } from './profile-pace.js';
import { Silences } from './silences.js';
import { TargetMonitor } from './target-monitor.js';

export interface MonitorOptions {
  /** Between scrapes of one target, ms. Default 10,000. */
  readonly interval?: number;
  /** Between profiles while all is well, ms. Default 30 intervals. */
  readonly profileInterval?: number;
  /** Between looks, ms, where they are closer to each other than scrapes usually are: then what cohorts take minutes for is judged in as many times less. Default: the interval. */
  readonly lookInterval?: number;
  /** Where the counts of a target come from; null for a scraper, which is the default. */
  readonly sourceOf?: (target: Target) => TargetSource | null;
  /** Default: a warning of the process. */
  readonly onFault?: FaultListener;
}

/** Told of every scrape, in the order they come in; or of every target of which a person has said something. */
export type MonitorListener = (report: TargetReport, monitor: TargetMonitor) => void;

const DEFAULT_INTERVAL = 10_000;
/** Longest time that a scrape may take, ms, however long the interval is. */
const LONGEST_SCRAPE = 10_000;
/** By how much a timer may fire before its time, ms. */
const EARLY = 2;
/** Up to this many targets are judged at once from their history; of more, one in each turn of the event loop, so that scrapes can run in between. */
const RESUMED_AT_ONCE = 10;
/** How often what is too old goes, ms. */
const EXPIRY = 3_600_000;
/** `scraped`: each at its own moment of the interval. `fleet`: all at once, when something else has asked for them. */
export type TargetSet = 'scraped' | 'fleet';

interface Watched {
  readonly set: TargetSet;
  readonly monitor: TargetMonitor;
  timer: NodeJS.Timeout | null;
  running: Promise<void> | null;
  expiredAt: number;
}

export class Monitor {
  private readonly settings: PaceSettings & { readonly budget: ProfileBudget; readonly lookInterval?: number; readonly silences: Silences };
  private readonly sourceOf: (target: Target) => TargetSource;
  private readonly transport: Transport;
  private readonly watched = new Map<string, Watched>();
  private readonly listeners = new Set<MonitorListener>();
  private readonly wordListeners = new Set<MonitorListener>();
  private readonly faults: Faults;
  /** Targets in the history that are not watched, and when they were looked up. */
  private unwatched: number[] = [];
  private listedAt = 0;
  /** Targets whose histories have not been gone through yet. */
  private readonly unresumed: TargetMonitor[] = [];
  private resuming: Promise<void> | null = null;
  private started = false;
  private stopped = false;

  constructor(
    private readonly history: History,
    options: MonitorOptions = {},
  ) {
    this.faults = new Faults(options.onFault);
    const interval = options.interval ?? DEFAULT_INTERVAL;
    const pace = { interval, profileInterval: options.profileInterval ?? 30 * interval };
    this.settings = { ...pace, budget: new ProfileBudget(pace, () => this.watched.size), silences: new Silences(history, this.faults.tell), ...(options.lookInterval !== undefined && { lookInterval: options.lookInterval }) };
    const timeout = Math.min(Math.max(interval, 1000), LONGEST_SCRAPE);
    // One connection to each target, kept from scrape to scrape.
    this.transport = new Transport({ maxIdleConns: 0, maxIdleConnsPerHost: 2, idleConnTimeout: 6 * interval + 30_000, dialTimeout: timeout });
    const client = scrapeClient(this.transport);
    this.sourceOf = (target) => options.sourceOf?.(target) ?? new Scraper(target, client, timeout);
  }

  /** Watches these targets, and no others of the set, from now on; what is known of those that stay is kept. */
  setTargets(targets: readonly Target[], set: TargetSet = 'scraped'): void {
    const wanted = new Map(targets.map((target) => [target.profiles, target]));
    for (const [profiles, watched] of this.watched) {
      if (watched.set !== set || JSON.stringify(wanted.get(profiles)) === JSON.stringify(watched.monitor.target)) continue;
      if (watched.timer !== null) clearTimeout(watched.timer);
      this.watched.delete(profiles);
    }
    for (const [profiles, target] of wanted) {
      if (this.watched.has(profiles)) continue;
      const monitor = new TargetMonitor(target, this.sourceOf(target), this.history, this.settings, this.faults.tell);
      const watched: Watched = { set, monitor, timer: null, running: null, expiredAt: 0 };
      this.watched.set(profiles, watched);
      this.unresumed.push(monitor);
      if (this.started && set === 'scraped') this.schedule(watched, true);
    }
    if (this.unresumed.length <= RESUMED_AT_ONCE) for (const monitor of this.unresumed.splice(0)) monitor.resume(Date.now());
    else this.resuming ??= this.resume().finally(() => (this.resuming = null));
  }

  start(): void {
    this.started = true;
    for (const watched of this.watched.values()) if (watched.set === 'scraped') this.schedule(watched, true);
  }

  /** Scrapes every target now, or every one of a set, once, all at the same time; resolves when all have answered or failed, and have been judged. */
  async scrapeAll(set: TargetSet | null = null): Promise<void> {
    await this.resuming;
    await Promise.all([...this.watched.values()].filter((watched) => set === null || watched.set === set).map((watched) => this.run(watched)));
  }

  /** Ends everything: what is under way is broken off. */
  async stop(): Promise<void> {
    this.started = false;
    this.stopped = true;
    for (const { timer } of this.watched.values()) if (timer !== null) clearTimeout(timer);
    await this.transport.close();
    await this.resuming;
    await Promise.all([...this.watched.values()].flatMap(({ running }) => running ?? []));
  }

  /** Every target, in the order they were given. */
  targets(): TargetMonitor[] {
    return [...this.watched.values()].map(({ monitor }) => monitor);
  }

  /** What is known of every target, in the order they were given. */
  reports(): TargetReport[] {
    return this.targets().map((monitor) => monitor.report());
  }

  /** What is known of the target with this `url`; null if it is not watched. */
  monitorOf(url: string): TargetMonitor | null {
    return this.targets().find(({ target }) => target.url === url) ?? null;
  }

  /** Calls `listener` after each scrape; returns the function that ends that. */
  onScrape(listener: MonitorListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Calls `listener` with each target that a person has silenced or acknowledged, or taken that back; returns the function that ends that. */
  onWord(listener: MonitorListener): () => void {
    this.wordListeners.add(listener);
    return () => void this.wordListeners.delete(listener);
  }

  /** Nobody is told of the target's leaks until then (ms since 1970), or of any target's (null). It takes the place of an earlier silence of the same. */
  silence(target: TargetMonitor | null, until: number): void {
    this.settings.silences.set(target?.historyId ?? null, until);
    this.tellOf(target === null ? this.targets() : [target]);
  }

  /** Ends the silence of a target, or that of all; the other one stays. */
  liftSilence(target: TargetMonitor | null): void {
    this.settings.silences.lift(target?.historyId ?? null);
    this.tellOf(target === null ? this.targets() : [target]);
  }

  /** Somebody looks at the target's incident, or no longer (null). */
  acknowledge(target: TargetMonitor, acknowledged: Acknowledgement | null): void {
    target.acknowledge(acknowledged);
    this.tellOf([target]);
  }

  get interval(): number {
    return this.settings.interval;
  }

  /** What is wrong with the history, and since when; null while it can be read and written. */
  get trouble(): FileTrouble | null {
    return this.history.trouble;
  }

  /** When the latest fault was told, in the time of performance.now(); null before the first. */
  get latestFault(): number | null {
    return this.faults.latestAt;
  }

  private tellOf(targets: readonly TargetMonitor[]): void {
    for (const target of targets) {
      const report = target.report();
      for (const listener of this.wordListeners) listener(report, target);
    }
  }

  private async resume(): Promise<void> {
    for (let next = this.unresumed.shift(); next !== undefined && !this.stopped; next = this.unresumed.shift()) {
      await turn();
      if (this.watched.get(next.target.profiles)?.monitor !== next) continue;
      try {
        next.resume(Date.now());
      } catch (error) {
        this.faults.tell(error);
      }
    }
  }

  private schedule(watched: Watched, first: boolean): void {
    const { interval } = this.settings;
    const now = Date.now();
    const phase = phaseOf(watched.monitor.target.profiles, interval);
    // A timer may fire a moment early: that scrape was this one.
    const due = now + EARLY - ((now + EARLY - phase) % interval) + interval;
    // The first comes within its phase as well, but at most one interval away, and at once where there are few.
    const wait = first && this.watched.size <= 10 ? 0 : due - now;
    watched.timer = setTimeout(() => {
      watched.timer = null;
      void this.run(watched).finally(() => {
        if (this.started && this.watched.get(watched.monitor.target.profiles) === watched) this.schedule(watched, false);
      });
    }, wait);
  }

  private run(watched: Watched): Promise<void> {
    watched.running ??= this.scrape(watched)
      .catch(this.faults.tell)
      .finally(() => (watched.running = null));
    return watched.running;
  }

  private async scrape(watched: Watched): Promise<void> {
    const { monitor } = watched;
    const at = Date.now();
    await monitor.scrape(at);
    if (this.history.trouble === null) this.faults.tellMended();
    // A scrape that stop() broke off says nothing of the target, and a target that is no longer watched is not reported.
    if (this.stopped || this.watched.get(monitor.target.profiles) !== watched) return;
    if (Math.abs(at - watched.expiredAt) >= EXPIRY) this.expire(watched, at);
    this.expireUnwatched(at);
    const report = monitor.report();
    for (const listener of this.listeners) listener(report, monitor);
  }

  private expire(watched: Watched, at: number): void {
    const { historyId, target } = watched.monitor;
    const began = watched.expiredAt === 0;
    watched.expiredAt = at - phaseOf(target.profiles, FINE);
    try {
      // A watcher that has just started scrapes first and expires later, unless the history is overdue because no watcher ran for an hour.
      if (!began || this.history.isOverdue(historyId, at - EXPIRY)) this.history.expire(historyId, at);
    } catch (error) {
      this.faults.tell(error);
    }
  }

  /** Expires one target that is no longer watched at each scrape, since a fleet may have had ten thousand. */
  private expireUnwatched(at: number): void {
    try {
      if (Math.abs(at - this.listedAt) >= EXPIRY) {
        const watched = new Set(this.targets().map(({ historyId }) => historyId));
        // Not in the first hour: a watcher that has just started may not know its targets yet.
        this.unwatched = this.listedAt === 0 ? [] : this.history.knownTargets().flatMap(({ id }) => (watched.has(id) ? [] : [id]));
        this.listedAt = at;
      }
      const next = this.unwatched.pop();
      if (next !== undefined && !this.targets().some(({ historyId }) => historyId === next)) this.history.expireUnwatched(next, at);
    } catch (error) {
      this.faults.tell(error);
    }
  }
}
