/** Owns what the dashboard is told: the routes under `/api`, each a view of what the monitor and the history know. */
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { summarizeStacks, type CountedStack, type Summary } from '../diagnose/index.js';
import { groupReports, type Monitor, type TargetMonitor, type TargetReport } from '../monitor/index.js';
import { FINE, type Bucket, type History, type Sample } from '../store/index.js';
import { curveOf, restartsIn, thresholdAt, troughLine, type Curve } from './curve.js';
import { flameTree } from './flame-tree.js';
import type { LiveFeed } from './live-feed.js';

/** A target as the overview shows it. */
export interface OverviewRow extends Omit<TargetReport, 'groups'> {
  /** The line at fault, or what they wait in; '' where nothing grows. */
  readonly blame: string;
  readonly sparkline: Curve;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** What a sparkline shows, at most, ms; and points. */
const SPARKLINE = 6 * HOUR;
const SPARKLINE_POINTS = 80;
/** Buckets from which on a sparkline is made of them: reading each scrape of six hours would take seconds for a thousand targets. */
const ENOUGH_BUCKETS = 6;
const CURVE_POINTS = 2000;
/** The alarm that one would have without the detector. */
const USUAL_THRESHOLD = 1000;
/** Between signs of life on the live stream, ms: proxies close what is silent. */
const HEARTBEAT = 15_000;

type KeptStack = Omit<CountedStack, 'key' | 'count' | 'waitMs'>;

export function api(monitor: Monitor, history: History, feed: LiveFeed): Hono {
  const routes = new Hono();

  routes.get('/overview', (context) => context.json({ interval: monitor.interval, now: Date.now(), targets: monitor.reports().map((report) => overviewRow(report, monitor, history)) }));

  routes.get('/target', (context) => {
    const found = monitor.monitorOf(context.req.query('url') ?? '');
    if (found === null) return context.json({ error: 'there is no such target' }, 404);
    const now = Date.now();
    const to = readTime(context.req.query('to')) ?? now;
    const from = readTime(context.req.query('from')) ?? Math.max(0, to - 24 * HOUR);
    return context.json(targetView(found, history, from, to, now));
  });

  routes.get('/compare', (context) => {
    const found = monitor.monitorOf(context.req.query('url') ?? '');
    if (found === null) return context.json({ error: 'there is no such target' }, 404);
    const [before, after] = [readTime(context.req.query('before')), readTime(context.req.query('after'))];
    if (before === null || after === null) return context.json({ error: 'before and after are times in ms since 1970' }, 400);
    return context.json(compareView(history, found.historyId, before, after));
  });

  routes.get('/flame', (context) => {
    const found = monitor.monitorOf(context.req.query('url') ?? '');
    if (found === null) return context.json({ error: 'there is no such target' }, 404);
    const profile = nearestProfile(history, found.historyId, readTime(context.req.query('at')) ?? Date.now());
    return context.json({ at: profile?.at ?? null, tree: flameTree(profile?.stacks ?? []) });
  });

  routes.get('/events', (context) =>
    streamSSE(context, async (stream) => {
      const unsubscribe = feed.subscribe((reports) => {
        const rows = reports.map((report) => overviewRow(report, monitor, history));
        void stream.writeSSE({ event: 'reports', data: JSON.stringify(rows) });
      });
      stream.onAbort(unsubscribe);
      while (!stream.aborted && !stream.closed) {
        await stream.writeSSE({ event: 'alive', data: String(Date.now()) });
        await stream.sleep(HEARTBEAT);
      }
      unsubscribe();
    }),
  );

  routes.all('*', (context) => context.json({ error: 'there is nothing here' }, 404));
  return routes;
}

function overviewRow({ groups, ...report }: TargetReport, monitor: Monitor, history: History): OverviewRow {
  const [first] = groups.filter(({ growth }) => growth > 0);
  const blame = first === undefined ? '' : first.site === null ? first.top : `${first.site.function} ${first.site.file}:${first.site.line}`;
  const id = monitor.monitorOf(report.url)?.historyId;
  return { ...report, blame, sparkline: curveOf(id === undefined ? [] : sparklineSamples(history, id, Date.now()), SPARKLINE_POINTS) };
}

function sparklineSamples(history: History, id: number, now: number): readonly (Sample | Bucket)[] {
  const buckets = history.buckets(id, FINE, now - SPARKLINE, now);
  return buckets.length >= ENOUGH_BUCKETS ? buckets : history.samples(id, now - SPARKLINE, now);
}

function targetView(monitor: TargetMonitor, history: History, from: number, to: number, now: number): object {
  const report = monitor.report();
  const id = monitor.historyId;
  const samples = history.curve(id, from, to, now);
  const threshold = report.limit ?? USUAL_THRESHOLD;
  return {
    report,
    from,
    to,
    curve: curveOf(samples, CURVE_POINTS),
    restarts: restartsIn(samples),
    trough: troughLine(samples, report.since, report.perHour),
    threshold: { value: threshold, at: thresholdAt(samples, threshold) },
    incidents: history.incidents(id),
    profiles: history.profiles(id, from, to).map(({ at, total }) => ({ at, total })),
    connections: connectionsIn(history, id, to),
  };
}

/** Connections by host and state, where the profile says so: a Node service's does. */
function connectionsIn(history: History, id: number, at: number): { host: string; state: string; count: number }[] {
  const counts = new Map<string, { host: string; state: string; count: number }>();
  for (const { frames, labels, count } of nearestProfile(history, id, at)?.stacks ?? []) {
    const { host, verdict } = labels;
    if (host === undefined || !/readLoop|\.body$/.test(frames[0]?.function ?? '')) continue;
    const state = verdict ?? 'unknown';
    const key = `${host}\n${state}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { host, state, count });
    else known.count += count;
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

function compareView(history: History, id: number, before: number, after: number): object {
  const [earlier, later] = [nearestProfile(history, id, before), nearestProfile(history, id, after)];
  const summary: Summary = summarizeStacks(later?.stacks ?? [], earlier?.stacks ?? null);
  return {
    before: earlier?.at ?? null,
    after: later?.at ?? null,
    total: { before: summary.before, after: summary.total },
    groups: groupReports(summary, 50),
    diagnoses: summary.diagnoses.map(({ stacks: _stacks, ...diagnosis }) => diagnosis),
  };
}

function nearestProfile(history: History, id: number, at: number): { at: number; stacks: CountedStack[] } | null {
  let best: { id: number; at: number } | null = null;
  for (const profile of history.profiles(id)) if (best === null || Math.abs(profile.at - at) < Math.abs(best.at - at)) best = profile;
  if (best === null) return null;
  return { at: best.at, stacks: history.stacks<KeptStack>(best.id).map(({ key, count, frames }) => ({ ...frames, key, count, waitMs: 0 })) };
}

function readTime(text: string | undefined): number | null {
  if (text === undefined || text.trim() === '') return null;
  const time = Number(text);
  return Number.isFinite(time) && time >= 0 && time < 8.64e15 ? Math.round(time) : null;
}
