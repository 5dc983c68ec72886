// Owns the choice of cores for the server and the clients: two different ones that this process may use, which on a
// machine with hyper-threads do not share a physical core.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const TASKSET = 'taskset';

/** @returns {{ server: number, client: number } | null} null where processes cannot be pinned */
export function chooseCores() {
  const taskset = spawnSync(TASKSET, ['--version'], { stdio: 'ignore' });
  if (taskset.error !== undefined || taskset.status !== 0) return null;
  const allowed = parseCpuList(/^Cpus_allowed_list:\s*(.+)$/m.exec(read('/proc/self/status'))?.[1] ?? '');
  if (allowed.length < 2) return null;
  const [server] = allowed;
  const client = allowed.find((cpu) => physicalCore(cpu) !== physicalCore(server)) ?? allowed[1];
  return { server, client };
}

/** "0-2,8" is 0, 1, 2, 8. @param {string} text */
export function parseCpuList(text) {
  return text
    .trim()
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

function physicalCore(cpu) {
  const topology = `/sys/devices/system/cpu/cpu${cpu}/topology`;
  const core = `${read(`${topology}/physical_package_id`).trim()}:${read(`${topology}/core_id`).trim()}`;
  return core === ':' ? String(cpu) : core;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
