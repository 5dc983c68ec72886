/**
 * Owns which alerts are open: when each is opened, told again and closed.
 *
 * A target that leaks has one alert. It is told again when the line at fault becomes known or changes, and
 * closed when the verdict is taken back or the target is no longer watched. While the target is silenced or
 * somebody looks at the leak, it waits. Pure.
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
  /** The receivers know of it. */
  readonly told: boolean;
  /** It is told as soon as nothing keeps it. */
  readonly due: boolean;
}

export class AlertBook {
  private readonly alerts = new Map<string, OpenAlert>();
  private closed: LeakAlert[] = [];

  /** `began`: what opened before was told by an earlier run of the watch, as far as is known. Ms since 1970. */
  constructor(private readonly began = -Infinity) {}

  /**
   * The alert to send because of a report: it opens, it closes, another line is at fault, or nothing keeps it any
   * longer. Null if there is nothing to send. `opened` gives the time since when the leak is on record, which an earlier run of the
   * watch may have written.
   */
  take(report: TargetReport, at: number, opened: () => number = () => at): LeakAlert | null {
    const open = this.alerts.get(report.url);
    if (!report.leaking) {
      // A target that does not answer may still leak: its alert stays open.
      if (!report.up) return null;
      return open === undefined ? this.closeEarlier(report) : this.close(open, at);
    }
    const lines = open?.lines ?? [];
    const startsAt = open?.startsAt ?? opened();
    const alert: OpenAlert = {
      id: open?.id ?? alertId(report.url, startsAt),
      startsAt,
      endsAt: null,
      report,
      lines,
      told: open?.told ?? startsAt < this.began,
      // Whoever silenced it wants to hear at the end that it goes on.
      due: (open?.due ?? true) || isSilenced(report, at) || newLine(report, lines) !== null,
    };
    this.alerts.set(report.url, alert);
    this.closed = this.closed.filter((other) => other.report.url !== report.url);
    return this.tell(alert, at);
  }

  /** The alerts to send because their silences are over. */
  due(at: number): LeakAlert[] {
    return [...this.alerts.values()].flatMap((alert) => this.tell(alert, at) ?? []);
  }

  /** Closes the alerts of targets that are no longer watched. */
  retain(urls: ReadonlySet<string>, at: number): LeakAlert[] {
    return [...this.alerts.values()].filter(({ report }) => !urls.has(report.url)).flatMap((alert) => this.close(alert, at) ?? []);
  }

  get open(): LeakAlert[] {
    return [...this.alerts.values()];
  }

  /** Those of which the receivers know. One that is silenced only later is among them: without it, Alertmanager would say that it is over. */
  get told(): LeakAlert[] {
    return [...this.alerts.values()].filter(({ told }) => told);
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

  /** The alert, from now on as one that was told; null where it is not due, or something keeps it. */
  private tell(alert: OpenAlert, at: number): LeakAlert | null {
    const { due, report, lines } = alert;
    if (!due || isSilenced(report, at) || report.incident?.acknowledged !== undefined) return null;
    const line = newLine(report, lines);
    const told = { ...alert, lines: line === null ? lines : [...lines, line], told: true, due: false };
    this.alerts.set(report.url, told);
    return told;
  }

  /** The end of an alert, which is told of what was told, also while the target is silenced. */
  private close({ lines: _lines, told, due: _due, ...alert }: OpenAlert, at: number): LeakAlert | null {
    this.alerts.delete(alert.report.url);
    if (!told) return null;
    const closed = { ...alert, endsAt: at };
    this.closed.push(closed);
    return closed;
  }
}

function isSilenced({ silence }: TargetReport, at: number): boolean {
  return silence !== undefined && silence.until > at;
}

/** The line at fault, if it was not told and may be. */
function newLine(report: TargetReport, told: readonly string[]): string | null {
  const line = lineOf(report);
  return line !== '' && !told.includes(line) && told.length < LINES_TOLD ? line : null;
}
