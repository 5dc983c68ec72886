/**
 * Owns the seam between what keeps a process alive apart from requests
 * (servers, timers, child processes and the like) and whoever reports it. They
 * are looked for on request only: see `watertight/leak`, option `resources`.
 */
import { processWide } from './process-record.js';
import type { Trace } from './site.js';

export interface Resource {
  /** Unique among the resources; the same at every look. */
  readonly id: number;
  /** What it is, in a word or two: `server`, `socket`, `timer`, `child process`, `worker`, `file watcher` … */
  readonly type: string;
  /** What tells it from its like: `127.0.0.1:8080`, `every 5000 ms`, `sleep 60 (pid 4711)`. Never a credential. */
  readonly description: string;
  /** What ends it, or lets the process end all the same: `server.close()`, `clearTimeout(), or unref() …`. */
  readonly advice: string;
  /** When it was made, or first seen: monotonic milliseconds. */
  readonly since: number;
  /** Where it was made; null if it was made before anybody looked. */
  readonly trace: Trace | null;
}

export type ResourceSource = () => readonly Resource[];

const seam = processWide('resources', () => ({ source: null as ResourceSource | null }));

/** Says who knows the resources. */
export function setResourceSource(next: ResourceSource | null): void {
  seam.source = next;
}

/** The resources that keep the process alive now; null where nobody looks. */
export function resources(): readonly Resource[] | null {
  return seam.source?.() ?? null;
}
