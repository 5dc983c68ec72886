/**
 * Owns which alerts are open: one for each target that leaks, opened once, told again when the line at
 * fault is known or is another one, and closed when the verdict is taken back or the target is watched
 * no more. Pure.
 */
import type { TargetReport } from '../monitor/index.js';
import { alertId, lineOf, type LeakAlert } from './leak-alert.js';

/** As long as Prometheus itself goes on telling that an alert is resolved, ms: one of these will arrive. */
const RESOLVED_KEPT = 15 * 60_000;
/** Lines that are told of one alert: two that leak at the same pace would take turns for ever. */
const LINES_TOLD = 5;

interface OpenAlert extends LeakAlert {
  /** The lines that were told. */
  readonly lines: readonly string[];
}

export class AlertBook {
  private readonly alerts = new Map<string, OpenAlert>();
  private closed: LeakAlert[] = [];

  /** What of a report is to be told: that it opens or closes an alert, or that another line is at fault; null for nothing. `opened`: since when the leak is on record, if an earlier run of the watch saw it. */
  take(report: TargetReport, at: number, opened: () => number = () => at): LeakAlert | null {
    const open = this.alerts.get(report.url);
    if (!report.leaking) {
      // What does not answer has not recovered.
      if (!report.up) return null;
      return open === undefined ? this.closeEarlier(report) : this.close(open, at);
    }
    const line = lineOf(report);
    const known = open?.lines ?? [];
    const isNew = line !== '' && !known.includes(line) && known.length < LINES_TOLD;
    const startsAt = open?.startsAt ?? opened();
    const alert: OpenAlert = { id: open?.id ?? alertId(report.url, startsAt), startsAt, endsAt: null, report, lines: isNew ? [...known, line] : known };
    this.alerts.set(report.url, alert);
    this.closed = this.closed.filter((other) => other.report.url !== report.url);
    return open === undefined || isNew ? alert : null;
  }

  /** Closes the alerts of targets that are none any more. */
  retain(urls: ReadonlySet<string>, at: number): LeakAlert[] {
    return [...this.alerts.values()].filter(({ report }) => !urls.has(report.url)).map((alert) => this.close(alert, at));
  }

  get open(): LeakAlert[] {
    return [...this.alerts.values()];
  }

  /** Those that were closed a short time ago. */
  resolved(at: number): readonly LeakAlert[] {
    this.closed = this.closed.filter(({ endsAt }) => endsAt !== null && at - endsAt < RESOLVED_KEPT);
    return this.closed;
  }

  /** A leak that an earlier run of the watch told of, and that was over when this one first looked. */
  private closeEarlier(report: TargetReport): LeakAlert | null {
    const { incident, url } = report;
    if (incident === null || incident.closed === null) return null;
    const closed: LeakAlert = { id: alertId(url, incident.opened), startsAt: incident.opened, endsAt: incident.closed, report };
    if (this.closed.some(({ id }) => id === closed.id)) return null;
    this.closed.push(closed);
    return closed;
  }

  private close({ lines: _lines, ...alert }: OpenAlert, at: number): LeakAlert {
    const closed = { ...alert, endsAt: at };
    this.alerts.delete(alert.report.url);
    this.closed.push(closed);
    return closed;
  }
}
