// Owns the facts that a reader needs to judge a figure: machine, versions, date.

import os from 'node:os';
import { goVersion } from './go-program.js';
import { installedPackage } from './versions.js';

/**
 * @param {{ version: string }} node
 * @param {{ server: number, client: number } | null} cores
 * @returns {[string, string][]}
 */
export function machineFacts(node, cores) {
  const cpus = os.cpus();
  const versions = ['watertight', 'undici', 'got', 'axios'].map((name) => `${name} ${installedPackage(name)?.version ?? 'none'}`);
  return [
    ['date', new Date().toISOString().slice(0, 10)],
    ['machine', `${cpus[0]?.model.trim() ?? os.arch()}, ${cpus.length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release()}`],
    ['cores', cores === null ? 'not pinned' : `server on core ${cores.server}, client on core ${cores.client}`],
    ['versions', [`node ${node.version.replace(/^v/, '')}`, ...versions, goVersion() ?? 'no go'].join(', ')],
  ];
}

/** The conditions that make the figures of this run less reliable. */
export function machineWarnings(cores) {
  const warnings = [];
  if (cores === null) {
    warnings.push('client and server are not pinned to cores (needs Linux, taskset and two cores): expect more noise');
  }
  const [load] = os.loadavg();
  if (load > 0.5) warnings.push(`the machine was busy before the run began (load ${load.toFixed(1)}): only the ratios mean something`);
  return warnings;
}
