/** Owns a target's page: its verdict, its curve, what grows, its connections and its flame graph. */
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { FlameGraph } from '../flame/index.js';
import type { TargetReport } from '../monitor/index.js';
import { askFlame, askTarget, profileAddress, type FlameView, type TargetView } from './dashboard-api.js';
import { BesideSection } from './beside-section.js';
import { ComparisonSection } from './comparison-section.js';
import { ConnectionTable } from './connection-table.js';
import { CurveChart } from './curve-chart.js';
import { csvOf, save, savePicture } from './curve-export.js';
import { standingOf, targets, timeToLimit } from './fleet.js';
import { GroupCurves } from './group-curves.js';
import { GroupTable } from './group-table.js';
import { MomentList } from './moment-list.js';
import type { Moments } from './moments.js';
import { OnCallSection } from './on-call-section.js';
import { clockTime, count, pace } from './quantity.js';
import { momentIn, momentText, parameters, setParameters } from './route.js';
import { VerdictBadge } from './verdict-badge.js';

const HOUR = 3_600_000;
const RANGES: readonly (readonly [hours: number, name: string])[] = [
  [1, 'hour'],
  [6, '6 hours'],
  [24, 'day'],
  [7 * 24, 'week'],
  [30 * 24, '30 days'],
  [365 * 24, 'year'],
];
const USUAL_HOURS = 24;
/** Ms between two requests while scrapes arrive. */
const PACE = 2000;

export function TargetPage({ url }: { readonly url: string }): VNode {
  const range = rangeShown();
  const { view, trouble } = useTarget(url, range);
  const moments = useMomentsShown();
  const isLog = parameters.value.get('scale') === 'log';
  const chart = useRef<HTMLDivElement>(null);
  const flame = useFlame(url, moments?.after ?? view?.profiles.at(-1)?.at ?? null, moments?.before ?? null);

  if (view === null) {
    return (
      <>
        <Back />
        <h1>{targets.value.get(url)?.name ?? url}</h1>
        <p role="status">{trouble ?? 'Loading…'}</p>
      </>
    );
  }
  const { report, connections } = view;
  const at = flame?.at ?? null;
  const grown = report.groups.filter(({ growth, leaking }) => growth > 0 || leaking);
  return (
    <>
      <Back />
      <Head report={report} />
      {/* The row is newer than the view: it comes with every change. */}
      <OnCallSection report={targets.value.get(url) ?? report} />
      {trouble === null ? null : <p role="alert">What is shown may be old: {trouble}</p>}
      <section aria-labelledby="curve">
        <div class="tools">
          <h2 id="curve">Tasks over time</h2>
          <label>
            Last{' '}
            <select value={range.hours ?? ''} onChange={({ currentTarget: { value } }) => setParameters({ hours: value === String(USUAL_HOURS) ? null : value, from: null, to: null })}>
              {range.hours === null ? <option value="">…</option> : null}
              {RANGES.map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          {range.hours === null ? (
            <span>
              {clockTime(range.from)} to {clockTime(range.to)}
            </span>
          ) : null}
          {moments === null ? null : (
            <button type="button" onClick={() => setParameters({ from: momentText(moments.before), to: momentText(moments.after), hours: null })}>
              Zoom to what is chosen
            </button>
          )}
        </div>
        <div ref={chart}>
          <CurveChart view={view} moments={moments} isLog={isLog} onChoose={choose} />
        </div>
        <p class="tools">
          <label>
            <input type="checkbox" checked={isLog} onChange={({ currentTarget: { checked } }) => setParameters({ scale: checked ? 'log' : null })} /> Logarithmic
          </label>
          <button type="button" onClick={() => save(`${report.name}.csv`, new Blob([csvOf(view)], { type: 'text/csv' }))}>
            Save as CSV
          </button>
          <button type="button" onClick={() => chart.current !== null && savePicture(`${report.name}.png`, chart.current)}>
            Save as PNG
          </button>
        </p>
        <MomentList view={view} />
      </section>
      <ComparisonSection url={url} view={view} moments={moments} onChoose={choose} />
      <BesideSection url={url} view={view} />
      <section aria-labelledby="groups">
        <h2 id="groups">{grown.length > 0 ? 'What grows' : 'What there is'}</h2>
        {report.groups.length === 0 ? <p>No profile has been read yet.</p> : <GroupTable groups={report.groups} label={grown.length > 0 ? 'Stacks that grow' : 'Stacks'} />}
      </section>
      {view.groupCurves.length === 0 ? null : (
        <section aria-labelledby="courses">
          <h2 id="courses">Groups over time</h2>
          <GroupCurves curves={view.groupCurves} from={view.from} to={view.to} />
        </section>
      )}
      <section aria-labelledby="connections">
        <h2 id="connections">Connections</h2>
        {connections.length === 0 ? <p>{report.platform === 'go' ? "A Go profile does not say to which hosts its connections are." : 'None in the latest profile.'}</p> : <ConnectionTable connections={connections} />}
      </section>
      <section aria-labelledby="flame">
        <h2 id="flame">
          Flame graph{at === null ? '' : ` of ${clockTime(at)}`}
          {typeof flame?.before === 'number' ? `, compared with ${clockTime(flame.before)}` : ''}
        </h2>
        {at === null ? null : (
          <p>
            <a href={profileAddress(url, at)} download>
              Save this profile
            </a>{' '}
            for <code>go tool pprof</code> and others.
          </p>
        )}
        {flame === null || at === null ? <p>No profile has been read yet.</p> : <FlameGraph tree={flame.tree} />}
      </section>
    </>
  );
}

/** What is shown of the time: the last hours, or from one moment to another. */
type Range = { readonly hours: number } | { readonly hours: null; readonly from: number; readonly to: number };

function rangeShown(): Range {
  const [from, to] = [momentIn('from'), momentIn('to')];
  if (from !== null && to !== null && from < to) return { hours: null, from, to };
  const hours = Number(parameters.value.get('hours'));
  return { hours: RANGES.some(([value]) => value === hours) ? hours : USUAL_HOURS };
}

/** The moments that are compared: the same object as long as they are the same. */
function useMomentsShown(): Moments | null {
  const [before, after] = [momentIn('before'), momentIn('after')];
  return useMemo(() => (before === null || after === null || before > after ? null : { before, after }), [before, after]);
}

function choose(moments: Moments | null): void {
  setParameters({ before: moments === null ? null : momentText(moments.before), after: moments === null ? null : momentText(moments.after) });
}

function Back(): VNode {
  return (
    <p class="back">
      <a href="#/">All services</a>
    </p>
  );
}

function Head({ report }: { readonly report: TargetReport }): VNode {
  const { name, url, up, failure, reason, platform, perHour, since, limit, confidence, leaking, restarts } = report;
  const facts: [name: string, value: string][] = [
    ['Tasks', report.count === null ? '–' : count(report.count)],
    ...(perHour > 0 ? ([['Growth an hour', pace(perHour)]] as [string, string][]) : []),
    ...(since === null ? [] : ([['Since', clockTime(since)]] as [string, string][])),
    ...(limit === null ? [] : ([[`Limit of ${count(limit)}`, timeToLimit(report) ?? (leaking ? 'not known yet' : 'not in sight')]] as [string, string][])),
    ...(leaking ? ([['Confidence', `${Math.round(confidence * 100)} %`]] as [string, string][]) : []),
    ['Restarts', String(restarts)],
    ...(platform === null ? [] : ([['Runs on', platform === 'go' ? 'Go' : 'Node']] as [string, string][])),
  ];
  return (
    <>
      <h1>
        {name} <VerdictBadge standing={standingOf(report)} until={report.until} />
        {leaking && !up ? <VerdictBadge standing="down" /> : null}
      </h1>
      {name === url ? null : <p class="address">{url}</p>}
      {failure === null ? null : <p class="failure">{failure.message}</p>}
      <p>{reason}</p>
      <dl class="facts">
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** The target's view, asked for again as its scrapes arrive. */
function useTarget(url: string, range: Range): { view: TargetView | null; trouble: string | null } {
  const [state, setState] = useState<{ view: TargetView | null; trouble: string | null }>({ view: null, trouble: null });
  const scraped = targets.value.get(url)?.at ?? null;
  const failed = targets.value.get(url)?.failure?.kind ?? null;
  // Grows with each scrape after which the view is asked for again.
  const [due, setDue] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => setDue((value) => value + 1), PACE);
    return () => clearTimeout(timer);
    // Not restarted by `due`: a burst of scrapes leads to one request.
  }, [Math.floor((scraped ?? 0) / PACE), failed]);
  useEffect(() => {
    let over = false;
    const [from, to] = range.hours === null ? [range.from, range.to] : [Math.max(0, Date.now() - range.hours * HOUR), null];
    askTarget(url, from, to).then(
      (view) => !over && setState({ view, trouble: null }),
      (error: unknown) => !over && setState(({ view }) => ({ view, trouble: (error as Error).message })),
    );
    return () => {
      over = true;
    };
  }, [url, JSON.stringify(range), due]);
  return state;
}

/** The flame graph of the profile nearest to a moment. */
function useFlame(url: string, at: number | null, before: number | null): FlameView | null {
  const [flame, setFlame] = useState<FlameView | null>(null);
  useEffect(() => {
    if (at === null) return;
    let over = false;
    askFlame(url, at, before).then(
      (found) => !over && setFlame(found),
      () => undefined, // the page says already what the server does not answer
    );
    return () => {
      over = true;
    };
  }, [url, at, before]);
  return flame;
}
