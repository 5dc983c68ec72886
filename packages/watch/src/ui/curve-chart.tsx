/** Owns the chart of the count, drawn by uPlot: its marks, and the choice of two moments by dragging. */
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { TargetView } from './dashboard-api.js';
import { drawMarks, palette } from './curve-marks.js';
import { clockTime, count } from './quantity.js';
import { usePlot } from './use-plot.js';
import type { Moments } from './moments.js';

interface ChartProps {
  readonly view: TargetView;
  readonly moments: Moments | null;
  /** Whether the count has a logarithmic scale, from 1 on. */
  readonly isLog: boolean;
  readonly onChoose: (moments: Moments) => void;
}

/** Px. */
const HEIGHT = 280;
/** Px; a shorter drag is a click. */
const SHORTEST_DRAG = 5;
/** uPlot's numbers of the two scales. Its enum is ambient and const, so that there is nothing to import. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const [LINEAR, LOGARITHMIC]: readonly [uPlot.Scale.Distr, uPlot.Scale.Distr] = [1, 3];
/** Points that are more than this many usual distances apart have a gap between them. */
const GAP = 6;

export function CurveChart({ view, moments, isLog, onChoose }: ChartProps): VNode {
  const latest = useRef<ChartProps>({ view, moments, isLog, onChoose });
  latest.current = { view, moments, isLog, onChoose };

  const { place, plot } = usePlot(HEIGHT, (element) => options(element, latest), () => columns(latest.current.view, isLog), [isLog]);
  useEffect(() => plot.current?.setData(columns(view, isLog)), [view, isLog]);
  useEffect(() => plot.current?.redraw(false), [moments]);

  return <div ref={place} class="curve" role="img" aria-label={spoken(view)} />;
}

function options(element: HTMLElement, latest: { readonly current: ChartProps }): uPlot.Options {
  const color = (name: string) => (): string => palette(element)(name);
  const axis: uPlot.Axis = { stroke: color('faint'), grid: { stroke: color('line'), width: 1 }, ticks: { stroke: color('line'), width: 1 }, font: '12px system-ui, sans-serif' };
  const value = (_plot: uPlot, raw: number | null): string => (raw === null ? '–' : count(raw));
  return {
    width: Math.max(100, element.clientWidth),
    height: HEIGHT,
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
    scales: { y: { distr: latest.current.isLog ? LOGARITHMIC : LINEAR, range: (_plot, _low, high) => [latest.current.isLog ? 1 : 0, Math.max(2, top(high, latest.current.view.threshold.value))] } },
    axes: [{ ...axis, space: 76, values: (_plot, ticks) => tickNames(ticks) }, { ...axis, size: 56, values: (_plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? count(tick) : '')) }],
    series: [
      { label: 'Time', value: (_plot, raw) => (raw === null ? '–' : clockTime(raw * 1000)) },
      { label: 'Tasks', stroke: color('curve'), width: 1.5, points: { show: false }, value },
      { label: 'at most', stroke: color('band'), width: 1, points: { show: false }, value },
    ],
    bands: [{ series: [2, 1], fill: color('band') }],
    hooks: {
      draw: [(plot) => drawMarks(plot, latest.current.view, latest.current.moments)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < SHORTEST_DRAG) return;
          const at = (px: number): number => Math.round(plot.posToVal(px, 'x') * 1000);
          const chosen = { before: at(left), after: at(left + width) };
          // uPlot's own selection is cleared: the marks show what is chosen, and move with the time axis.
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          latest.current.onChoose(chosen);
        },
      ],
    },
  };
}

/** The top of the axis: it includes the threshold only once the curve is near it, since the curve would look flat otherwise. */
function top(high: number | null, threshold: number): number {
  const most = Math.max(1, high ?? 1);
  return 1.1 * (most >= threshold / 2 ? Math.max(most, threshold) : most);
}

/** uPlot's columns, with nothing between two processes and where nothing was scraped for long. */
function columns({ curve: { times, low, high }, restarts }: TargetView, isLog: boolean): uPlot.AlignedData {
  // A logarithm has no place for 0.
  const shown = (value: number): number => (isLog ? Math.max(1, value) : value);
  const steps = times.slice(1).map((time, i) => time - times[i]).sort((a, b) => a - b);
  const usual = steps[steps.length >> 1] ?? 0;
  const restarted = new Set(restarts);
  const xs: number[] = [];
  const lows: (number | null)[] = [];
  const highs: (number | null)[] = [];
  times.forEach((time, i) => {
    const before = times[i - 1];
    if (before !== undefined && (restarted.has(time) || time - before > GAP * usual)) {
      xs.push((before + time) / 2000);
      lows.push(null);
      highs.push(null);
    }
    xs.push(time / 1000);
    lows.push(shown(low[i]));
    highs.push(shown(high[i]));
  });
  return [xs, lows, highs];
}

/** Times of day; days where the ticks are days. */
export function tickNames(ticks: readonly number[]): string[] {
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  return ticks.map((tick) => {
    const date = new Date(tick * 1000);
    if (step >= 86_400) return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
    return date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', ...(step < 60 && { second: '2-digit' }) });
  });
}

function spoken({ curve: { times, low, high }, restarts, report }: TargetView): string {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined) return 'No count has been scraped yet.';
  return `Tasks from ${clockTime(first)} to ${clockTime(last)}: ${count(low[0])} at first, ${count(low.at(-1) ?? 0)} now, between ${count(Math.min(...low))} and ${count(Math.max(...high))}; ${restarts.length === 1 ? '1 restart' : `${restarts.length} restarts`}. ${report.reason}`;
}
