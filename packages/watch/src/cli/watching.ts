/** Owns a watch that goes on until somebody ends it: it prints what changes, serves the dashboard and sends the alerts. */
import { once } from 'node:events';
import { Alerting } from '../alert/index.js';
import { FleetWatch, Monitor, type TargetReport } from '../monitor/index.js';
import type { ConfigFile, PrometheusFleet, Target, TargetList, TargetSource } from '../scrape/index.js';
import type { Dashboard } from '../server/index.js';
import type { History } from '../store/index.js';
import { ConfigReload } from './config-reload.js';
import { startDashboard, USUAL_PORT } from './dashboard-port.js';
import { inspectedSources } from './inspected-source.js';
import { complain, print } from './output.js';
import { formatChange } from './target-table.js';
import { UsageError } from './usage-error.js';

export interface WatchingOptions {
  /** Between scrapes of one target, ms. */
  readonly interval: number;
  /** Between looks into a process through its inspector, ms. Default 5 minutes. */
  readonly lookInterval?: number;
  /** The port of the dashboard; left out: the usual one, or another if that is taken. */
  readonly port?: number;
  readonly host: string;
  readonly dashboardToken?: string;
  /** More targets, from a file that is read again when it changes. */
  readonly config?: { readonly file: ConfigFile; readonly list: TargetList };
  /** The processes that a Prometheus knows; they are watched as well. */
  readonly fleet?: PrometheusFleet;
}

/** Ms between looks into a process through its inspector: each attaches a debugger for a moment. */
export const LOOK_INTERVAL = 5 * 60_000;

const NO_ALERTS = { webhook: null, alertmanager: null };

/** Watches until Ctrl-C or SIGTERM, and prints what changes. */
export async function watchUntilInterrupted(targets: readonly Target[], history: History, options: WatchingOptions): Promise<void> {
  // Listens before anything is printed: whoever reads the output may send a signal at once.
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const { interval, lookInterval, config, fleet } = options;
  const say = (line: string): void => complain(`watertight: ${line}`);
  const fault = (error: unknown): void => {
    if (error === null) say(`the history ${history.file} is written again; what was seen meanwhile is not in it`);
    else say(error instanceof Error ? error.message : JSON.stringify(error));
  };
  const monitor = new Monitor(history, { interval, onFault: fault, sourceOf: sourcesOf(fleet ?? null, lookInterval) });
  const last = new Map<string, TargetReport>();
  monitor.onScrape((report) => {
    const change = formatChange(last.get(report.url) ?? null, report);
    last.set(report.url, report);
    if (change !== null) print(change);
    const at = Date.now();
    alerting.take(report, at, () => report.incident?.opened ?? at);
  });
  monitor.onWord((report) => alerting.take(report, Date.now(), () => report.incident?.opened ?? Date.now()));
  const dashboard = await openDashboard(monitor, history, options);
  // The address that people open may differ from the one where the server listens, behind a proxy for example.
  const seen = (): string => current?.alerts.dashboard ?? dashboard.url;
  let current = config?.list;
  const alerting = new Alerting(current?.alerts ?? NO_ALERTS, {
    say,
    link: (url) => `${seen()}#/target?url=${encodeURIComponent(url)}`,
    watched: () => monitor.reports().map(({ url }) => url),
  });
  // A target of the command line takes precedence over the same one in the file.
  const all = (list: TargetList | undefined): Target[] => [...new Map([...(list?.targets ?? []), ...targets].map((target) => [target.profiles, target])).values()];
  const apply = (list: TargetList): void => {
    current = list;
    alerting.setReceivers(list.alerts);
    monitor.setTargets(all(list));
    alerting.retain(monitor.reports().map(({ url }) => url));
  };
  const reload = config === undefined ? null : new ConfigReload(config.file, config.list, apply, say);
  const fleetWatch = fleet === undefined ? null : new FleetWatch(fleet, monitor, (error) => (error === null ? say(`${fleet.url} answers: it knows ${fleet.targets().length} processes that can be watched`) : fault(error)));
  try {
    const watched = all(config?.list);
    monitor.setTargets(watched);
    monitor.start();
    fleetWatch?.start();
    print(`watching ${whatOf(watched, fleet)}; dashboard at ${dashboard.url}; Ctrl-C ends it\n`);
    await interrupted;
  } finally {
    reload?.close();
    await fleetWatch?.stop();
    await monitor.stop();
    await alerting.close();
    await dashboard.close();
  }
}

/** The source of each target: the fleet where it knows the target, its inspector where that is its address, else a scraper. */
export function sourcesOf(fleet: PrometheusFleet | null, lookInterval: number = LOOK_INTERVAL): (target: Target) => TargetSource | null {
  const inspected = inspectedSources(lookInterval);
  return (target) => (fleet?.knows(target) === true ? fleet.sourceOf(target) : inspected(target));
}

function whatOf(targets: readonly Target[], fleet: PrometheusFleet | undefined): string {
  const own = targets.length === 1 ? (targets[0]?.url ?? '') : `${targets.length} services`;
  if (fleet === undefined) return own;
  return `${targets.length === 0 ? '' : `${own} and `}what ${fleet.url} knows`;
}

async function openDashboard(monitor: Monitor, history: History, { port, host, dashboardToken }: WatchingOptions): Promise<Dashboard> {
  try {
    return await startDashboard(monitor, history, { host, ...(port !== undefined && { port }), ...(dashboardToken !== undefined && { token: dashboardToken }) });
  } catch (cause) {
    if (cause instanceof TypeError && dashboardToken !== undefined) throw new UsageError(`--dashboard-token: ${cause.message}`, { cause });
    if (cause instanceof TypeError) throw new UsageError(`--host ${host}: another address than loopback needs --dashboard-token, or everyone who reaches it sees what the services do`, { cause });
    throw new UsageError(`the dashboard can't be served at ${host}:${port ?? USUAL_PORT}: ${listenFault(cause as NodeJS.ErrnoException)}`, { cause });
  }
}

function listenFault({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'another program listens there, perhaps another watcher. Name another --port, or 0 for any that is free';
  if (code === 'EADDRNOTAVAIL') return 'that is no address of this machine. --host 0.0.0.0 is all of them';
  if (code === 'EACCES') return 'this user may not listen there. Name a --port from 1024 on';
  return message;
}

