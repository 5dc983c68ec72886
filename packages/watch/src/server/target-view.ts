/** Owns the data of a target's page: its verdict, its curve with events, the curves of its stack groups, its connections. */
import type { Frame } from 'watertight/pprof';
import type { ConnectionCount, TargetMonitor, TargetReport } from '../monitor/index.js';
import type { Acknowledgement, History } from '../store/index.js';
import { curveOf, restartsIn, thresholdAt, troughLine, type Curve, type Line } from './curve.js';
import { readOr } from './readable.js';

/** A group of stacks over time. */
export interface GroupCurve {
  /** Tells groups apart. */
  readonly id: number;
  readonly top: string;
  readonly site: Frame | null;
  readonly count: number;
  readonly growth: number;
  /** Judged by its own course. */
  readonly leaking: boolean;
  readonly perHour: number;
  /** Why; null where it was not judged. */
  readonly reason: string | null;
  readonly curve: Curve;
  readonly restarts: readonly number[];
}

/** What `/api/target` answers. Times in ms since 1970. */
export interface TargetView {
  readonly report: TargetReport;
  readonly from: number;
  readonly to: number;
  readonly curve: Curve;
  readonly restarts: readonly number[];
  /** When the present process started; null where that is not known. */
  readonly processStart: number | null;
  readonly trough: Line | null;
  /** A fixed threshold, for comparison, and when it would have fired; null if it has not. */
  readonly threshold: { readonly value: number; readonly at: number | null };
  readonly incidents: readonly { readonly id: number; readonly opened: number; readonly closed: number | null; readonly acknowledged: Acknowledgement | null }[];
  readonly profiles: readonly { readonly at: number; readonly total: number }[];
  /** What leaks first, then what grows most. */
  readonly groupCurves: readonly GroupCurve[];
  /** Of the latest profile, whatever the range is. */
  readonly connections: readonly ConnectionCount[];
}

/** Points of the curve, and of what it is made of at most about twice as many. */
const CURVE_POINTS = 2000;
const GROUP_POINTS = 300;
const GROUPS = 6;
/** The threshold that an alarm without the detector would have. */
const USUAL_THRESHOLD = 1000;

export function targetView(monitor: TargetMonitor, history: History, from: number, to: number, now: number): TargetView {
  const report = monitor.report();
  const id = monitor.historyId;
  const samples = readOr([], () => history.curve(id, from, to, now, 2 * CURVE_POINTS));
  const threshold = report.limit ?? USUAL_THRESHOLD;
  return {
    report,
    from,
    to,
    curve: curveOf(samples, CURVE_POINTS),
    restarts: restartsIn(samples),
    processStart: (samples.at(-1)?.start ?? 0) || null,
    trough: troughLine(samples, report.since, report.perHour),
    threshold: { value: threshold, at: thresholdAt(samples, threshold) },
    incidents: readOr([], () => history.incidents(id)).map(({ id: number, opened, closed, acknowledged }) => ({ id: number, opened, closed, acknowledged })),
    profiles: readOr([], () => history.profiles(id, from, to)).map(({ at, total }) => ({ at, total })),
    groupCurves: groupCurvesOf(monitor, history, from, to),
    connections: monitor.connections,
  };
}

function groupCurvesOf(monitor: TargetMonitor, history: History, from: number, to: number): GroupCurve[] {
  return monitor.leadingGroups(GROUPS).map(({ id, shape: { top, site }, count, growth, verdict }) => {
    const samples = readOr([], () => history.groups.series(id, from, to));
    return { id, top, site, count, growth, leaking: verdict?.leaking ?? false, perHour: verdict?.perHour ?? 0, reason: verdict?.reason ?? null, curve: curveOf(samples, GROUP_POINTS), restarts: restartsIn(samples) };
  });
}
