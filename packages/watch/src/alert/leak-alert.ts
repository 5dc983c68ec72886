/** Owns the content of an alert, for a webhook and for Alertmanager: what a report says, without credentials. Pure. */
import { createHash } from 'node:crypto';
import type { GroupReport, LeakIncident, TargetReport } from '../monitor/index.js';

/** One target's leak, from the verdict until the verdict is taken back. Times in ms since 1970. */
export interface LeakAlert {
  /** Identifies the alert; it does not change while the alert is open. */
  readonly id: string;
  readonly startsAt: number;
  /** Null while it goes on. */
  readonly endsAt: number | null;
  /** The latest report in which the target leaked. For a leak that only an earlier run of the watch saw: the first report without it. */
  readonly report: TargetReport;
}

/** The address of a target's page on the dashboard; null where there is no dashboard. */
export type LinkTo = (url: string) => string | null;

export function alertId(target: string, startsAt: number): string {
  return createHash('sha256').update(`${target}\n${startsAt}`).digest('hex').slice(0, 16);
}

/** What a webhook gets. `version` is raised when a field changes its meaning or is removed. */
export interface WebhookBody {
  readonly version: 1;
  readonly status: 'firing' | 'resolved';
  readonly id: string;
  readonly target: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly verdict: 'leaking' | 'healthy';
  readonly startsAt: string;
  readonly endsAt: string | null;
  /** When the leak began, which is before it was detected. */
  readonly since: string | null;
  readonly perHour: number;
  readonly count: number | null;
  readonly confidence: number;
  readonly reason: string;
  readonly limit: number | null;
  readonly limitAt: string | null;
  /** What leaks first, then what grew most. */
  readonly groups: readonly Pick<GroupReport, 'count' | 'growth' | 'top' | 'site' | 'diagnosis' | 'advice' | 'leaking' | 'perHour'>[];
  readonly dashboard: string | null;
}

/** How many groups a message lists. */
const GROUPS = 5;

export function webhookBody({ id, startsAt, endsAt, report }: LeakAlert, link: LinkTo): WebhookBody {
  const { url, name, labels, since, perHour, count, confidence, reason, limit, limitAt } = report;
  return {
    version: 1,
    status: endsAt === null ? 'firing' : 'resolved',
    id,
    target: url,
    name,
    labels,
    verdict: endsAt === null ? 'leaking' : 'healthy',
    startsAt: iso(startsAt),
    endsAt: endsAt === null ? null : iso(endsAt),
    since: since === null ? null : iso(since),
    perHour,
    count,
    confidence,
    reason,
    limit,
    limitAt: limitAt === null ? null : iso(limitAt),
    groups: grown(report).map(({ count: size, growth, top, site, diagnosis, advice, leaking, perHour: pace }) => ({ count: size, growth, top, site, diagnosis, advice, leaking, perHour: pace })),
    dashboard: link(url),
  };
}

/** An alert of Alertmanager's API v2 (`postableAlert`). */
export interface AlertmanagerAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

/** `until`: when Alertmanager resolves an open alert if it is not sent again. */
export function alertmanagerAlert({ startsAt, endsAt, report }: LeakAlert, until: number, link: LinkTo): AlertmanagerAlert {
  const { url, name, labels, perHour, since, reason, limit, limitAt, incident, silence } = report;
  const [worst] = grown(report);
  const line = lineOf(report);
  const generatorURL = link(url);
  return {
    // The labels are the alert's identity: nothing in them may change while it is open.
    labels: present({ severity: 'warning', ...labelNames(labels), alertname: 'ConnectionLeak', instance: labels.instance ?? url, name: labels.name ?? name }),
    annotations: present({
      summary: `${name} leaks${perHour > 0 ? `, ${shown(perHour)} an hour` : ''}`,
      description: [reason, worst?.diagnosis, limitAt === null || limit === null ? null : `${limit} will be met ${iso(limitAt)}.`].filter((part) => typeof part === 'string').join(' '),
      line,
      advice: worst?.advice ?? '',
      since: since === null ? '' : iso(since),
      // For who is told of it again: Alertmanager repeats what goes on by its own rules.
      acknowledged: incident?.acknowledged === undefined ? '' : acknowledgedBy(incident.acknowledged),
      silenced_until: silence === undefined ? '' : iso(silence.until),
    }),
    startsAt: iso(startsAt),
    endsAt: iso(endsAt ?? until),
    ...(generatorURL !== null && { generatorURL }),
  };
}

/** The line at fault, with its function; '' while it is not known. */
export function lineOf(report: TargetReport): string {
  const site = grown(report)[0]?.site ?? null;
  return site === null ? '' : `${site.function} ${site.file}:${site.line}`;
}

function acknowledgedBy({ by, at, note }: NonNullable<LeakIncident['acknowledged']>): string {
  return `by ${by}, ${iso(at)}${note === '' ? '' : `: ${note}`}`;
}

function grown({ groups }: TargetReport): GroupReport[] {
  return groups.filter(({ growth, leaking }) => growth > 0 || leaking).slice(0, GROUPS);
}

/** Prometheus's label names have letters, digits and `_`. */
function labelNames(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_'), value]));
}

/** An empty label is no label. */
function present(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function shown(rate: number): string {
  return rate >= 10 ? String(Math.round(rate)) : rate.toFixed(1);
}
