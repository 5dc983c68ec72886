/** What a process holds: tasks, sockets, timers, descriptors, memory. The soak looks at it where nothing is under way, and nothing may have grown. */

import { getEventListeners } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { taskCount } from 'watertight/tasks';
import type { Transport } from 'watertight';

/** Counts by name; a name that is not there counts nothing. */
export type Holdings = Readonly<Record<string, number>>;

/** How long what is closed may take to be gone. */
const PATIENCE_MS = 20_000;

function counted(transports: readonly Transport[], lasting: AbortSignal): Record<string, number> {
  const counts: Record<string, number> = { tasks: taskCount(), 'listeners of a signal': getEventListeners(lasting, 'abort').length };
  for (const resource of process.getActiveResourcesInfo()) counts[resource] = (counts[resource] ?? 0) + 1;
  // The pause in which we look.
  if (counts.Timeout > 0) counts.Timeout--;
  if (existsSync('/proc/self/fd')) counts.descriptors = readdirSync('/proc/self/fd').length;
  for (const name of ['SIGINT', 'SIGTERM', 'exit', 'warning', 'unhandledRejection'] as const) counts[`listeners of ${name}`] = process.listenerCount(name);
  for (const transport of transports) {
    const { hosts, ...stats } = transport.stats();
    counts.hosts = (counts.hosts ?? 0) + hosts.length;
    for (const name of ['idle', 'active', 'streams', 'dialling', 'waiting'] as const) counts[name] = (counts[name] ?? 0) + stats[name];
  }
  return counts;
}

/** What there is above the base, once it has had the time to go; with the base null: what there is. */
export async function above(base: Holdings | null, transports: readonly Transport[], lasting: AbortSignal): Promise<Holdings> {
  for (const deadline = performance.now() + PATIENCE_MS; ; ) {
    await sleep(20);
    const counts = counted(transports, lasting);
    if (base === null) return counts;
    const more = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count - (base[name] ?? 0)] as const).filter(([, count]) => count > 0));
    if (Object.keys(more).length === 0 || performance.now() > deadline) return more;
  }
}

/** Bytes in use after everything that is garbage is gone. Buffers count: they are outside of the heap. */
export async function memoryInUse(): Promise<{ heap: number; external: number; rss: number }> {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error('run it with node --expose-gc');
  for (let round = 0; round < 4; round++) {
    collect();
    // Finalizers run between collections.
    await sleep(5);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, external, rss };
}

/**
 * How much the numbers have grown from the second third to the last, by their medians; the first third is warming up.
 * Zero where there are too few to say.
 */
export function growth(values: readonly number[]): number {
  const third = Math.floor(values.length / 3);
  if (third < 2) return 0;
  const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
  return median(values.slice(-third)) - median(values.slice(third, -third));
}
