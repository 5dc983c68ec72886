/**
 * Owns the entry function of each of the library's own tasks: its name and its place in the source, which a
 * profile shows as the innermost frame of the task.
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
 * Declares that tasks named `task` run the function `name`, which is defined at the line that makes this
 * call. The name has Go's form: `package.(*Type).method`.
 */
export function defineEntry(task: string, name: string): void {
  entries.set(task, { name, trace: captureTrace(defineEntry), site: null });
}

/** The entry function of the tasks with this name; null if none was declared. */
export function entryOf(task: string): Site | null {
  const entry = entries.get(task);
  if (entry === undefined) return null;
  if (entry.site === null) {
    // A trace can be read only once, so the result is kept.
    const origin = originOf(entry.trace);
    entry.site = { file: origin?.file ?? '', line: origin?.line ?? 0, column: origin?.column ?? 0, function: entry.name };
  }
  return entry.site;
}
