/**
 * Owns the unfinished responses that hold no task: connections that were handed to the program (101) and that it has
 * not used yet; and, over HTTP/2, bodies that have come in full. Those occupy neither their stream nor their
 * connection, and Go has no goroutine for them; but nobody has read them, which is the same mistake, and with a
 * longer body it holds the stream.
 */
import type { Holder } from './holder.js';
import { processWide } from './process-record.js';

const taskless = processWide('taskless-holders', () => new Set<Holder>());

/** From now on the holder has no task. */
export function addTaskless(holder: Holder): void {
  taskless.add(holder);
}

/** It has finished, or is in use; does nothing for any other holder. */
export function removeTaskless(holder: Holder): void {
  taskless.delete(holder);
}

/** The unfinished responses without a task, in the order in which they lost theirs. */
export function tasklessHolders(): Iterable<Holder> {
  return taskless;
}
