/** Owns the routes under `/api`: what the monitor and the history know, as the dashboard asks for it. */
import { Hono, type Context } from 'hono';
import { encodeProfile } from 'watertight/pprof';
import { flameTree, summarizeStacks, type Summary } from '../diagnose/index.js';
import { groupReports, type Monitor } from '../monitor/index.js';
import { StoreError, type History } from '../store/index.js';
import { keptAsProfile, nearestProfile } from './kept-profile.js';
import { historyTrouble } from './history-trouble.js';
import type { RowOf } from './overview.js';
import { quoted, Refusal, targetOf } from './refusal.js';
import { targetView } from './target-view.js';

const DAY = 86_400_000;
/** How many groups a comparison lists. */
const COMPARED = 50;
/** The latest time that a date can be made of, ms since 1970. */
const LATEST = 8.64e15;

export function api(monitor: Monitor, history: History, rowOf: RowOf): Hono {
  const routes = new Hono();

  routes.get('/overview', (context) => context.json({ interval: monitor.interval, now: Date.now(), trouble: historyTrouble(monitor), targets: monitor.targets().map((target) => rowOf(target.report(), target)) }));

  routes.get('/target', (context) => {
    const target = targetOf(context, monitor);
    const now = Date.now();
    const to = timeOf(context, 'to') ?? now;
    const from = timeOf(context, 'from') ?? Math.max(0, to - DAY);
    if (from > to) throw new Refusal(400, `from (${from}) is after to (${to})`);
    return context.json(targetView(target, history, from, to, now));
  });

  routes.get('/compare', (context) => {
    const { historyId } = targetOf(context, monitor);
    const [before, after] = [timeOf(context, 'before'), timeOf(context, 'after')];
    if (before === null || after === null) throw new Refusal(400, 'a comparison needs two times, before and after');
    return context.json(compareView(history, historyId, before, after));
  });

  routes.get('/flame', (context) => {
    const { historyId } = targetOf(context, monitor);
    const profile = nearestProfile(history, historyId, timeOf(context, 'at') ?? Date.now());
    const earlier = timeOf(context, 'before');
    const before = earlier === null ? null : nearestProfile(history, historyId, earlier);
    return context.json({ at: profile?.at ?? null, before: before?.at ?? null, tree: flameTree(profile?.stacks ?? [], before?.stacks ?? null) });
  });

  routes.get('/profile', async (context) => {
    const { historyId, target } = targetOf(context, monitor);
    const profile = nearestProfile(history, historyId, timeOf(context, 'at') ?? Date.now());
    if (profile === null) throw new Refusal(404, 'no profile of this target has been kept yet');
    const name = `${target.name}-${new Date(profile.at).toISOString()}`.replace(/[^\w.-]+/g, '-').replace(/^[-.]+/, '');
    return context.body(Buffer.from(await encodeProfile(keptAsProfile(profile))), 200, { 'content-type': 'application/octet-stream', 'content-disposition': `attachment; filename="${name}.pb.gz"` });
  });

  routes.all('*', (context) => context.json({ error: 'there is nothing here' }, 404));
  routes.onError((error, context) => {
    if (error instanceof Refusal) return context.json({ error: error.message }, error.status);
    return context.json({ error: error instanceof StoreError ? error.message : `the history can't be read: ${error.message}` }, 500);
  });
  return routes;
}

/** A time in the query, ms since 1970; null where there is none. @throws Refusal */
function timeOf({ req }: Context, name: string): number | null {
  const text = req.query(name);
  if (text === undefined) return null;
  const time = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(time) || time < 0 || time > LATEST) throw new Refusal(400, `${name} is ${quoted(text)}; it is a time in ms since 1970`);
  return Math.round(time);
}

function compareView(history: History, id: number, before: number, after: number): object {
  const [earlier, later] = [nearestProfile(history, id, before), nearestProfile(history, id, after)];
  const summary: Summary = summarizeStacks(later?.stacks ?? [], earlier?.stacks ?? null);
  return {
    before: earlier?.at ?? null,
    after: later?.at ?? null,
    total: { before: summary.before, after: summary.total },
    groups: groupReports(summary, COMPARED),
    diagnoses: summary.diagnoses.map(({ stacks: _stacks, ...diagnosis }) => diagnosis),
  };
}
