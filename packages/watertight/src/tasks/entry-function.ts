/**
 * Owns which function the library's own tasks run, and where it is written:
 * what a profile shows innermost on their stacks.
 */
import { processWide } from './process-record.js';
import { captureTrace, originOf, type Site, type Trace } from './site.js';

interface Entry {
  readonly name: string;
  readonly trace: Trace;
  site: Site | null;
}

const entries = processWide('entry-functions', () => new Map<string, Entry>());

/**
 * Says that tasks named `task` run the function `name`, which is written in the
 * line that calls this. The name has Go's form: `package.(*Type).method`.
 */
export function defineEntry(task: string, name: string): void {
  entries.set(task, { name, trace: captureTrace(defineEntry), site: null });
}

/** The function that tasks of this name run; null where nobody said. */
export function entryOf(task: string): Site | null {
  const entry = entries.get(task);
  if (entry === undefined) return null;
  if (entry.site === null) {
    // Reading a trace uses it up, so what it said is kept.
    const origin = originOf(entry.trace);
    entry.site = { file: origin?.file ?? '', line: origin?.line ?? 0, column: origin?.column ?? 0, function: entry.name };
  }
  return entry.site;
}
