/** Owns the curves of stack groups side by side on one time axis, so that one sees which climbs while the others follow the traffic. */
import type { VNode } from 'preact';
import type { GroupCurve } from './dashboard-api.js';
import { clockTime, count, pace } from './quantity.js';
import { VerdictBadge } from './verdict-badge.js';

const WIDTH = 320;
const HEIGHT = 72;
/** The least number of tasks that the full height stands for, so that a change by two does not look large. */
const LEAST_TOP = 8;
/** The share of the span before the first count from which on it is said that there is none. */
const UNSEEN = 0.02;

interface CurvesProps {
  readonly curves: readonly GroupCurve[];
  /** The span of time that all show, ms since 1970. */
  readonly from: number;
  readonly to: number;
}

export function GroupCurves({ curves, from, to }: CurvesProps): VNode {
  // Of what was first seen a moment ago, a day would be a sliver at the edge.
  const first = Math.min(...curves.flatMap(({ curve: { times } }) => times[0] ?? []));
  const begin = Number.isFinite(first) && first < to ? Math.max(from, first) : from;
  return (
    <>
      {begin - from > (to - from) * UNSEEN ? <p class="hint">Since {clockTime(begin)}, when the first of them was seen.</p> : null}
      <ul class="courses">
        {curves.map((group) => (
          <li key={group.id} class={group.leaking ? 'leaking' : ''}>
            <Course group={group} from={begin} to={to} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Course({ group, from, to }: { readonly group: GroupCurve; readonly from: number; readonly to: number }): VNode {
  const { top, site, leaking, perHour, reason, curve } = group;
  const name = site === null ? top : site.function || top;
  // The count is of the latest profile, which the curve may not have yet.
  const highest = Math.max(group.count, ...curve.high);
  return (
    <figure>
      <figcaption>
        <strong>{name}</strong> {site === null ? '' : `${site.file}:${site.line}`} {leaking ? <VerdictBadge standing="leaking" /> : null}
        {leaking && perHour > 0 ? <span class="figure"> {pace(perHour)} an hour</span> : null}
      </figcaption>
      <svg class="course" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={spoken(name, group)}>
        <path d={pathOf(group, from, to, Math.max(LEAST_TOP, highest))} vector-effect="non-scaling-stroke" />
      </svg>
      <p class="said">
        {count(group.count)} now, {count(highest)} at most
        {leaking && reason !== null ? `. ${reason}` : ''}
      </p>
    </figure>
  );
}

/** The curve in the picture's own units; lifted where another process began. */
function pathOf({ curve: { times, high }, restarts }: GroupCurve, from: number, to: number, most: number): string {
  const begins = new Set(restarts);
  return times.map((time, i) => `${i === 0 || begins.has(time) ? 'M' : 'L'}${(((time - from) / Math.max(1, to - from)) * WIDTH).toFixed(1)} ${(HEIGHT - 1 - ((high[i] ?? 0) / most) * (HEIGHT - 2)).toFixed(1)}`).join('');
}

function spoken(name: string, { curve: { low, high }, count: now, leaking }: GroupCurve): string {
  if (low.length === 0) return `${name}: no count in this time.`;
  return `${name}: ${count(low[0] ?? 0)} at first, ${count(now)} now, between ${count(Math.min(...low))} and ${count(Math.max(...high))}${leaking ? '; it leaks' : ''}.`;
}
