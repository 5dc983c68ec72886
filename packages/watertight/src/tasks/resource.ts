/**
 * Owns the interface between the folder that finds resources and the folders that report them. A resource is
 * anything but a request that keeps a process alive, such as a server, a timer or a child process. Resources
 * are searched only on request: see the option `resources` of `watertight/leak`.
 */
import { processWide } from './process-record.js';
import type { Trace } from './site.js';

/** Something other than a request that keeps the process alive. */
export interface Resource {
  /** Unique among the resources; a resource has the same id each time it is listed. */
  readonly id: number;
  /** The type, in one or two words: `server`, `socket`, `timer`, `child process`, `worker`, `file watcher` … */
  readonly type: string;
  /** What distinguishes it from others of its type: `127.0.0.1:8080`, `every 5000 ms`, `sleep 60 (pid 4711)`. Never a credential. */
  readonly description: string;
  /** What ends it, or lets the process end in spite of it: `server.close()`, `clearTimeout(), or unref() …`. */
  readonly advice: string;
  /** When it was made, or else first seen: monotonic milliseconds. */
  readonly since: number;
  /** Where it was made; null if it was made before the tracking of resources started. */
  readonly trace: Trace | null;
}

export type ResourceSource = () => readonly Resource[];

const seam = processWide('resources', () => ({ source: null as ResourceSource | null }));

/** Sets the function that lists the resources; null removes it. */
export function setResourceSource(next: ResourceSource | null): void {
  seam.source = next;
}

/** The resources that keep the process alive now; null if resources are not tracked. */
export function resources(): readonly Resource[] | null {
  return seam.source?.() ?? null;
}
