/** Owns which alerts are open: one for each target that leaks, opened once, and closed when the verdict is taken back or the target is watched no more. Pure. */
import type { TargetReport } from '../monitor/index.js';
import { alertId, type LeakAlert } from './leak-alert.js';

/** As long as Prometheus itself goes on telling that an alert is resolved, ms: one of these will arrive. */
const RESOLVED_KEPT = 15 * 60_000;

export class AlertBook {
  private readonly alerts = new Map<string, LeakAlert>();
  private closed: LeakAlert[] = [];

  /** What a report opens or closes; null where it does neither. `opened`: since when the leak is on record, if an earlier run of the watch saw it. */
  take(report: TargetReport, at: number, opened: () => number = () => at): LeakAlert | null {
    const open = this.alerts.get(report.url);
    if (report.leaking) {
      const alert = open === undefined ? opening(report, opened()) : { ...open, report };
      this.alerts.set(report.url, alert);
      this.closed = this.closed.filter((other) => other.report.url !== report.url);
      return open === undefined ? alert : null;
    }
    // What does not answer has not recovered.
    return open === undefined || !report.up ? null : this.close(open, at);
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

  private close(alert: LeakAlert, at: number): LeakAlert {
    const closed = { ...alert, endsAt: at };
    this.alerts.delete(alert.report.url);
    this.closed.push(closed);
    return closed;
  }
}

function opening(report: TargetReport, startsAt: number): LeakAlert {
  return { id: alertId(report.url, startsAt), startsAt, endsAt: null, report };
}
