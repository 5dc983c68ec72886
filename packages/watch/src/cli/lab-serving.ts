/** Owns `watertight lab --serve`: the lab's pages are served, without any target to watch, until somebody ends it. */
import { once } from 'node:events';
import type { Scenario } from '../lab/index.js';
import { Monitor } from '../monitor/index.js';
import type { Dashboard } from '../server/index.js';
import { History } from '../store/index.js';
import { startDashboard, USUAL_PORT } from './dashboard-port.js';
import { UsageError } from './usage-error.js';

/** Serves until Ctrl-C or SIGTERM. `port` left out: the usual one, or another if that is taken. */
export async function serveLab(experiments: readonly Scenario[], port: number | undefined): Promise<void> {
  const history = new History(':memory:');
  const monitor = new Monitor(history);
  try {
    const dashboard = await openDashboard(monitor, history, experiments, port);
    try {
      // Listened for before the line is written: whoever reads it may press Ctrl-C at once.
      const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
      process.stdout.write(`the lab is at ${dashboard.url}#/lab; Ctrl-C ends it\n`);
      await interrupted;
    } finally {
      await dashboard.close();
    }
  } finally {
    await monitor.stop();
    history.close();
  }
}

async function openDashboard(monitor: Monitor, history: History, experiments: readonly Scenario[], port: number | undefined): Promise<Dashboard> {
  try {
    return await startDashboard(monitor, history, { experiments, ...(port !== undefined && { port }) });
  } catch (cause) {
    throw new UsageError(`the lab can't be served at port ${port ?? USUAL_PORT}: ${(cause as Error).message}`, { cause });
  }
}
