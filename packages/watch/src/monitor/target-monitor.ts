/**
 * Owns the watch over one target: each scrape is kept, judged and, when it is
 * worth it, explained by a profile. A target that does not answer stays as it
 * was known, and is said to be down.
 */
import { formatDuration } from 'watertight/tasks';
import { Assessor, type Assessment } from '../detect/index.js';
import { stacksOf, summarizeStacks, type CountedStack, type Summary } from '../diagnose/index.js';
import { ScrapeError, type Proven, type Target, type TargetSource } from '../scrape/index.js';
import type { History, Sample } from '../store/index.js';
import { DetectorClock } from './detector-clock.js';
import { evidenceOf, type Look } from './evidence.js';
import { groupReports, judge, provenReports, verdictOf, type TargetReport, type Verdict } from './judgement.js';
import { wantsProfile, type PaceSettings } from './profile-pace.js';

/** What was kept of a stack, without its number. */
type KeptStack = Omit<CountedStack, 'key' | 'count' | 'waitMs'>;

const DAY = 86_400_000;
/** How far back the detector looks. */
const JUDGED = 28 * DAY;
/** Of what a source has kept itself, so much goes into the history for the dashboard to show, ms. */
const SHOWN = 8 * 3_600_000;
/** Looks that are remembered. */
const LOOKS = 64;
/** Stacks that are kept of a profile, the most frequent: the rest of a large program is one of a kind. */
const KEPT_STACKS = 200;
/** Goroutines up to which a Go program is stopped for long enough to say what each waits for. */
const SMALL = 10_000;
const GROUPS_SHOWN = 10;
const NONE_PROVEN: Proven = { count: 0, sites: [] };

export class TargetMonitor {
  private readonly id: number;
  private readonly clock: DetectorClock;
  private readonly assessor: Assessor;
  private latest: (Sample & { readonly platform: 'go' | 'node' }) | null = null;
  private failure: ScrapeError | null = null;
  private looks: Look[] = [];
  private profile: { readonly at: number; readonly value: number; readonly start: number } | null = null;
  private stacks: readonly CountedStack[] = [];
  private summary: Summary | null = null;
  private proven: Proven = NONE_PROVEN;

  constructor(
    readonly target: Target,
    private readonly source: TargetSource,
    private readonly history: History,
    private readonly settings: PaceSettings,
    now: number,
  ) {
    this.id = history.target(target.profiles);
    const known = this.knownSamples(now);
    // What a source has kept itself was not seen at our pace.
    this.clock = new DetectorClock(known[0]?.at ?? now, source.past === undefined ? settings.interval : Infinity);
    this.assessor = new Assessor(target.limit === null ? {} : { limit: target.limit });
    // What was judged at the time is not judged again, but for as long as a finding stands.
    this.assessor.addHistory(known.map((sample) => this.clock.sample(sample)));
    // A watcher that was ended knows what it had seen in the profiles, and the verdict stands.
    this.looks = history.looks<Look>(this.id, LOOKS);
    const last = known.at(-1);
    if (last !== undefined) this.source.resume({ start: last.start, value: last.value });
  }

  /** One scrape, kept and judged; never rejects for what the target does. */
  async scrape(at: number): Promise<void> {
    try {
      const scraped = await this.source.count(at);
      this.latest = scraped;
      this.failure = null;
      this.history.record(this.id, scraped);
      this.assessor.add(this.clock.sample(scraped));
      if (wantsProfile(this.settings, { ...scraped, profile: this.profile, suspected: this.suspected() })) await this.look(scraped);
    } catch (error) {
      if (!(error instanceof ScrapeError)) throw error;
      this.failure = error;
    }
    this.keepIncident(at);
  }

  /** Takes a profile now, whether or not it is time for one. @throws ScrapeError */
  async look(scraped: Sample & { readonly platform: 'go' | 'node' }): Promise<void> {
    const { at, value, start, platform } = scraped;
    const profile = await this.source.profile?.(platform === 'go' && value <= SMALL ? 2 : 0);
    if (profile === undefined) return;
    const proven = platform === 'node' ? ((await this.source.proven?.()) ?? NONE_PROVEN) : NONE_PROVEN;
    this.proven = proven;
    this.profile = { at, value, start };
    this.stacks = stacksOf(profile).sort((a, b) => b.count - a.count);
    this.summary = summarizeStacks(this.stacks, this.baseline(at, start));
    const unread = this.summary.diagnoses.find(({ id }) => id === 'unread-body');
    const waitMs = unread === undefined ? 0 : Math.max(0, ...this.summary.groups.filter(({ diagnosis }) => diagnosis === unread).map((group) => group.waitMs));
    const seen: Look = { at, start, value, unread: unread?.count ?? 0, waitMs, proven: proven.count };
    this.looks = [...this.looks.slice(-LOOKS + 1), seen];
    const kept = this.stacks.slice(0, KEPT_STACKS).map(({ key, count, waitMs: _wait, ...stack }) => ({ key, count, frames: stack satisfies KeptStack }));
    this.history.recordProfile(this.id, at, start, kept, seen);
  }

  report(): TargetReport {
    const { target, latest, failure, summary } = this;
    const verdict = this.verdict();
    return {
      url: target.url,
      name: target.name,
      labels: target.labels,
      up: failure === null && latest !== null,
      failure: failure === null ? null : { kind: failure.failure, message: failure.message },
      verdict: latest === null ? 'unknown' : verdictOf(verdict),
      leaking: verdict.leaking,
      count: latest?.value ?? null,
      at: latest?.at ?? null,
      start: latest?.start ?? 0,
      platform: latest?.platform ?? null,
      perHour: verdict.perHour,
      since: verdict.since,
      confidence: verdict.confidence,
      reason: verdict.reason,
      limit: target.limit,
      limitAt: verdict.limitAt,
      restarts: this.assessor.assessment().restarts,
      groups: [...provenReports(this.proven), ...(summary === null ? [] : groupReports(summary, GROUPS_SHOWN))],
    };
  }

  /** The number under which the history knows it. */
  get historyId(): number {
    return this.id;
  }

  private verdict(): Verdict {
    const { clock } = this;
    const assessment = this.assessor.assessment();
    return judge(clock.scale === 1 ? assessment : this.scaled(assessment), { since: clock.time(assessment.since), limitAt: clock.time(assessment.limitAt) }, evidenceOf(this.looks));
  }

  /** In our hours: the detector's own sentences would speak of its. */
  private scaled(assessment: Assessment): Assessment {
    const { perHour, since } = assessment;
    if (perHour === undefined) return { ...assessment, reason: 'Nothing has climbed as a leak does.' };
    const rate = this.clock.perHour(perHour);
    const seen = formatDuration((this.latest?.at ?? 0) - (this.clock.time(since) ?? 0));
    return { ...assessment, perHour: rate, reason: `It has climbed by ${Math.round(rate / 60)} a minute for ${seen}.` };
  }

  private suspected(): boolean {
    const [before, last] = this.looks.slice(-2);
    return this.verdict().leaking || (last !== undefined && before !== undefined && last.unread > before.unread);
  }

  /** What the stacks are compared with: the first profile of this process that is known, since the growth is looked for over all of its life. */
  private baseline(at: number, start: number): readonly CountedStack[] | null {
    const first = this.history.profiles(this.id, 0, at - 1).find((profile) => profile.start === start);
    if (first === undefined) return null;
    return this.history.stacks<KeptStack>(first.id).map(({ key, count, frames }) => ({ ...frames, key, count, waitMs: 0 }));
  }

  private keepIncident(at: number): void {
    const { leaking, since, perHour, confidence, reason } = this.verdict();
    if (leaking) this.history.openIncident(this.id, at, { since, perHour, confidence, reason });
    // A target that is down has not recovered.
    else if (this.failure === null) this.history.closeIncident(this.id, at);
  }

  /** What was scraped before: every scrape as long as they are kept, spans before that; and what the source has kept itself. */
  private knownSamples(now: number): Sample[] {
    const scrapes = this.history.samples(this.id, now - JUDGED, now);
    const first = scrapes[0]?.at ?? now;
    const known = [...this.history.buckets(this.id, 300_000, now - JUDGED, first - 300_000), ...scrapes];
    const past = [...(this.source.past?.() ?? [])];
    if (past.length === 0) return known;
    const last = known.at(-1)?.at ?? 0;
    this.history.recordAll(this.id, past.filter(({ at }) => at > last && at >= now - SHOWN));
    return [...known, ...past].sort((a, b) => a.at - b.at);
  }
}
