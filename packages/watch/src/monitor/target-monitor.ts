/**
 * Owns the watch over one target: each scrape is kept and judged, and explained by a profile when one is due.
 *
 * A target that does not answer keeps its verdict, and is reported as down.
 */
import { Assessor } from '../detect/index.js';
import { groupOf, stacksOf, summarizeStacks, type CountedStack, type Summary } from '../diagnose/index.js';
import { ScrapeError, type Proven, type Scrape, type Target, type TargetSource } from '../scrape/index.js';
import type { Acknowledgement, History, Sample } from '../store/index.js';
import { connectionsIn, type ConnectionCount } from './connection-count.js';
import { DetectorClock, timesFaster } from './detector-clock.js';
import { confidenceOf, evidenceOf, reasonOf, tasksPerHour, type Look } from './evidence.js';
import type { Remaining } from './cohorts.js';
import { besidesProven, groupReports, leakedReports, provenReports } from './group-report.js';
import { GroupWatch, type WatchedGroup } from './group-watch.js';
import { takeLook } from './look.js';
import { judge, timeToHealthy, verdictOf, type TargetReport, type Verdict } from './judgement.js';
import { ProcessWatch, type ProcessState } from './process-watch.js';
import type { ProfileBudget } from './profile-budget.js';
import { wantsProfile, type PaceSettings } from './profile-pace.js';
import type { Silences } from './silences.js';

/** What an incident keeps of the verdict. */
type StandingVerdict = Pick<Verdict, 'since' | 'perHour' | 'confidence' | 'reason'> & {
  /** When the process started that leaked, and for how long it had been watched when that was found, ms. */
  readonly start?: number;
  readonly needed?: number;
  readonly platform?: Scrape['platform'] | null;
};

/** What was kept of a stack, without its number. */
type KeptStack = Omit<CountedStack, 'key' | 'count' | 'waitMs'>;

const DAY = 86_400_000;
/** How far back the detector looks. */
const JUDGED = 28 * DAY;
/** How much of what a source has kept itself goes into the history, for the dashboard to show, ms. */
const SHOWN = 8 * 3_600_000;
/** Looks that are remembered. */
const LOOKS = 64;
/** How many stacks of a profile are kept, the most frequent ones; in a large program the rest occur once each. */
const KEPT_STACKS = 200;
/** Scrapes from which the lowest count is taken that says whether it has crept up. */
const MINUTE_OF_SCRAPES = 6;
const GROUPS_SHOWN = 10;
const NONE_PROVEN: Proven = { count: 0, sites: [] };
const NOT_JUDGED: StandingVerdict = { since: null, perHour: 0, confidence: 0, reason: 'What is known of it is being gone through.' };
const NOTHING: Summary = { total: 0, before: 0, groups: [], diagnoses: [] };

/** Intervals by which the clock may be set back without consequences: the detector passes over what is older than what it knows. */
const SET_BACK = 3;

/** What is made of the history before anything is judged. */
interface Course {
  readonly clock: DetectorClock;
  readonly groups: GroupWatch;
  assessor: Assessor;
}

export class TargetMonitor {
  private readonly id: number;
  /** Null until the history has been gone through. */
  private course: Course | null = null;
  private latest: Scrape | null = null;
  /** When its first count that is judged was scraped, ms since 1970. */
  private first: number | null = null;
  private failure: ScrapeError | null = null;
  private looks: Look[] = [];
  private process: ProcessWatch;
  /** The latest counts of the present process. */
  private counts: number[] = [];
  private profile: { readonly at: number; readonly value: number; readonly start: number } | null = null;
  private summary: Summary | null = null;
  private proven: Proven = NONE_PROVEN;
  /** What Go's collector has proven of the present process; null where it does not say. */
  private leaked: { readonly start: number; readonly summary: Summary } | null = null;
  private incident: TargetReport['incident'] = null;
  /** The verdict when it was last watched. */
  private standing: StandingVerdict | null = null;
  /** When another platform began to answer at the same address, ms since 1970; 0 as long as none did. */
  private platformSince = 0;

  /**
   * `onFault`: told when the history can't be written or read; the watch goes on without.
   * Nothing is judged until {@link resume}.
   */
  constructor(
    readonly target: Target,
    private readonly source: TargetSource,
    private readonly history: History,
    private readonly settings: PaceSettings & { readonly budget?: ProfileBudget; readonly lookInterval?: number; readonly silences?: Silences },
    private readonly onFault: (error: unknown) => void = (error) => {
      throw error;
    },
  ) {
    this.id = history.target(target.profiles);
    this.process = new ProcessWatch(this.scale, null);
    const open = this.keep(() => history.openIncidentOf<StandingVerdict>(this.id)) ?? null;
    if (open === null) return;
    this.incident = { id: open.id, opened: open.opened, closed: null, ...(open.acknowledged !== null && { acknowledged: open.acknowledged }) };
    this.standing = open.detail;
  }

  /** Whether the history has been gone through. */
  get resumed(): boolean {
    return this.course !== null;
  }

  /**
   * Goes through what is known of the target, so that it is judged from now on as by a watcher that has never
   * been away: about 0.1 s of work after four weeks. Until then, the verdict of before stands.
   */
  resume(now: number): void {
    if (this.course !== null) return;
    const known = this.keep(() => this.knownSamples(now)) ?? [];
    const { interval } = this.settings;
    // A source that kept the past itself did so at its own interval.
    const clock = new DetectorClock(known[0]?.at ?? now, this.source.past === undefined ? interval : Infinity);
    this.first = known[0]?.at ?? null;
    const groups = new GroupWatch(this.history.groups, this.id, clock, interval);
    this.keep(() => groups.resume());
    this.course = { clock, assessor: this.assessorOf(known, clock), groups };
    // A restarted watcher continues with what earlier profiles showed, and with the verdict.
    this.looks = this.keep(() => this.history.looks<Look>(this.id, LOOKS)) ?? [];
    this.process = new ProcessWatch(this.scale, (this.keep(() => this.history.cohorts(this.id)) ?? null) as ProcessState | null);
    // So that the line at fault is known before the first new profile.
    if (this.incident !== null) this.summary = this.keep(() => this.lastSummary(now)) ?? null;
    const last = known.at(-1);
    if (last !== undefined) this.source.resume({ start: last.start, value: last.value });
  }

  /** One scrape, kept and judged; never rejects for what the target does. */
  async scrape(at: number): Promise<void> {
    try {
      const scraped = this.ofOneProcess(await this.source.count(at));
      if (scraped.at < (this.latest?.at ?? 0) - SET_BACK * this.settings.interval) this.rewind(scraped.at);
      this.latest = scraped;
      this.first ??= scraped.at;
      this.failure = null;
      this.keep(() => this.history.record(this.id, scraped));
      // The scrape is in the history, and is judged when the history is gone through.
      if (this.course === null) return;
      this.course.assessor.add(this.course.clock.sample(scraped));
      const suspected = this.suspected();
      if (wantsProfile(this.settings, { ...scraped, profile: this.profile, suspected, growing: this.process.isGrowing, lowest: this.lowest(scraped), cost: this.looks.at(-1)?.cost ?? 0 }) && this.settings.budget?.take(at, suspected) !== false) await this.look(scraped);
    } catch (error) {
      if (!(error instanceof ScrapeError)) throw error;
      this.failure = error;
    }
    this.keepIncident(at);
  }

  /** Takes a profile now, whether or not it is time for one. @throws ScrapeError */
  async look(scraped: Scrape): Promise<void> {
    const { at, value, start, platform } = scraped;
    const isFirst = this.profile?.start !== start;
    const isAsked = this.settings.profileInterval <= this.settings.interval;
    const taken = await takeLook(this.source, scraped, isFirst || isAsked || this.process.isGrowing || value > (this.profile?.value ?? 0));
    if (taken === null) return;
    this.proven = platform === 'node' ? ((await this.source.proven?.()) ?? NONE_PROVEN) : NONE_PROVEN;
    const leaked = platform === 'go' ? await this.source.leaked?.(at) : null;
    if (leaked !== undefined) this.leaked = leaked === null ? null : { start, summary: summarizeStacks(stacksOf(leaked), null) };
    if (this.leaked?.start !== start) this.leaked = null;
    this.profile = { at, value, start };
    this.process.take(at, start, taken);
    const stacks = stacksOf(taken.profile).sort((a, b) => b.count - a.count);
    const summary = summarizeStacks(stacks, this.keep(() => this.baseline(at, start)) ?? null);
    this.summary = summary;
    const seen: Look = { at, start, proven: this.proven.count, cost: Math.round(taken.cost), connections: connectionsIn(taken.profile), ...(this.leaked !== null && { leaked: this.leaked.summary.total }) };
    this.looks = [...this.looks.slice(-LOOKS + 1), seen];
    const kept = stacks.slice(0, KEPT_STACKS).map(({ key, count, waitMs: _wait, ...stack }) => ({ key, count, frames: stack satisfies KeptStack }));
    this.keep(() => this.history.recordProfile(this.id, at, start, kept, seen));
    this.keep(() => this.history.keepCohorts(this.id, this.process.state));
    await this.course?.groups.take(summary.groups, at, start).catch(this.onFault);
  }

  report(): TargetReport {
    const { target, latest, failure, summary } = this;
    const { leaking, since, perHour, confidence, reason, limitAt, groups } = this.verdict();
    const verdict = latest === null ? 'unknown' : verdictOf({ leaking, confidence });
    const silence = this.settings.silences?.of(this.id) ?? null;
    const leaked = this.leaked === null ? [] : leakedReports(this.leaked.summary);
    return {
      url: target.url,
      name: target.name,
      labels: target.labels,
      up: failure === null && latest !== null,
      failure: failure === null ? null : { kind: failure.failure, message: failure.message },
      verdict,
      ...(verdict === 'unknown' && this.first !== null && this.course !== null && { until: Math.round(this.first + timeToHealthy() / this.course.clock.scale) }),
      leaking,
      count: latest?.value ?? null,
      at: latest?.at ?? null,
      start: latest?.start ?? 0,
      platform: latest?.platform ?? null,
      perHour,
      since,
      confidence,
      reason,
      limit: target.limit,
      limitAt,
      restarts: this.course?.assessor.assessment().restarts ?? 0,
      incident: this.incident,
      ...(silence !== null && { silence }),
      groups: [...provenReports(this.proven), ...leaked, ...besidesProven(leaked, groupReports(summary ?? NOTHING, GROUPS_SHOWN, groups))],
    };
  }

  /** Of the latest profile of the process that answers now, by host and state, the most first; none where a profile does not say it, as Go's do not. */
  get connections(): readonly ConnectionCount[] {
    const last = this.looks.at(-1);
    // A look of an earlier version of the watcher has none.
    return last?.start === this.latest?.start ? ((last as Partial<Look> | undefined)?.connections ?? []) : [];
  }

  /** The number in the history of the incident that goes on; null where there is none. */
  get openIncident(): number | null {
    return this.incident?.closed === null ? (this.incident.id ?? null) : null;
  }

  /** Keeps who looks at the incident that goes on; null takes it back. Nothing happens where none goes on. */
  acknowledge(acknowledged: Acknowledgement | null): void {
    if (this.incident?.closed !== null) return;
    const { acknowledged: _before, ...incident } = this.incident;
    this.incident = { ...incident, ...(acknowledged !== null && { acknowledged }) };
    const { id } = incident;
    if (id !== undefined) this.keep(() => this.history.acknowledge(id, acknowledged));
  }

  /** The number under which the history knows it. */
  get historyId(): number {
    return this.id;
  }

  /** Groups of its stacks that are followed: what leaks, then what has grown or is most. */
  leadingGroups(limit: number): WatchedGroup[] {
    return this.course?.groups.leading(limit) ?? [];
  }

  /** What is said: since the onset, which only moves to an earlier time; and through a restart, what was said before. */
  private verdict(): Verdict {
    const verdict = this.presentVerdict();
    const { standing, incident } = this;
    if (standing === null || incident === null || incident.closed !== null) return verdict;
    if (verdict.leaking) return { ...verdict, since: Math.min(verdict.since ?? Infinity, standing.since ?? Infinity, incident.opened) };
    return this.isInDoubt ? { ...verdict, ...this.standingVerdict(standing), leaking: true } : verdict;
  }

  /** The process that leaked has ended, and the present one was not watched for as long as that took to be seen, nor seen to be healthy. */
  private get isInDoubt(): boolean {
    const { standing, latest, incident } = this;
    if (standing?.start === undefined || latest === null || incident?.restarted === undefined) return false;
    // A program of another platform is another program.
    return latest.platform === standing.platform && latest.start !== standing.start && latest.at - incident.restarted < (standing.needed ?? 0) && !this.process.isHealthyAfter(latest.start, standing.perHour);
  }

  private standingVerdict({ since, perHour, confidence, reason }: StandingVerdict): StandingVerdict {
    return { since, perHour, confidence, reason: `It has restarted, and the new process has not been watched for as long as the leak took to be seen. Before: ${reason}` };
  }

  private presentVerdict(): Verdict {
    const { at, value } = this.latest ?? { at: 0, value: 0 };
    const { course, standing } = this;
    if (course === null) return { leaking: standing !== null, limitAt: null, groups: [], ...(standing ?? NOT_JUDGED) };
    const remaining = this.process.remaining();
    const verdict = judge({
      count: course.clock.assessment(course.assessor.assessment(), at),
      evidence: evidenceOf(this.looks.filter(({ start }) => start === this.latest?.start), remaining),
      groups: course.groups.leaking,
      value,
      at,
      limit: this.target.limit,
    });
    return verdict.leaking ? { ...verdict, groups: [...verdict.groups, ...this.groupsOf(remaining, verdict.groups)] } : verdict;
  }

  /** The groups whose tasks come and do not leave, as reports have them. */
  private groupsOf(remaining: readonly Remaining[], known: readonly WatchedGroup[]): WatchedGroup[] {
    const told = new Set(known.map(({ key }) => key));
    const inParts = new Set(remaining.flatMap(({ isPart, top }) => (isPart ? [top] : [])));
    return remaining.flatMap((each) => {
      const { frames, top, count, stayed, since, isPart } = each;
      if (frames === null || told.has(groupOf(frames)) || (!isPart && inParts.has(top))) return [];
      told.add(groupOf(frames));
      const verdict = { leaking: true, since, perHour: Math.round(tasksPerHour(each) * 10) / 10, confidence: confidenceOf(each), reason: reasonOf(each) };
      return [{ id: 0, key: groupOf(frames), shape: { top, site: null, state: null, frames }, count, growth: stayed, verdict }];
    });
  }

  private suspected(): boolean {
    return this.verdict().leaking;
  }

  /** How many times faster than usual time goes for cohorts. */
  private get scale(): number {
    return timesFaster(this.settings.lookInterval ?? this.settings.interval);
  }

  /** The lowest of the process's latest counts. */
  private lowest({ value, start }: Scrape): number {
    this.counts = [...(this.profile?.start === start ? this.counts.slice(-MINUTE_OF_SCRAPES + 1) : []), value];
    return this.counts.length < MINUTE_OF_SCRAPES ? 0 : Math.min(...this.counts);
  }

  /** Another platform is another process, even where neither says when it started. */
  private ofOneProcess(scraped: Scrape): Scrape {
    const { latest } = this;
    const sameStart = Math.max(scraped.start, this.platformSince) === latest?.start;
    if (sameStart && latest.platform !== scraped.platform) this.platformSince = scraped.at;
    return this.platformSince > scraped.start ? { ...scraped, start: this.platformSince } : scraped;
  }

  /** The clock was set back: what is known of the time after is not known yet, and everything before is judged anew. */
  private rewind(at: number): void {
    if (this.course !== null) this.course.assessor = this.assessorOf(this.keep(() => this.knownSamples(at)) ?? [], this.course.clock);
    this.looks = this.looks.filter((look) => look.at <= at);
    this.profile = null;
  }

  private assessorOf(known: readonly Sample[], clock: DetectorClock): Assessor {
    const { limit } = this.target;
    const assessor = new Assessor(limit === null ? {} : { limit });
    // What was judged at the time is not judged again, but for as long as a finding stands.
    assessor.addHistory(known.map((sample) => clock.sample(sample)));
    return assessor;
  }

  /** What the stacks are compared with: the first profile of this process that is known, since the growth is looked for over all of its life. */
  private baseline(at: number, start: number): readonly CountedStack[] | null {
    const first = this.history.firstProfile(this.id, start, at);
    return first === null ? null : this.keptStacks(first.id);
  }

  private lastSummary(now: number): Summary | null {
    const last = this.history.profileNearest(this.id, now);
    return last === null ? null : summarizeStacks(this.keptStacks(last.id), this.baseline(last.at, last.start));
  }

  private keptStacks(profile: number): CountedStack[] {
    return this.history.stacks<KeptStack>(profile).map(({ key, count, frames }) => ({ ...frames, key, count, waitMs: 0 }));
  }

  private keepIncident(at: number): void {
    if (this.course === null) return;
    const open = this.incident?.closed === null ? this.incident : null;
    const start = this.latest?.start ?? 0;
    if (open !== null && open.restarted === undefined && this.standing?.start !== undefined && start !== this.standing.start) this.incident = { ...open, restarted: at };
    const { leaking, since, perHour, confidence, reason } = this.verdict();
    if (leaking && this.isInDoubt && !this.presentVerdict().leaking) return;
    if (leaking) {
      const needed = open === null || this.standing?.needed === undefined ? this.process.watchedFor(start) : this.standing.needed;
      this.standing = { since, perHour, confidence, reason, start, needed, platform: this.latest?.platform ?? null };
      const id = this.keep(() => this.history.openIncident(this.id, at, this.standing)) ?? open?.id;
      this.incident = { opened: open?.opened ?? at, closed: null, ...(id !== undefined && { id }), ...(open?.acknowledged !== undefined && { acknowledged: open.acknowledged }) };
    } else if (this.failure === null) {
      // A target that is down may still leak: its incident stays open.
      this.incident = open === null ? null : { opened: open.opened, closed: at };
      this.keep(() => this.history.closeIncident(this.id, at));
    }
  }

  /** Does work with the history; undefined where that fails, since a full disk is no reason to stop watching. */
  private keep<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.onFault(error);
      return undefined;
    }
  }

  /** What was scraped before: every scrape as long as they are kept, spans before that; and what the source has kept itself. */
  private knownSamples(now: number): Sample[] {
    const scrapes = this.history.samples(this.id, now - JUDGED, now);
    const first = scrapes[0]?.at ?? now;
    const known = [...this.history.buckets(this.id, 300_000, now - JUDGED, first - 300_000), ...scrapes];
    const past = [...(this.source.past?.() ?? [])];
    if (past.length === 0) return known;
    const last = known.at(-1)?.at ?? 0;
    this.keep(() => this.history.recordAll(this.id, past.filter(({ at }) => at > last && at >= now - SHOWN)));
    return [...known, ...past].sort((a, b) => a.at - b.at);
  }
}
