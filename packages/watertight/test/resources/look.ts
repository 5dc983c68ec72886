/**
 * A process that runs one program and says what keeps it alive: as we list it, as why-is-node-running does, and as
 * libuv itself has it. Started by path, with the program's; the report goes to standard output as one line of JSON.
 */

import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import whyIsNodeRunning from 'why-is-node-running';
import { trackResources } from '#resources';
import { resources, siteOf } from '#tasks';

export interface ResourceReport {
  readonly ours: readonly { type: string; description: string; advice: string; file: string | null; line: number | null }[];
  /** Its lines, as it prints them. */
  readonly why: readonly string[];
  /** Types of the handles that are active and referenced, without those by which Node runs timers, threads and the like. */
  readonly libuv: readonly string[];
}

/** Time for connections to be made and messages to arrive; nothing is measured. */
const SETTLE_MS = 250;

async function report(program: string): Promise<ResourceReport> {
  trackResources();
  await import(pathToFileURL(program).href);
  await sleep(SETTLE_MS);
  const ours = (resources() ?? []).map(({ type, description, advice, trace }) => {
    const site = trace === null ? null : siteOf(trace);
    return { type, description, advice, file: site?.file ?? null, line: site?.line ?? null };
  });
  const why: string[] = [];
  whyIsNodeRunning({ error: (text: string) => why.push(text) });
  return { ours, why, libuv: activeHandles() };
}

const HANDLES = new Set(['tcp', 'pipe', 'tty', 'udp', 'process', 'fs_event', 'fs_poll']);

function activeHandles(): string[] {
  const report = process.report as { excludeNetwork?: boolean; getReport(): object };
  report.excludeNetwork = true;
  const { libuv } = report.getReport() as { libuv: { type: string; is_active: boolean; is_referenced?: boolean }[] };
  return libuv.filter(({ type, is_active, is_referenced }) => HANDLES.has(type) && is_active && is_referenced === true).map(({ type }) => type);
}

writeSync(1, `${JSON.stringify(await report(process.argv[2] ?? ''))}\n`);
// Not `process.exit()`, which waits for threads that wait: a read of a named pipe has no end.
process.kill(process.pid, 'SIGKILL');
