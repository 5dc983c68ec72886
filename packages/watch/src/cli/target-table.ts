/** Owns how watched targets are printed on a terminal: the list of all, the worst first, and a line for each verdict that changes. */
import type { GroupReport, TargetReport } from '../monitor/index.js';

/** All targets: those that leak first, then those that are down. */
export function formatTargets(reports: readonly TargetReport[]): string {
  const rank = ({ leaking, up }: TargetReport): number => (leaking ? 0 : up ? 2 : 1);
  return [...reports]
    .sort((a, b) => rank(a) - rank(b) || b.perHour - a.perHour)
    .map(formatTarget)
    .join('\n');
}

/** The line for a target whose verdict has changed; null if it has not. */
export function formatChange(before: TargetReport | null, report: TargetReport): string | null {
  const same = before?.leaking === report.leaking && before.up === report.up && before.failure?.kind === report.failure?.kind;
  // The line at fault may become known only after the verdict.
  if (same && !(report.leaking && siteOf(before) === '' && siteOf(report) !== '')) return null;
  if (before === null && report.up && !report.leaking) return null;
  return `${new Date(report.at ?? Date.now()).toISOString()} ${formatTarget(report)}`;
}

function formatTarget(report: TargetReport): string {
  const { name, url, at, up, failure, leaking, count, perHour, reason, groups, limitAt, limit } = report;
  const lines = [`${stateOf(report)} ${titleOf(name, url)}${count === null ? '' : `  ${count} ${count === 1 ? 'task' : 'tasks'}`}${leaking && perHour > 0 ? `, +${shown(perHour)} an hour` : ''}`];
  if (!up && failure !== null) lines.push(`    ${failure.message}`);
  if (count !== null) lines.push(`    ${reason}`);
  if (limitAt !== null) lines.push(limitAt <= (at ?? 0) ? `    ${limit} is met` : `    ${limit} will be met ${new Date(limitAt).toISOString()}`);
  if (leaking) lines.push(...groups.filter(({ growth }) => growth > 0).slice(0, 3).map(formatGroup));
  return `${lines.join('\n')}\n`;
}

/** A target without a name is called after its host. */
function titleOf(name: string, url: string): string {
  return name === '' || (URL.canParse(url) && new URL(url).host === name) ? url : `${name} (${url})`;
}

function stateOf({ leaking, up, verdict, until }: TargetReport): string {
  if (leaking) return up ? 'LEAKING' : 'LEAKING, DOWN';
  if (!up) return 'DOWN';
  if (verdict === 'healthy') return 'healthy';
  return until === undefined ? 'watching' : `watching until ${new Date(until).toISOString().slice(0, 16)}Z,`;
}

function formatGroup({ count, growth, top, site, diagnosis }: GroupReport): string {
  const line = site === null ? '' : `, at ${site.function} ${site.file}:${site.line}`;
  return `    +${growth} of ${count} in ${top}${line}${diagnosis === null ? '' : `\n        ${diagnosis}`}`;
}

function siteOf(report: TargetReport | null): string {
  const site = report?.groups.find(({ growth, site: found }) => growth > 0 && found !== null)?.site;
  return site === undefined || site === null ? '' : `${site.file}:${site.line}`;
}

function shown(rate: number): string {
  return rate >= 10 ? String(Math.round(rate)) : rate.toFixed(1);
}
