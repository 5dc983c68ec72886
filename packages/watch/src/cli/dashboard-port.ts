/** Owns the choice of the dashboard's port: the default, the option, and what happens when the port is taken. */
import { InvalidArgumentError } from 'commander';
import type { Monitor } from '../monitor/index.js';
import type { Dashboard, DashboardOptions } from '../server/index.js';
import type { History } from '../store/index.js';

/** The port of the dashboard, unless it is taken. */
export const USUAL_PORT = 7676;

/** @throws InvalidArgumentError, which commander shows beside the option. */
export function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('It is a port, from 0 to 65535.');
  return port;
}

/**
 * Serves the dashboard at `options.port`. Without it, at the usual port, or at another one if that is taken.
 *
 * @throws what `Dashboard.start` throws.
 */
export async function startDashboard(monitor: Monitor, history: History, options: DashboardOptions): Promise<Dashboard> {
  // Who only reads a port does not need the server.
  const { Dashboard } = await import('../server/index.js');
  try {
    return await Dashboard.start(monitor, history, { ...options, port: options.port ?? USUAL_PORT });
  } catch (error) {
    if (options.port !== undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return Dashboard.start(monitor, history, { ...options, port: 0 });
  }
}
