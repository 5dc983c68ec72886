/** Owns the chart of two services' counts on one axis, drawn by uPlot: by the time of day, or from the start of each one's process. */
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { tickNames } from './curve-chart.js';
import { palette } from './curve-marks.js';
import type { TargetView } from './dashboard-api.js';
import { clockTime, count, span } from './quantity.js';
import { usePlot } from './use-plot.js';

/** Px. */
const HEIGHT = 220;

interface ChartProps {
  readonly views: readonly [TargetView, TargetView];
  readonly byStart: boolean;
}

export function BesideChart({ views, byStart }: ChartProps): VNode {
  const names = views.map(({ report }) => report.name);
  const { place, plot } = usePlot(HEIGHT, (element) => options(element, names, byStart), () => columns(views, byStart), [byStart, ...names]);
  useEffect(() => plot.current?.setData(columns(views, byStart)), [views, byStart]);
  return <div ref={place} class="curve beside" role="img" aria-label={spoken(views, byStart)} />;
}

function options(element: HTMLElement, names: readonly string[], byStart: boolean): uPlot.Options {
  const color = (name: string) => (): string => palette(element)(name);
  const axis: uPlot.Axis = { stroke: color('faint'), grid: { stroke: color('line'), width: 1 }, ticks: { stroke: color('line'), width: 1 }, font: '12px system-ui, sans-serif' };
  const value = (_plot: uPlot, raw: number | null): string => (raw === null ? '–' : count(raw));
  const since = (seconds: number): string => span(seconds * 1000);
  const series = { width: 1.5, points: { show: false }, spanGaps: true, value };
  return {
    width: Math.max(100, element.clientWidth),
    height: HEIGHT,
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: !byStart }, y: { range: (_plot, _low, high) => [0, 1.1 * Math.max(2, high)] } },
    axes: [
      { ...axis, space: 76, values: (_plot, ticks) => (byStart ? ticks.map(since) : tickNames(ticks)) },
      { ...axis, size: 56, values: (_plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? count(tick) : '')) },
    ],
    series: [
      { label: byStart ? 'After the start' : 'Time', value: (_plot, raw) => (raw === null ? '–' : byStart ? since(raw) : clockTime(raw * 1000)) },
      { ...series, label: names[0], stroke: color('curve') },
      // Dashed, too: not by the colour alone.
      { ...series, label: names[1], stroke: color('threshold'), dash: [6, 3] },
    ],
  };
}

/** Of each view, when (s) and how many; from the start of the present process, as far as it is in the range, where that is wanted. */
function pointsOf({ curve: { times, high }, restarts, processStart }: TargetView, byStart: boolean): [number[], number[]] {
  const start = byStart ? (processStart ?? restarts.at(-1) ?? times[0] ?? 0) : -Infinity;
  const kept = times.flatMap((time, i) => (time >= start ? [i] : []));
  return [kept.map((i) => (times[i] - (byStart ? start : 0)) / 1000), kept.map((i) => high[i])];
}

function columns(views: readonly TargetView[], byStart: boolean): uPlot.AlignedData {
  return uPlot.join(views.map((view) => pointsOf(view, byStart)));
}

function spoken(views: readonly TargetView[], byStart: boolean): string {
  const each = views.map((view) => {
    const [times, counts] = pointsOf(view, byStart);
    return counts.length === 0 ? `${view.report.name}: no count` : `${view.report.name}: ${count(counts[0])} at first, ${count(counts.at(-1) ?? 0)} ${byStart ? `${span((times.at(-1) ?? 0) * 1000)} after its start` : 'now'}`;
  });
  return `${each.join('; ')}.`;
}
