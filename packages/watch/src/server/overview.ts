/** Owns the rows of the overview: each target with the line to blame and a sparkline. */
import type { TargetMonitor, TargetReport } from '../monitor/index.js';
import { FINE, type Bucket, type History, type Sample } from '../store/index.js';
import { curveOf, type Curve } from './curve.js';
import { readOr } from './readable.js';

/** A target as the overview shows it. */
export interface OverviewRow extends Omit<TargetReport, 'groups'> {
  /** The line at fault, or what they wait in; '' where nothing grows. */
  readonly blame: string;
  readonly sparkline: Curve;
}

/** The time that a sparkline shows, ms, and its points. */
const SPARKLINE = 6 * 3_600_000;
const SPARKLINE_POINTS = 80;
/** Buckets from which on a sparkline is made of them: reading each scrape of six hours would take seconds for a thousand targets. */
const ENOUGH_BUCKETS = 6;

export type RowOf = (report: TargetReport, target: TargetMonitor) => OverviewRow;

/** Makes the rows; one is made once for each report, however many dashboards get it. */
export function rowMaker(history: History): RowOf {
  const rows = new WeakMap<TargetReport, OverviewRow>();
  return (report, target) => {
    let row = rows.get(report);
    if (row === undefined) rows.set(report, (row = overviewRow(report, target, history)));
    return row;
  };
}

function overviewRow(report: TargetReport, { historyId }: TargetMonitor, history: History): OverviewRow {
  const { groups, ...row } = report;
  const worst = groups.find(({ growth, leaking }) => growth > 0 || leaking);
  const blame = worst === undefined ? '' : worst.site === null ? worst.top : `${worst.site.function} ${worst.site.file}:${worst.site.line}`;
  return { ...row, blame, sparkline: curveOf(readOr([], () => sparklineSamples(history, historyId, Date.now())), SPARKLINE_POINTS) };
}

function sparklineSamples(history: History, id: number, now: number): readonly (Sample | Bucket)[] {
  const buckets = history.buckets(id, FINE, now - SPARKLINE, now);
  return buckets.length >= ENOUGH_BUCKETS ? buckets : history.samples(id, now - SPARKLINE, now);
}
