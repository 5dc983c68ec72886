/**
 * Owns which alerts are open: when each is opened, told again and closed.
 *
 * A target that leaks has one alert. It is told again when the line at fault becomes known or changes, and
 * closed when the verdict is taken back or the target is no longer watched. Pure.
 */
import type { TargetReport } from '../monitor/index.js';
import { alertId, lineOf, type LeakAlert } from './leak-alert.js';

/** How long a resolved alert is sent again, ms, in case a message is lost. Prometheus does it for as long. */
const RESOLVED_KEPT = 15 * 60_000;
/** How many lines at fault one alert tells of. Without a limit, two lines that leak equally fast would alternate, and each change would be a message. */
const LINES_TOLD = 5;

interface OpenAlert extends LeakAlert {
  /** The lines at fault that were told. */
  readonly lines: readonly string[];
}

export class AlertBook {
  private readonly alerts = new Map<string, OpenAlert>();
  private closed: LeakAlert[] = [];

  /**
   * The alert to send because of a report: it opens, it closes, or another line is at fault. Null if there
   * is nothing to send. `opened` gives the time since when the leak is on record, which an earlier run of the
   * watch may have written.
   */
  take(report: TargetReport, at: number, opened: () => number = () => at): LeakAlert | null {
    const open = this.alerts.get(report.url);
    if (!report.leaking) {
      // A target that does not answer may still leak: its alert stays open.
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

  /** Closes the alerts of targets that are no longer watched. */
  retain(urls: ReadonlySet<string>, at: number): LeakAlert[] {
    return [...this.alerts.values()].filter(({ report }) => !urls.has(report.url)).map((alert) => this.close(alert, at));
  }

  get open(): LeakAlert[] {
    return [...this.alerts.values()];
  }

  /** The alerts that were closed a short time ago. */
  resolved(at: number): readonly LeakAlert[] {
    this.closed = this.closed.filter(({ endsAt }) => endsAt !== null && at - endsAt < RESOLVED_KEPT);
    return this.closed;
  }

  /** Closes the alert of a leak that an earlier run of the watch reported and that was over when this run began. */
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
