/** Owns a watch on a terminal: what changes is printed, the dashboard is served, until somebody ends it. */
import { once } from 'node:events';
import { Monitor, type TargetReport } from '../monitor/index.js';
import type { Target } from '../scrape/index.js';
import { Dashboard, type DashboardOptions } from '../server/index.js';
import type { History } from '../store/index.js';
import { formatChange } from './target-table.js';
import { UsageError } from './usage-error.js';

export interface WatchingOptions {
  /** Between scrapes of one target, ms. */
  readonly interval: number;
  /** Of the dashboard; left out: the usual one, or another if that is taken. */
  readonly port?: number;
  readonly host: string;
  readonly dashboardToken?: string;
}

/** Where the dashboard is, unless that is taken. */
export const USUAL_PORT = 7676;

/** Watches until Ctrl-C or SIGTERM, and prints what changes. */
export async function watchUntilInterrupted(targets: readonly Target[], history: History, options: WatchingOptions): Promise<void> {
  const { interval } = options;
  const monitor = new Monitor(history, { interval, onFault: (error) => process.stderr.write(`watertight: ${error instanceof Error ? error.message : String(error)}\n`) });
  const last = new Map<string, TargetReport>();
  monitor.onScrape((report) => {
    const change = formatChange(last.get(report.url) ?? null, report);
    last.set(report.url, report);
    if (change !== null) process.stdout.write(change);
  });
  const dashboard = await openDashboard(monitor, history, options);
  try {
    monitor.setTargets(targets);
    monitor.start();
    process.stdout.write(`watching ${targets.length === 1 ? (targets[0]?.url ?? '') : `${targets.length} services`}; dashboard at ${dashboard.url}; Ctrl-C ends it\n`);
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  } finally {
    await monitor.stop();
    await dashboard.close();
  }
}

async function openDashboard(monitor: Monitor, history: History, { port, host, dashboardToken }: WatchingOptions): Promise<Dashboard> {
  const options: DashboardOptions = { host, port: port ?? USUAL_PORT, ...(dashboardToken !== undefined && { token: dashboardToken }) };
  try {
    try {
      return await Dashboard.start(monitor, history, options);
    } catch (error) {
      if (port !== undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      return await Dashboard.start(monitor, history, { ...options, port: 0 });
    }
  } catch (cause) {
    if (cause instanceof TypeError) throw new UsageError(`--host ${host}: another address than loopback needs --dashboard-token, or everyone who reaches it sees what the services do`, { cause });
    throw new UsageError(`the dashboard can't be served at ${host}:${options.port}: ${(cause as Error).message}`, { cause });
  }
}

