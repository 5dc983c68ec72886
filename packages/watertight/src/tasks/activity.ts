/**
 * Owns who is told when connections and requests begin and end. What is alive
 * can be looked up at any time; how long it lived, and how many there were,
 * only those know who were told. While nobody asks, an event costs one look at
 * a field.
 */
import type { Holder } from './holder.js';
import { processWide } from './process-record.js';
import type { Task } from './task.js';

/** A request of this library's own client, from when it asks for a connection until its response is finished or it failed. */
export interface ActiveRequest {
  readonly method: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** The record of it on its connection; null while it waits for one. */
  readonly holder: Holder | null;
}

/** Called where things happen: it must be quick and must not throw. */
export interface ActivityListener {
  /** Its constructor may not have ended: only `kind` and `name` can be relied on. */
  taskStarted(task: Task): void;
  /** Requests of other clients are tasks, and end with them. */
  taskEnded(task: Task): void;
  requestStarted(request: ActiveRequest): void;
  /** `status`: 0 if no response came. `error`: what it failed with, null if it did not. */
  requestEnded(request: ActiveRequest, status: number, error: unknown): void;
}

/** Who is told; null while nobody is. */
export const activity = processWide('activity', () => ({ listener: null as ActivityListener | null, all: new Set<ActivityListener>() }));

/** Tells `listener` of what begins and ends from now on; returns the function that ends that. */
export function listen(listener: ActivityListener): () => void {
  activity.all.add(listener);
  choose();
  return () => {
    activity.all.delete(listener);
    choose();
  };
}

function choose(): void {
  const all = [...activity.all];
  activity.listener = all.length > 1 ? toEach(all) : (all[0] ?? null);
}

function toEach(all: readonly ActivityListener[]): ActivityListener {
  return {
    taskStarted: (task) => all.forEach((each) => each.taskStarted(task)),
    taskEnded: (task) => all.forEach((each) => each.taskEnded(task)),
    requestStarted: (request) => all.forEach((each) => each.requestStarted(request)),
    requestEnded: (request, status, error) => all.forEach((each) => each.requestEnded(request, status, error)),
  };
}
