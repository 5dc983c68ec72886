/** Owns the processes that a Prometheus knows: their counts now, by one request for all, and those that it kept of past weeks. */
import type { Profile } from 'watertight/pprof';
import type { LabelMatchers } from './label-matchers.js';
import { processStart, type ProcessState } from './process-start.js';
import { MOST_POINTS, type PrometheusApi } from './prometheus-api.js';
import { fleetQuery, processesIn, type ProcessSeries } from './prometheus-series.js';
import { provenIn, profileOfSuspects } from './prometheus-sites.js';
import type { MatchedLimit } from './prometheus-settings.js';
import type { Proven } from './count.js';
import { ScrapeError } from './scrape-error.js';
import type { Scrape } from './scraper.js';
import type { Target } from './target.js';
import type { PastCount, TargetSource } from './target-source.js';

/** Ranges of the past that are asked for, in s, the finest last. The detector looks at quarters of an hour over four weeks, and at minutes over eight hours. */
const PAST = [
  { from: 28 * 86_400, to: 8 * 3600, step: 900 },
  { from: 8 * 3600, to: 0, step: 60 },
] as const;
/** Most points of one answer, over all series: some 3 MB, whose parsing blocks the process for a tenth of a second. */
const ANSWER_POINTS = 100_000;
/** A process that has not been seen for so long is not watched any more, ms. */
const FORGOTTEN = 3_600_000;

/** A process, and what is known of it. */
interface Member {
  readonly target: Target;
  readonly source: MemberSource;
  seenAt: number;
}

export interface FleetOptions {
  /** Which processes. Default: all that the server knows. */
  readonly match?: LabelMatchers | null;
  /** A count that must not be met. Default: none. */
  readonly limit?: number | null;
  /** Limits for some of the processes; the first that matches applies. */
  readonly limits?: readonly MatchedLimit[];
}

export class PrometheusFleet {
  private readonly members = new Map<string, Member>();
  private readonly urls = new Set<string>();

  private readonly query: string;
  private readonly queryNow: string;

  constructor(
    private readonly api: PrometheusApi,
    private readonly options: FleetOptions = {},
  ) {
    this.query = fleetQuery(options.match);
    this.queryNow = fleetQuery(options.match, { now: true });
  }

  get url(): string {
    return this.api.url;
  }

  /** What is said where it knows no process: which metrics were looked for, and of whom. */
  get nothingFound(): string {
    const whose = this.options.match === null || this.options.match === undefined ? '' : ` with the labels ${this.options.match.text}`;
    return `${this.url} has no process${whose} that this can watch: Go's go_goroutines, or http_client_open_connections or http_client_active_requests of a Node service (promMetrics() of watertight/metrics), in OpenTelemetry's spelling as well`;
  }

  /** Every process that is known, in the order in which they were first seen. */
  targets(): Target[] {
    return [...this.members.values()].map(({ target }) => target);
  }

  /** Whether it is one of {@link targets}. */
  knows(target: Target): boolean {
    return this.members.has(target.profiles);
  }

  /** What knows a target of {@link targets}. */
  sourceOf(target: Target): TargetSource {
    const member = this.members.get(target.profiles);
    if (member === undefined) throw new TypeError(`${target.url} is no target of this fleet`);
    return member.source;
  }

  /** Breaks off requests that are under way. */
  close(): Promise<void> {
    return this.api.close();
  }

  /** Reads what was before: as many requests as it takes to keep each answer small. @throws ScrapeError */
  async load(now = Date.now()): Promise<void> {
    const series = Math.max(1, (await this.api.query(this.query, now / 1000)).length);
    const points = Math.max(10, Math.min(MOST_POINTS, Math.floor(ANSWER_POINTS / series)));
    for (const { from, to, step } of PAST) {
      // On whole steps, so that the same history gives the same verdict at every start.
      const end = Math.floor((now / 1000 - to) / step) * step;
      for (let start = Math.ceil((now / 1000 - from) / step) * step; start <= end; start += points * step) {
        const answer = await this.api.range(this.query, start, Math.min(end, start + (points - 1) * step), step);
        for (const process of processesIn(answer)) this.member(process, now).source.addPast(process);
      }
    }
  }

  /** Asks for the counts now. What fails is known of every process then, and thrown. @throws ScrapeError */
  async refresh(at = Date.now()): Promise<void> {
    try {
      const processes = processesIn(await this.api.query(this.queryNow, at / 1000), (selector) => this.members.get(keyOf(selector))?.source.platform === 'node');
      for (const { source } of this.members.values()) source.setAbsent(this.url);
      for (const process of processes) {
        const member = this.member(process, at);
        member.seenAt = at;
        member.source.setPresent(process, at);
      }
      for (const [key, { seenAt, target }] of this.members) {
        if (at - seenAt <= FORGOTTEN) continue;
        this.members.delete(key);
        this.urls.delete(target.url);
      }
    } catch (error) {
      if (error instanceof ScrapeError) for (const { source } of this.members.values()) source.setFailure(error);
      throw error;
    }
  }

  private member({ selector, labels, platform }: ProcessSeries, now: number): Member {
    const key = keyOf(selector);
    let member = this.members.get(key);
    if (member === undefined) {
      const name = labels.instance ?? selector;
      // Called by its instance, unless another that is known already is.
      const url = this.urls.has(name) ? selector : name;
      this.urls.add(url);
      const { limit = this.options.limit ?? null } = this.options.limits?.find(({ match }) => match.match(labels)) ?? {};
      member = { target: { url, profiles: key, name, headers: {}, address: this.url, labels, limit }, source: new MemberSource(platform, name), seenAt: now };
      this.members.set(key, member);
    }
    return member;
  }
}

function keyOf(selector: string): string {
  return `prometheus:${selector}`;
}

/** One process's counts. */
class MemberSource implements TargetSource {
  private before: ProcessState | null = null;
  private current: Omit<Scrape, 'start'> & { readonly said: number | null } | null = null;
  private failure: ScrapeError | null = null;
  /** There from the first time on that a metric names the lines of unread responses. */
  profile?: () => Promise<Profile>;
  proven?: () => Promise<Proven>;
  /** In columns: a thousand processes have three million of them. */
  private times: number[] = [];
  private values: number[] = [];
  private starts: number[] = [];

  constructor(
    readonly platform: 'go' | 'node',
    private readonly name: string,
  ) {}

  addPast({ counts, startAt }: ProcessSeries): void {
    for (const [time, value] of counts) {
      const at = Math.round(time * 1000);
      // A count below 0 is invalid.
      if (at <= (this.times.at(-1) ?? 0) || value < 0) continue;
      this.times.push(at);
      this.values.push(value);
      this.starts.push(this.started(at, value, startAt(time)));
    }
  }

  setPresent({ counts, startAt, suspects, proven }: ProcessSeries, at: number): void {
    const [time, value] = counts.at(-1) ?? [0, NaN];
    if (!(value >= 0)) return;
    this.failure = null;
    this.current = { at, value, platform: this.platform, said: startAt(time) };
    if (suspects === null && proven === null) return;
    this.profile = () => Promise.resolve(profileOfSuspects(suspects ?? [], at));
    this.proven = () => Promise.resolve(provenIn(proven ?? []));
  }

  setAbsent(prometheus: string): void {
    this.current = null;
    this.failure = new ScrapeError('missing', `${prometheus} has no count of ${this.name} now: the process is gone, or Prometheus can't scrape it`);
  }

  setFailure(failure: ScrapeError): void {
    this.current = null;
    this.failure = failure;
  }

  resume(state: ProcessState): void {
    this.before ??= state;
  }

  *past(): Iterable<PastCount> {
    for (const [index, at] of this.times.entries()) yield { at, value: this.values[index] ?? 0, start: this.starts[index] ?? 0 };
    this.times = this.values = this.starts = [];
  }

  count(): Promise<Scrape> {
    const { current, failure } = this;
    if (current === null) return Promise.reject(failure ?? new ScrapeError('missing', `nothing is known of ${this.name} yet`));
    const { said, ...rest } = current;
    return Promise.resolve({ ...rest, start: this.started(rest.at, rest.value, said) });
  }

  private started(at: number, value: number, seconds: number | null): number {
    const said = seconds === null || seconds <= 0 ? null : seconds * 1000;
    const start = processStart(this.before, { at, value, sameConnection: false, said });
    this.before = { start, value };
    return start;
  }
}
